"""Instants as text and as microseconds."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import FIRST_MICROSECOND, LAST_MICROSECOND, format_instant, parse_instant

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@given(st.integers(FIRST_MICROSECOND, LAST_MICROSECOND))
def test_every_instant_comes_back_from_its_text(micros: int) -> None:
    assert parse_instant(format_instant(micros)) == micros


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T07:00:00+07:00", 0),
        ("1970-01-01t00:00:01.5z", 1_500_000),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("1970-01-01T00:00:00.123456789Z", 123_456),
        ("2025-07-01T00:00:00+07:00", 1_751_302_800_000_000),
    ],
)
def test_a_time_of_rfc_3339_is_read(text: str, micros: int) -> None:
    assert parse_instant(text) == micros


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_500_000, "1970-01-01T00:00:01.500Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (FIRST_MICROSECOND, "0001-01-01T00:00:00Z"),
        (LAST_MICROSECOND, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_is_written_with_the_decimals_it_needs(micros: int, text: str) -> None:
    assert format_instant(micros) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-07-01",
        "2025-07-01T00:00:00",
        "2025-07-01 00:00:00Z",
        "20250701T000000Z",
        "2025-W27-2T00:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-07-01T24:00:00Z",
        "2025-07-01T00:00:00+24:00",
        "2025-07-01T00:00:00+07",
        "٢٠٢٥-07-01T00:00:00Z",
        "0001-01-01T00:00:00+07:00",
        "2025-07-01T00:00:00Z\n",
    ],
)
def test_what_is_no_time_of_rfc_3339_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_instant(text)


def test_a_bare_date_begins_in_the_zone_given() -> None:
    assert parse_instant("2025-07-01", HANOI) == parse_instant("2025-06-30T17:00:00Z")
