"""The rules that read the statistics office's tables, each on rows written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from producers.departments.cucthongke.conversion_table import Conversion, read_note, read_row
from producers.departments.cucthongke.history import HistoryReplay
from producers.departments.cucthongke.instruments import find_basis, parse_message, read_instruments
from producers.departments.cucthongke.lists import UnitList, spell_out, tell
from producers.departments.cucthongke.reform import Reform
from producers.departments.cucthongke.spelling import same_name
from producers.departments.cucthongke.units import Calendar, Unit, clean, find_kind, split_code, unit_key
from producers.feed import Fact, FeedContext, Finding, Flag, Origin, Refusal, Row
from tests.producers.departments.admin_units_world import SAIGON, instant

HERE = Origin("table.csv", 7)


def conversion_row(**cells: str) -> Row:
    columns = {
        "Tỉnh, thành phố": "Thành phố Huế (46)",
        "Tên Xã mới": "Phường Vỹ Dạ",
        "Mã Xã mới": "19777",
        "Tên Xã cũ": "Phường Xuân Phú",
        "Mã Xã cũ": "19792",
        "Ghi chú": "Nhập toàn bộ",
        "Quận/huyện": "Quận Thuận Hóa (474)",
        "Tỉnh cũ": "Thành phố Huế (46)",
    }
    return Row(columns | cells, HERE)


def read_one(row: Row) -> tuple[Conversion, list[str]]:
    found = list(read_row(row))
    conversion = next(one for one in found if isinstance(one, Conversion))
    return conversion, [one.rule for one in found if isinstance(one, Flag)]


def test_a_key_is_made_of_level_and_code() -> None:
    assert unit_key("PROVINCE", "40") == "province-40"
    assert unit_key("DISTRICT", "040") == "district-040"


@pytest.mark.parametrize(
    ("raw", "value", "rules"),
    [
        ("Phường Vỹ Dạ", "Phường Vỹ Dạ", []),
        (" Phường  4 ", "Phường 4", ["blanks-removed"]),
        ("Phường\nAn Cựu", "Phường An Cựu", ["line-break-removed"]),
        ("Hue\u0302\u0301", "Huế", ["letters-composed"]),
        (None, "", []),
    ],
)
def test_a_cell_is_cleaned_and_says_by_which_rule(raw: object, value: str, rules: list[str]) -> None:
    assert clean(raw) == (value, rules)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Thị trấn Phú Đa", "THI_TRAN"),
        ("Thành phố Trung ương", "THANH_PHO"),
        ("Thị Xã Sa Pa", "THI_XA"),
        ("Xuân Phước", None),
    ],
)
def test_the_kind_stands_in_front_of_the_name(name: str, kind: str | None) -> None:
    assert find_kind(name) == kind


def test_a_code_in_brackets_is_split_off_or_the_cell_is_none() -> None:
    assert split_code("Thành phố Huế (46)") == ("Thành phố Huế", "46")
    assert split_code("THÀNH PHỐ HÀ NỘI") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Xã Điềm Thuỵ", "Xã Điềm Thụy", True),
        ("Thị Xã Hương Thủy", "Thị xã Hương Thuỷ", True),
        ("Xã Quí Quân", "Xã Quý Quân", False),
        ("Xã Hòa", "Xã Hóa", False),
    ],
)
def test_names_are_one_but_for_case_and_the_place_of_tones(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same


@pytest.mark.parametrize(
    ("note", "extent"),
    [
        ("Nhập toàn bộ", ("WHOLE", "WHOLE", None)),
        ("Nhâp một phần diện tích", ("PARTIAL", None, None)),
        ("Nhập một phần diện tích, toàn bộ dân số", ("PARTIAL", "WHOLE", None)),
        ("Giữ nguyên", ("UNCHANGED", "WHOLE", None)),
        ("Đổi tên từ một phần Phường 15", ("PARTIAL", None, "Đổi tên từ một phần Phường 15")),
        ("xem phụ lục", ("UNSTATED", None, "xem phụ lục")),
    ],
)
def test_a_note_says_how_much_goes_and_free_text_is_kept(note: str, extent: tuple[str, str | None, str | None]) -> None:
    assert read_note(note) == extent


def test_a_row_of_the_table_is_an_edge_between_two_communes() -> None:
    conversion, rules = read_one(conversion_row())
    assert (conversion.from_key, conversion.to_key, conversion.extent) == ("commune-19792", "commune-19777", "WHOLE")
    assert rules == []


def test_stray_blanks_in_a_row_are_flagged_with_their_column() -> None:
    _, rules = read_one(conversion_row(**{"Mã Xã cũ": " 19792 "}))
    assert rules == ["blanks-removed"]


def test_a_whole_district_that_becomes_a_special_zone_goes_from_the_district() -> None:
    note = "Sắp xếp toàn bộ huyện Lý Sơn thành đặc khu Lý Sơn"
    cells = {"Tên Xã cũ": "", "Mã Xã cũ": "", "Ghi chú": note, "Quận/huyện": "Huyện Lý Sơn (536)"}
    conversion, rules = read_one(conversion_row(**cells))
    assert conversion.from_key == "district-536" and rules == ["free-text-note"]


def test_a_row_without_a_unit_before_is_refused_with_row_and_field() -> None:
    found = list(read_row(conversion_row(**{"Tên Xã cũ": "Khu vực bãi bồi", "Mã Xã cũ": ""})))
    assert [(one.code, one.field, one.origin) for one in found if isinstance(one, Refusal)] == [
        ("no-unit-before", "Mã Xã cũ", HERE)
    ]
    assert not [one for one in found if isinstance(one, Conversion)]


def test_one_code_under_two_names_is_flagged_on_the_row_that_is_not_the_registers() -> None:
    known = Unit("COMMUNE", "00553", "Xã Cổ Bi", "XA", "district-018", "province-01")
    rows = [
        read_one(conversion_row(**{"Mã Xã cũ": "00553", "Tên Xã cũ": name, "Mã Xã mới": new}))[0]
        for name, new in (("Xã Cổ Bi", "00562"), ("Xã Đặng Xá", "00565"))
    ]
    reform = Reform({known.key: known}, rows)
    assert [reform.flag_of(one) for one in rows] == ["EXTENT_DISAGREES", "NAME_DISAGREES"]


def test_what_the_table_omits_in_a_province_ended_there() -> None:
    omitted = Unit("COMMUNE", "20176", "Xã Hương Hòa", "XA", "district-483", "province-46")
    elsewhere = Unit("COMMUNE", "00001", "Phường Phúc Xá", "PHUONG", "district-001", "province-01")
    district = Unit("DISTRICT", "474", "Quận Thuận Hóa", "QUAN", "province-46", "province-46")
    before = {one.key: one for one in (omitted, elsewhere, district)}
    reform = Reform(before, [read_one(conversion_row())[0]])
    assert {one.key for one in reform.ended("province-46")} == {"commune-20176", "district-474"}


def test_a_message_yields_its_instruments_in_their_three_forms() -> None:
    message = "174/2004/NĐ-CP: lập huyện; 1675/NQ-UBTVQH15: Sắp xếp; 82/NQ-CP ngày 30/5/2011: lập thị trấn Phú Đa;"
    assert [one.number for one in parse_message(message)] == [
        "174/2004/NĐ-CP",
        "1675/NQ-UBTVQH15",
        "82/NQ-CP ngày 30/5/2011",
    ]
    assert parse_message("New tree generation script") == []


def test_a_change_is_put_down_to_the_instruments_that_name_its_province() -> None:
    instruments = parse_message("1/2020/NĐ-CP: xã thuộc tỉnh Hà Nam; 2/2020/NĐ-CP: xã thuộc tỉnh Quảng Trị;")
    assert find_basis(instruments, ["Tỉnh Quảng Trị"]) == "2/2020/NĐ-CP"
    assert find_basis(instruments, ["Tỉnh Hà Giang"]) == "1/2020/NĐ-CP; 2/2020/NĐ-CP"
    assert find_basis([], ["Tỉnh Hà Giang"]) is None


def test_instruments_are_read_by_commit(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text("step,commit,message\n3,abc,174/2004/NĐ-CP: lập huyện đảo;\n", encoding="utf-8")
    assert [one.number for one in read_instruments(FeedContext(tmp_path), "i.csv")["abc"]] == ["174/2004/NĐ-CP"]


def change(seq: int, day: str, level: int, code: str, **values: Any) -> Row:
    told = {"seq": seq, "step": 3, "effective_date": day, "baseline": False, "commit": f"c{seq}", "before": None}
    return Row(told | {"level": level, "code": code} | values, Origin("events.ndjson", seq))


def state(name: str, kind: str, parent: str = "") -> dict[str, str]:
    return {"name": name, "type": kind, "parent": parent}


def replay(*rows: Row) -> list[Finding]:
    one = HistoryReplay(Calendar(SAIGON), {}, {1: "2003-01-15", 2: "2004-08-31", 3: "2005-01-01"})
    return [finding for row in rows for finding in one.apply(row)]


PROVINCES = (
    change(1, "2005-01-01", 1, "01", ops=["created"], after=state("Thành phố Hà Nội", "Thành phố Trung ương")),
    change(2, "2005-01-01", 1, "28", ops=["created"], after=state("Tỉnh Hà Tây", "Tỉnh")),
    change(3, "2005-01-01", 2, "268", ops=["created"], after=state("Thành phố Hà Đông", "Thành phố", "28")),
    change(4, "2005-01-01", 3, "09538", ops=["created"], after=state("Phường Quang Trung", "Phường", "268")),
)


def test_when_a_district_moves_its_communes_lie_in_the_new_province() -> None:
    moved = change(5, "2008-08-01", 2, "268", ops=["moved"], after=state("Thành phố Hà Đông", "Thành phố", "01"))
    facts = [one for one in replay(*PROVINCES, moved) if isinstance(one, Fact) and one.event == "AdminUnitChanged"]
    assert [(one.key, one.fields["changed"]) for one in facts] == [
        ("district-268", ["parentKey", "provinceKey"]),
        ("commune-09538", ["provinceKey"]),
    ]
    assert {one.valid_from for one in facts} == {instant("2008-08-01")}


def test_the_first_lists_codes_are_imported_to_end_with_the_second() -> None:
    row = change(1, "2003-01-15", 1, "101", ops=["created"], after=state("Thành phố Hà Nội", "Thành phố Trung ương"))
    first = Row(dict(row.values) | {"step": 1, "baseline": True}, row.origin)
    [fact] = replay(first)
    assert isinstance(fact, Fact) and fact.event == "AdminUnitImported"
    assert (fact.valid_from, fact.valid_to) == (instant("2003-01-15"), instant("2004-08-31"))


def test_a_change_of_an_unknown_unit_is_refused() -> None:
    [finding] = replay(change(9, "2008-08-01", 1, "99", ops=["renamed"], after=state("Tỉnh Mới", "Tỉnh")))
    assert isinstance(finding, Refusal) and finding.code == "unknown-unit"


def listed(day: str, **names: str) -> UnitList:
    one = UnitList(day, {})
    for code, name in names.items():
        one.add(HERE, "COMMUNE", code=code[1:], name=name, column="name", above=["province-46"])
    return one


def test_a_unit_that_stands_alike_in_neighbouring_lists_is_told_once() -> None:
    lists = [listed("2025-10-18", c1="Xã A", c2="Xã B"), listed("2026-01-07", c1="Xã A", c2="Xã C")]
    facts = [one for one in tell(lists, FeedContext(None, {"zone": "Asia/Ho_Chi_Minh"})) if isinstance(one, Fact)]
    told = [(one.key, one.fields["nameVi"], one.valid_from, one.valid_to) for one in facts]
    october, january = instant("2025-10-18"), instant("2026-01-07")
    assert told == [
        ("commune-1", "Xã A", october, None),
        ("commune-2", "Xã B", october, january),
        ("commune-2", "Xã C", january, None),
    ]


def test_a_list_ends_before_the_next_where_changes_are_known_to_lie_between() -> None:
    lists = [listed("2025-07-20", c1="Xã A"), listed("2026-08-02", c1="Xã A")]
    options = {"zone": "Asia/Ho_Chi_Minh", "ends": ["2025-09-02", None]}
    facts = [one for one in tell(lists, FeedContext(None, options)) if isinstance(one, Fact)]
    assert [(one.valid_from, one.valid_to) for one in facts] == [
        (instant("2025-07-20"), instant("2025-09-02")),
        (instant("2026-08-02"), None),
    ]


def test_an_abbreviated_kind_is_spelt_out_by_a_named_rule() -> None:
    assert spell_out("Tp Cần Thơ") == ("Thành phố Cần Thơ", ["kind-abbreviated"])
    assert spell_out("Thị trấn Tpăng") == ("Thị trấn Tpăng", [])


def test_two_names_for_one_code_in_a_list_are_flagged() -> None:
    one = listed("2025-10-18", c1="Xã Cổ Bi")
    one.add(HERE, "COMMUNE", code="1", name="Xã Đặng Xá", column="name")
    assert [finding.rule for finding in one.findings if isinstance(finding, Flag)] == ["one-code-two-names"]
