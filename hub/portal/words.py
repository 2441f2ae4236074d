"""The portal's words in Vietnamese and English. No name of a place stands here."""

from __future__ import annotations

LANGUAGES = ("vi", "en")

WORDS: dict[str, dict[str, str]] = {
    "vi": {
        "skip": "Đến nội dung chính",
        "switch": "English",
        "lead": "Các cơ quan công bố sự kiện, sổ đăng ký dùng chung tự đầy lên, ai cũng có thể đọc: "
        "hiện trạng, lịch sử, và nguồn của từng giá trị.",
        "start": "Đọc API",
        "documents": "Các địa chỉ API",
        "records_total": "bản ghi đang có hiệu lực",
        "entries_total": "sự kiện đã ghi nhận",
        "registries_total": "sổ đăng ký dùng chung",
        "departments_total": "cơ quan",
        "registries": "Sổ đăng ký dùng chung",
        "no_registries": "Chưa có sổ đăng ký nào.",
        "records": "bản ghi",
        "custodian": "Cơ quan chủ quản",
        "heard": "Cập nhật gần nhất",
        "never": "chưa có dữ liệu",
        "cadence": "Nhịp dự kiến",
        "fresh": "Đúng nhịp",
        "late": "Chậm nhịp",
        "stale": "Quá hạn",
        "empty": "Chưa có dữ liệu",
        "open": "Bản ghi",
        "changes": "Thay đổi",
        "schema": "Lược đồ",
        "departments": "Các cơ quan",
        "department": "Cơ quan",
        "publishes": "Công bố vào",
        "last_heard": "Nghe lần cuối",
        "events": "Sự kiện",
        "read_on": "Đọc tiếp",
        "try": "Thử ngay trong dòng lệnh",
        "api_text": "Danh mục sổ đăng ký, JSON, không cần khóa",
        "docs_text": "Bộ lọc, sắp xếp, trang, thời điểm, dòng thay đổi",
        "health_text": "Hub có theo kịp nhật ký không",
        "every_day": "mỗi ngày",
        "every_hour": "mỗi giờ",
        "every": "mỗi",
        "days": "ngày",
        "hours": "giờ",
        "minutes": "phút",
        "foot": "Nhật ký sự kiện là sự thật duy nhất; mọi con số trên trang này được đọc trực tiếp từ sổ đăng ký.",
    },
    "en": {
        "skip": "Skip to the content",
        "switch": "Tiếng Việt",
        "lead": "Departments publish events, shared registries fill, and anyone may read: "
        "what holds now, what held before, and where each value came from.",
        "start": "Read the API",
        "documents": "Addresses of the API",
        "records_total": "records in force",
        "entries_total": "events recorded",
        "registries_total": "shared registries",
        "departments_total": "departments",
        "registries": "Shared registries",
        "no_registries": "There is no registry yet.",
        "records": "records",
        "custodian": "Custodian",
        "heard": "Last heard",
        "never": "no data yet",
        "cadence": "Expected",
        "fresh": "On time",
        "late": "Late",
        "stale": "Overdue",
        "empty": "No data yet",
        "open": "Records",
        "changes": "Changes",
        "schema": "Schema",
        "departments": "Departments",
        "department": "Department",
        "publishes": "Publishes to",
        "last_heard": "Last heard",
        "events": "Events",
        "read_on": "Read on",
        "try": "Try it on the command line",
        "api_text": "List of the registries, JSON, no key needed",
        "docs_text": "Filters, sorting, pages, times, the change feed",
        "health_text": "Whether the hub keeps up with its log",
        "every_day": "every day",
        "every_hour": "every hour",
        "every": "every",
        "days": "days",
        "hours": "hours",
        "minutes": "minutes",
        "foot": "The log of events is the only truth; every number on this page is read from the registries.",
    },
}


def grouped(number: int, language: str) -> str:
    """`number` with its thousands grouped as the language does: 10.057 or 10,057."""
    text = f"{number:,}"
    return text.replace(",", ".") if language == "vi" else text


def cadence_text(seconds: int, language: str) -> str:
    """How often something is expected, in words."""
    words = WORDS[language]
    if seconds in (86_400, 3600):
        return words["every_day" if seconds == 86_400 else "every_hour"]
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds % size == 0 and seconds >= size:
            return f"{words['every']} {seconds // size} {words[unit]}"
    return f"{words['every']} {seconds} s"
