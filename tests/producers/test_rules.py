from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from producers.errors import ValueRefused
from producers.feed import Fact, Origin
from producers.mapping import ENGINE_RULES
from producers.places import flag_default_points
from producers.rules import Cell

HUE = {"box": [107.0, 15.9, 108.3, 16.8]}


def cell() -> Cell:
    return Cell(Origin("a.csv", 2), "field")


def run(name: str, value: Any, arguments: Any = None, at: Cell | None = None) -> Any:
    return ENGINE_RULES[name](arguments)(value, at or cell())


@pytest.mark.parametrize(
    ("name", "arguments", "value", "result"),
    [
        ("trim", None, "  a \n b ", "a b"),
        ("trim", None, "   ", None),
        ("nfc", None, "Hue\u0302\u0301", "Huế"),
        ("text", {"width": 5}, 418, "00418"),
        ("integer", None, " 12 ", 12),
        ("integer", {"thousands": "."}, "1.234.567", 1234567),
        ("decimal", {"point": ",", "thousands": "."}, "1.234,50", Decimal("1234.50")),
        ("decimal", {"scale": 2}, "4.4", Decimal("4.40")),
        ("double", None, "107.5", 107.5),
        ("vnd", None, "20.000 VND", 20000),
        ("vnd", None, "1.500.000đ", 1500000),
        ("vnd", None, "Miễn phí", 0),
        ("vnd", None, 40000, 40000),
        ("date", None, "1/7/2025", date(2025, 7, 1)),
        ("date", "YYYY-MM-DD", "2025-07-01", date(2025, 7, 1)),
        ("date", ["DD-MM-YYYY", "D/M/YYYY"], "01-07-2025", date(2025, 7, 1)),
        ("time", None, "07: 00", time(7)),
        ("time", None, "7h30", time(7, 30)),
        ("time", None, "17h", time(17)),
        ("boolean", None, "Có", True),
        ("list", None, "Sở Y tế\n  Sở Tài chính \n\n", ["Sở Y tế", "Sở Tài chính"]),
        ("slug", None, "Đại Nội Huế (Ngọ Môn)", "dai-noi-hue-ngo-mon"),
        ("codeList", {"codes": {"TEMPLE": ["Chùa", "chùa  chiền"]}}, "CHÙA Chiền", "TEMPLE"),
        ("pattern", r"\d\.\d{6}", "1.015027", "1.015027"),
    ],
)
def test_a_rule_makes_the_value(name: str, arguments: Any, value: Any, result: Any) -> None:
    assert run(name, value, arguments) == result


@pytest.mark.parametrize(
    ("name", "arguments", "value", "code"),
    [
        ("integer", None, "12a", "not-an-integer"),
        ("integer", {"thousands": "."}, "1.23", "bad-thousands"),
        ("integer", {"max": 10}, "11", "out-of-bounds"),
        ("decimal", {"scale": 1}, "4.44", "too-precise"),
        ("decimal", None, "4,4", "not-a-number"),
        ("vnd", None, "20.000 - 40.000 VND", "not-a-price"),
        ("vnd", None, "liên hệ", "not-a-price"),
        ("vnd", None, "40.000 VND(trẻ em 20.000)", "price-with-text"),
        ("date", None, "31/2/2025", "no-such-day"),
        ("date", None, "2025-07-01", "not-a-date"),
        ("time", None, "25:00", "no-such-time"),
        ("time", None, "Cả ngày", "not-a-time"),
        ("boolean", None, "có lẽ", "not-a-truth"),
        ("slug", None, "!?", "no-key"),
        ("codeList", {"codes": {"TEMPLE": []}}, "Lăng", "unknown-code"),
        ("pattern", r"\d+", "a", "unlike-pattern"),
        ("lonlat", HUE, ("107.5", None), "half-a-point"),
        ("lonlat", HUE, ("east", "16.4"), "not-a-coordinate"),
    ],
)
def test_a_rule_refuses_what_it_would_have_to_guess(name: str, arguments: Any, value: Any, code: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        run(name, value, arguments)
    assert caught.value.code == code


def test_text_after_a_price_is_kept_in_its_own_field_and_flagged() -> None:
    at = cell()
    assert run("vnd", "40.000 VND(trẻ em 20.000)", {"residue": "note"}, at) == 40000
    assert at.others == {"note": "(trẻ em 20.000)"}
    assert [flag.rule for flag in at.flags] == ["vnd"]


def test_all_day_is_no_time_and_says_so_in_its_own_field() -> None:
    at = cell()
    assert run("time", "Cả ngày", {"all_day": "open_all_day"}, at) is None
    assert at.others == {"open_all_day": True}


def test_a_text_that_stands_for_nothing_is_null_and_flagged() -> None:
    at = cell()
    assert run("nullIf", "-1", ["-1", "Không có thông tin"], at) is None
    assert at.flags[0].rule == "nullIf"


@pytest.mark.parametrize(
    ("value", "arguments", "point", "flags"),
    [
        (("107.58", "16.46"), HUE, (107.58, 16.46), []),
        (("16.46", "107.58"), HUE | {"order": "lat-lon"}, (107.58, 16.46), []),
        (("16.46", "107.58"), HUE, (107.58, 16.46), ["swapped-axes"]),
        (("-1", "-1"), HUE, None, ["sentinel-point"]),
        (("105.8", "21.0"), HUE, None, ["outside-box"]),
        ((None, None), HUE, None, []),
    ],
)
def test_a_point_is_placed_or_left_null(value: Any, arguments: Any, point: Any, flags: list[str]) -> None:
    at = cell()
    assert run("lonlat", value, arguments, at) == point
    assert [flag.rule for flag in at.flags] == flags


def test_a_point_that_many_records_share_is_flagged_as_a_default() -> None:
    points = [(107.5, 16.4)] * 3 + [(107.6, 16.4)] * 2 + [(None, None)] * 4
    facts = [Fact("X", str(n), {"lon": lon, "lat": lat}, Origin("a", n)) for n, (lon, lat) in enumerate(points)]
    flags = flag_default_points(facts, lon="lon", lat="lat", at_least=3)
    assert [flag.origin.row for flag in flags] == [0, 1, 2]
