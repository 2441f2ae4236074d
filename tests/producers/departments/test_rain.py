"""Rain gauges in two lists, hourly sheets that grow, and totals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from producers.departments.kttv.gauges import gauge_key, read_gauges
from producers.departments.kttv.rainfall import read_hourly_rain, read_rain_totals
from producers.departments.packaged import find_feed, read_feed
from producers.feed import Fact, FeedContext, Finding
from producers.report import PublishReport
from producers.run import publish_feed
from tests.producers.departments.line import Line
from tests.producers.departments.mapped import facts_in, refusals_in, rules_in

FORMER = "Tỉnh/Thành phố,Tên trạm,Tổng lượng mưa,Thời gian cập nhập\n"
NEW = "Tỉnh/Thành phố,Tên trạm,Huyện,Tổng lượng mưa,Tình trạng,Dấu thời gian,Thời gian cập nhập\n"
HOURS = "Mã trạm,Tên trạm,20/11/2024 - 00:00,20/11/2024 - 01:00\n"
OPTIONS = {
    "former": "former.csv",
    "new": "new.csv",
    "hourly": "hue-*.csv",
    "hourly_province": "Thành phố Huế",
    "network": "VRAIN",
    "zone": "Asia/Ho_Chi_Minh",
    "taken": "2026-01-24T19:17:00+07:00",
}


class Sheets:
    """A folder with the two lists and hourly sheets that a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("former.csv", FORMER + "Thành phố Huế,Lộc An,2.6,24/01/2026 19:18\n")
        self.write("new.csv", NEW + "Thành phố Huế,Lộc An,xã Lộc An,2.6,Mưa nhỏ,24/01/2026 19:00,24/01/2026 19:19:59\n")
        self.write("hue-1.csv", HOURS + "750023,Quảng Phú (Quảng Điền),0.6,0\n")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    @property
    def context(self) -> FeedContext:
        return FeedContext(data=self.folder, options=OPTIONS)

    def gauges(self) -> dict[str, Fact]:
        return {fact.fields["nameVi"]: fact for fact in facts_in(read_gauges(self.context))}

    def noticed(self) -> list[Finding]:
        return list(read_gauges(self.context))


@pytest.fixture
def sheets(tmp_path: Path) -> Sheets:
    return Sheets(tmp_path)


def test_one_instrument_in_both_lists_is_one_gauge_with_both_geographies(sheets: Sheets) -> None:
    sheets.write("former.csv", FORMER + "Hà Giang,Bạch Ngọc 1,0.0,24/01/2026 19:17\n")
    sheets.write("new.csv", NEW + "Tuyên Quang,Bạch Ngọc 1,xã Bạch Ngọc,0.2,Mưa nhỏ,24/01/2026 19:00,x\n")
    fields = sheets.gauges()["Bạch Ngọc 1"].fields
    assert (fields["formerProvince"], fields["province"], fields["commune"]) == (
        "Hà Giang",
        "Tuyên Quang",
        "xã Bạch Ngọc",
    )


def test_the_key_is_the_code_where_an_hourly_sheet_has_one(sheets: Sheets) -> None:
    sheets.write("former.csv", FORMER + "Thành phố Huế,Quảng Phú (Quảng Điền),3.8,24/01/2026 19:18\n")
    gauge = sheets.gauges()["Quảng Phú (Quảng Điền)"]
    assert (gauge.key, gauge.fields["stationCode"]) == ("750023", "750023")


def test_a_gauge_of_that_name_in_another_province_has_not_that_code(sheets: Sheets) -> None:
    sheets.write("former.csv", FORMER + "Hà Nội,Quảng Phú (Quảng Điền),3.8,24/01/2026 19:18\n")
    keys = {fact.key: fact.fields["stationCode"] for fact in facts_in(sheets.noticed())}
    assert keys[gauge_key("Hà Nội", "Quảng Phú (Quảng Điền)")] is None
    assert keys["750023"] == "750023"


def test_names_that_differ_in_marks_alone_have_different_keys() -> None:
    assert gauge_key("Hà Giang", "Tân Lập") != gauge_key("Hà Giang", "Tấn Lập")


def test_a_line_that_could_be_several_gauges_is_refused(sheets: Sheets) -> None:
    sheets.write("former.csv", FORMER + "Bắc Kạn,Quảng Bạch,0,24/01/2026 19:17\nThái Nguyên,Khác,0,24/01/2026 19:17\n")
    line = "Thái Nguyên,Quảng Bạch,xã Quảng Bạch,0.2,Mưa nhỏ,24/01/2026 19:00,x\n"
    sheets.write("new.csv", NEW + line + line)
    assert refusals_in(sheets.noticed()) == [("Tên trạm", "gauge-ambiguous")] * 2


def test_of_two_namesakes_the_one_of_the_stated_province_is_meant(sheets: Sheets) -> None:
    sheets.write("former.csv", FORMER + "Hà Giang,Cao Bồ,0,24/01/2026 19:17\nTuyên Quang,Cao Bồ,0.6,24/01/2026 19:17\n")
    sheets.write("new.csv", NEW + "Tuyên Quang,Cao Bồ,xã Cao Bồ,0.6,Mưa nhỏ,24/01/2026 19:00,x\n")
    found = {fact.fields.get("formerProvince"): fact.fields.get("commune") for fact in facts_in(sheets.noticed())}
    assert (found["Tuyên Quang"], found["Hà Giang"]) == ("xã Cao Bồ", None)
    assert rules_in(sheets.noticed())["Tên trạm", "province-twice"] == 1


