"""What one stored value would say under another logical type: the example that makes a change understood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from schemas.model import Logical

_SECOND = 1_000_000
_SAMPLE_INSTANT = datetime(2026, 1, 1, 8, tzinfo=UTC)
_SAMPLE_TIME_US = 8 * 3600 * _SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_S = 31_556_952
# how many nanoseconds one step of the number is
_INSTANTS = {
    "date": 86_400 * 10**9,
    "timestamp-millis": 10**6,
    "timestamp-micros": 10**3,
    "timestamp-nanos": 1,
    "local-timestamp-millis": 10**6,
    "local-timestamp-micros": 10**3,
    "local-timestamp-nanos": 1,
}
_TIMES = {"time-millis": 10**6, "time-micros": 10**3}


def read_as(new: Logical | None, old: Logical | None) -> tuple[str, str]:
    """What happens to a value written under `old` and read under `new`, in Vietnamese and English."""
    number = _sample(old) if old is not None else _sample(new)
    if number is None or _is_decimal(new) != _is_decimal(old):
        return (
            "byte đã lưu không đổi, nhưng chương trình đọc sẽ hiểu chúng khác trước",
            "the stored bytes stay, but readers will take them for something else",
        )
    before, after = _value(old, number), _value(new, number)
    return f"{_comma(before)} sẽ được đọc thành {_comma(after)}", f"{before} would be read as {after}"


def _is_decimal(logical: Logical | None) -> bool:
    return logical is not None and logical.name == "decimal"


def _sample(logical: Logical | None) -> int | None:
    """The number an example is stored as."""
    if logical is None:
        return None
    if logical.name == "decimal":
        return int("1234"[: logical.precision])
    if logical.name in _TIMES:
        return _SAMPLE_TIME_US * 1000 // _TIMES[logical.name]
    if logical.name in _INSTANTS:
        return int((_SAMPLE_INSTANT - _EPOCH).total_seconds()) * 10**9 // _INSTANTS[logical.name]
    return None


def _value(logical: Logical | None, number: int) -> str:
    """What the number says."""
    if logical is None:
        return str(number)
    if logical.name == "decimal":
        return f"{Decimal(number).scaleb(-logical.scale):f}"
    if logical.name in _TIMES:
        seconds = number * _TIMES[logical.name] / 10**9
        return f"{seconds // 3600:02.0f}:{seconds // 60 % 60:02.0f}:{seconds % 60:02.0f}"
    if logical.name in _INSTANTS:
        return _instant(logical.name, number * _INSTANTS[logical.name] // 10**9)
    return str(number)


def _instant(name: str, seconds: int) -> str:
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return f"~{1970 + seconds // _YEAR_S}-01-01"
    if name == "date":
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds").replace("+00:00", "" if name.startswith("local") else "Z")


def _comma(number: str) -> str:
    """A number as it is written in Vietnamese."""
    return number.replace(".", ",")
