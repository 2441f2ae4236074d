"""Instants as the hub keeps them: whole microseconds since 1970-01-01, UTC. `OPEN` stands for "no end"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPEN = 2**63 - 1
DAY_MICROS = 86_400_000_000
# the years 1 to 9999, which is what a calendar date can say
FIRST_DAY, LAST_DAY = -719_162, 2_932_896
FIRST_MICROSECOND, LAST_MICROSECOND = FIRST_DAY * DAY_MICROS, (LAST_DAY + 1) * DAY_MICROS - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)\Z", re.ASCII
)


def to_micros(moment: datetime) -> int:
    """Microseconds of an aware datetime; a naive one is a ValueError."""
    if moment.utcoffset() is None:
        raise ValueError("the time has no zone")
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware datetime (UTC) of `micros`; OverflowError outside the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=micros)


def parse_instant(text: str, zone: ZoneInfo | None = None) -> int:
    """Microseconds of an RFC 3339 time. With `zone`, a bare date means 00:00 there; else ValueError.

    Digits beyond the microsecond are cut off.
    """
    if _RFC_3339.match(text):
        return _in_calendar(to_micros(datetime.fromisoformat(text.upper())))
    if not _BARE_DATE.match(text):
        raise ValueError(f"{text!r} is not of the form 2025-07-01T00:00:00+07:00")
    if zone is None:
        raise ValueError(f"{text!r} is a date without a time")
    return _in_calendar(to_micros(datetime.combine(date.fromisoformat(text), time(), zone)))


def format_instant(micros: int) -> str:
    """RFC 3339, UTC, with as many decimals as are needed (none, 3 or 6)."""
    moment = from_micros(micros).replace(tzinfo=None)
    if moment.microsecond == 0:
        return moment.isoformat(timespec="seconds") + "Z"
    precision = "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
    return moment.isoformat(timespec=precision) + "Z"


def _in_calendar(micros: int) -> int:
    if not FIRST_MICROSECOND <= micros <= LAST_MICROSECOND:
        raise ValueError("the time lies outside the years 1 to 9999 in UTC")
    return micros