def test_a_line_with_a_communes_name_is_an_area_and_no_instrument(sheets: Sheets) -> None:
    sheets.write(
        "former.csv", FORMER + "Thành phố Huế,phường An Cựu,0,x\nThành phố Huế,Thị trấn A Lưới (A Lưới),3.8,x\n"
    )
    gauges = sheets.gauges()
    assert (gauges["phường An Cựu"].fields["kind"], gauges["phường An Cựu"].fields["adminCode"]) == ("AREA", "19815")
    assert gauges["Thị trấn A Lưới (A Lưới)"].fields["kind"] == "GAUGE"


def hourly(sheets: Sheets) -> list[Fact]:
    return facts_in(read_hourly_rain(sheets.context))


def test_a_wide_sheet_becomes_a_reading_for_each_gauge_and_hour(sheets: Sheets) -> None:
    assert [(one.key, one.fields["depth"]) for one in hourly(sheets)] == [
        ("750023~2024-11-19T17:00:00Z", Decimal("0.6")),
        ("750023~2024-11-19T18:00:00Z", Decimal("0.0")),
    ]
    assert hourly(sheets)[0].fields["periodEnd"] == datetime(2024, 11, 20, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def test_missing_is_null_and_no_rain_is_zero(sheets: Sheets) -> None:
    sheets.write("hue-1.csv", HOURS + "750023,Quảng Phú,,0\n750016,VPTT,0.2,0.4\n")
    assert [one.fields["depth"] for one in hourly(sheets)[:2]] == [None, Decimal("0.0")]


def test_the_period_is_not_guessed(sheets: Sheets) -> None:
    assert all(one.fields.get("periodStart") is None for one in hourly(sheets))


@pytest.mark.parametrize("cell", ["-9999", "n/a", "0.25"])
def test_what_is_no_depth_is_refused_with_its_column(sheets: Sheets, cell: str) -> None:
    sheets.write("hue-1.csv", HOURS + f"750023,Quảng Phú,{cell},0\n")
    findings = list(read_hourly_rain(sheets.context))
    assert [one[0] for one in refusals_in(findings)] == ["20/11/2024 - 00:00"]
    assert len(facts_in(findings)) == 1


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    opened = Line(tmp_path / "line")
    yield opened
    opened.close()


def publish(sheets: Sheets, line: Line) -> PublishReport:
    source = "urn:hue:DKTTV:vrain-hourly"
    return publish_feed(find_feed("hourly-rain"), sheets.context, line.outbox, line.catalogue, source=source)


def test_a_sheet_that_has_grown_tells_only_its_new_hours(sheets: Sheets, line: Line) -> None:
    assert publish(sheets, line).published_total == 2
    sheets.write("hue-2.csv", HOURS.strip() + ",20/11/2024 - 02:00\n750023,Quảng Phú (Quảng Điền),0.6,0,4.2\n")
    report = publish(sheets, line)
    assert (report.published_total, report.unchanged) == (1, 2)


def test_an_hour_that_was_changed_is_a_correction(sheets: Sheets, line: Line) -> None:
    publish(sheets, line)
    sheets.write("hue-1.csv", HOURS + "750023,Quảng Phú (Quảng Điền),0.8,0\n")
    assert publish(sheets, line).published_total == 1
    headers = [dict(one.record.headers) for one in line.outbox.list_pending("kttv.rainfall.v1", limit=10)]
    assert [one.get("ce_correction") for one in headers] == [None, None, b"corrected"]
    assert headers[2]["ce_corrects"] == headers[0]["ce_id"]


def test_of_two_sheets_that_differ_the_later_stands_and_a_second_run_says_nothing_new(
    sheets: Sheets, line: Line
) -> None:
    sheets.write("hue-2.csv", HOURS + "750023,Quảng Phú (Quảng Điền),0.8,0\n")
    findings = list(read_hourly_rain(sheets.context))
    assert facts_in(findings)[0].fields["depth"] == Decimal("0.8")
    assert rules_in(findings) == {("depth", "hour-revised"): 1}
    assert [publish(sheets, line).published_total for _ in range(2)] == [2, 0]


def test_an_area_reads_suspect(sheets: Sheets) -> None:
    sheets.write("former.csv", FORMER + "Thành phố Huế,phường An Cựu,0,24/01/2026 19:18\n")
    qualities = {one.key[:24]: one.fields["quality"] for one in facts_in(read_rain_totals(sheets.context))}
    assert sorted(set(qualities.values())) == ["SUSPECT", "UNCHECKED"]


def test_the_real_lists_hold_83_lines_of_hue_of_which_53_are_instruments(real_data: Path) -> None:
    findings = list(read_feed("rain-gauges", real_data))
    hue = [one for one in facts_in(findings) if one.fields.get("formerProvince") == "Thành phố Huế"]
    assert len(hue) == 83
    assert sum(one.fields["kind"] == "GAUGE" for one in hue) == 53
    assert sum(one.fields.get("commune") is not None for one in hue) == 53
    # 5,673 lines, 5 that only the new list has, and one that only the hourly sheets have
    assert len({one.key for one in facts_in(findings)}) == 5673 + 5 + 1
    assert refusals_in(findings) == [("Tên trạm", "gauge-ambiguous")] * 30


def test_the_real_sheets_hold_22_hours_and_the_totals_8196_readings(real_data: Path) -> None:
    assert len({one.key for one in facts_in(read_feed("hourly-rain", real_data))}) == 22
    totals = facts_in(read_feed("rain-totals", real_data))
    assert len({one.key for one in totals}) == len(totals) == 5673 + 2553 - 30
