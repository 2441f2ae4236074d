"""Instants as the hub keeps them: whole microseconds since 1970-01-01, UTC. `OPEN` stands for "no end"."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPEN = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds of an aware datetime; a naive one is a ValueError."""
    if moment.tzinfo is None:
        raise ValueError("the time has no zone")
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def parse_instant(text: str, zone: ZoneInfo | None = None) -> int:
    """Microseconds of an RFC 3339 time. With `zone`, a bare date means 00:00 there; else ValueError."""
    if len(text) == 10:
        if zone is None:
            raise ValueError(f"{text!r} is a date without a time")
        return to_micros(datetime.combine(date.fromisoformat(text), time(), zone))
    return to_micros(datetime.fromisoformat(text))


def format_instant(micros: int) -> str:
    """RFC 3339, UTC, with as many decimals as are needed (none, 3 or 6)."""
    moment = from_micros(micros)
    if moment.microsecond == 0:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    precision = "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
