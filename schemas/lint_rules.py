"""The rules of lint: a name that stays, its level, and what it asks for, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ERROR, WARNING, OFF = "error", "warning", "off"
LEVELS = (ERROR, WARNING, OFF)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `level` is what it has where nobody set another."""

    level: str
    vi: str
    en: str


RULE_ROWS: Mapping[str, Rule] = {
    "class-missing": Rule(ERROR, "Mỗi trường có một lớp dữ liệu.", "Every field has a class."),
    "class-refused": Rule(
        ERROR,
        "Chưa nhận trường lớp personal hay sensitive, cho đến khi có mã hóa.",
        "Fields of the classes personal and sensitive are refused until they can be encrypted.",
    ),
    "label-missing": Rule(
        ERROR, "Mỗi trường có nhãn tiếng Việt và tiếng Anh.", "Every field has a label in Vietnamese and in English."
    ),
    "doc-missing": Rule(
        ERROR, "Mỗi sự kiện và mỗi trường có câu mô tả.", "Every event and every field has a doc: a sentence."
    ),
    "unit-missing": Rule(
        ERROR,
        "Mỗi số có đơn vị (UCUM, VND, person; 1 cho số thuần túy).",
        "Every number has a unit (UCUM, VND, person; 1 for a mere number).",
    ),
    "record-name": Rule(ERROR, "Tên bản ghi viết PascalCase.", "Records are named in PascalCase."),
    "field-name": Rule(ERROR, "Tên trường viết lowerCamelCase.", "Fields are named in lowerCamelCase."),
    "enum-symbol": Rule(ERROR, "Giá trị enum viết UPPER_CASE.", "Symbols of enums are written in UPPER_CASE."),
    "namespace-missing": Rule(
        ERROR,
        "Sự kiện có không gian tên gồm hai phần chữ thường trở lên.",
        "An event has a namespace of two or more lower-case parts.",
    ),
    "bare-union": Rule(
        ERROR,
        "Trường có một kiểu, hoặc một kiểu và null; không có hợp nào khác.",
        "A field is of one type, or of one type or null; there is no other union.",
    ),
    "nullable-without-default": Rule(
        WARNING, "Trường có thể null thì mặc định là null.", "A field that may be null has null as its default."
    ),
    "money-as-float": Rule(
        ERROR, "Tiền là long hoặc decimal, không là số thực.", "Money is a long or a decimal, never a float or double."
    ),
    "timestamp-without-zone": Rule(
        ERROR,
        "Thời điểm là timestamp-micros: có múi giờ, đến micro giây.",
        "Instants are timestamp-micros: they have a zone, and microseconds.",
    ),
    "decimal-too-long": Rule(ERROR, "Decimal có nhiều nhất 18 chữ số.", "A decimal has at most 18 digits."),
    "logical-type-invalid": Rule(
        ERROR,
        "Kiểu logic phải có trong Avro và hợp với kiểu gốc; nếu không, Avro lặng lẽ bỏ qua.",
        "A logical type is one of Avro's and fits its base; Avro ignores any other without a word.",
    ),
    "title-not-open": Rule(ERROR, "Trường tiêu đề là lớp open.", "The field that is the title is open."),
    "key-not-open": Rule(ERROR, "Trường làm khóa là lớp open.", "The fields that make the key are open."),
    "geometry-not-number": Rule(
        ERROR, "Kinh độ và vĩ độ là double hoặc decimal.", "Longitude and latitude are a double or a decimal."
    ),
    "limit-below-cadence": Rule(
        ERROR, "Hạn trễ không ngắn hơn nhịp cập nhật.", "What counts as late is not less than the cadence."
    ),
    "claims-by-authority": Rule(
        WARNING,
        "Nguồn quyết định mọi sự kiện thì không cần khai ý kiến riêng.",
        "A source that decides every event makes no claims beside.",
    ),
    "event-name": Rule(
        WARNING, "Sự kiện đặt tên theo thì quá khứ: điều đã xảy ra.", "An event is named in the past tense."
    ),
    "sort-not-possible": Rule(
        ERROR, "Chỉ sắp xếp theo trường có thứ tự.", "Records are sorted only by fields that have an order."
    ),
    "search-not-text": Rule(ERROR, "Chỉ tìm trong trường văn bản.", "Only fields of text are searched."),
    "public-field-closed": Rule(
        WARNING,
        "Trường để tìm, sắp xếp hay lập chỉ mục nên là lớp open.",
        "Fields to search, sort and index by are open, or only some may use them.",
    ),
}
