"""Writers of single values: primitives, logical types and fixed; what does not fit is refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any
from unicodedata import is_normalized, normalize
from uuid import UUID

from schemas.binary import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, long_bytes
from schemas.errors import ValueInvalid
from schemas.model import Fixed, Logical, Primitive
from schemas.times import FIRST_MICROSECOND, LAST_MICROSECOND, to_micros

Write = Callable[[bytearray, Any], None]

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DOUBLE, _FLOAT = struct.Struct("<d"), struct.Struct("<f")


class Unfit(Exception):
    """A value does not fit; becomes a `ValueInvalid` with its path at the root."""

    def __init__(self, message: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def within(self, name: str) -> Unfit:
        """The same, told of the field around it."""
        return Unfit(self.message, (name, *self.path))

    def as_error(self) -> ValueInvalid:
        """What the caller of an encoder gets."""
        return ValueInvalid(".".join(self.path).replace(".[", "["), self.message)


def wrong(value: Any, wanted: str) -> Unfit:
    """What to raise for a value of another type; it stays out of the message itself, for it may be personal."""
    return Unfit(f"needs {wanted}, not {'null' if value is None else type(value).__name__}")


def primitive_writer(avro: Primitive) -> Write:
    """The writer of a primitive type, with its logical type."""
    if avro.logical is None:
        return _PLAIN[avro.type]
    name = avro.logical.name
    if name == "decimal":
        return _counted_decimal(avro.logical)
    return _LOGICAL.get(name) or _instant_writer(name) or _PLAIN[avro.type]


def _write_null(out: bytearray, value: Any) -> None:
    if value is not None:
        raise wrong(value, "null")


def _write_boolean(out: bytearray, value: Any) -> None:
    if not isinstance(value, bool):
        raise wrong(value, "true or false")
    out.append(value)


def _whole(low: int, high: int, bits: int) -> Write:
    def write_whole(out: bytearray, value: Any) -> None:
        if type(value) is not int:
            raise wrong(value, "a whole number")
        if not low <= value <= high:
            raise Unfit(f"does not fit {bits} bits")
        out += long_bytes(value)

    return write_whole


def _floating(form: struct.Struct) -> Write:
    def write_floating(out: bytearray, value: Any) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise wrong(value, "a number")
        try:
            packed = form.pack(value)
        except (OverflowError, struct.error) as error:
            raise Unfit("is too large a number") from error
        if not isfinite(value):
            raise Unfit("is no finite number")
        out += packed

    return write_floating


def _write_bytes(out: bytearray, value: Any) -> None:
    if not isinstance(value, bytes):
        raise wrong(value, "bytes")
    out += long_bytes(len(value))
    out += value


def write_string(out: bytearray, value: Any) -> None:
    """Write a text with its length, in NFC."""
    if not isinstance(value, str):
        raise wrong(value, "text")
    if not value.isascii() and not is_normalized("NFC", value):
        value = normalize("NFC", value)
    if "\0" in value:
        raise Unfit("holds U+0000, which no registry can keep")
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise Unfit("holds half of a surrogate pair, which is no text") from error
    out += long_bytes(len(data))
    out += data


def _write_uuid(out: bytearray, value: Any) -> None:
    try:
        text = str(value if isinstance(value, UUID) else UUID(value))
    except (ValueError, AttributeError, TypeError) as error:
        raise wrong(value, "a UUID") from error
    write_string(out, text)


def _write_date(out: bytearray, value: Any) -> None:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise wrong(value, "a date")
    out += long_bytes(value.toordinal() - _EPOCH_DAY)


def _instant_writer(name: str) -> Write | None:
    unit = {"timestamp-micros": 1, "timestamp-millis": 1000}.get(name)
    if unit is None:
        return None

    def write_instant(out: bytearray, value: Any) -> None:
        if not isinstance(value, datetime):
            raise wrong(value, "a date and time")
        if value.utcoffset() is None:
            raise Unfit("is a time without a zone")
        micros = to_micros(value)
        if not FIRST_MICROSECOND <= micros <= LAST_MICROSECOND:
            raise Unfit("lies outside the years 1 to 9999 in UTC")
        out += long_bytes(_in_units(micros, unit))

    return write_instant


def _time_of_day(unit: int) -> Write:
    def write_time(out: bytearray, value: Any) -> None:
        if not isinstance(value, time):
            raise wrong(value, "a time of day")
        if value.tzinfo is not None:
            raise Unfit("is a time of day with a zone; it must have none")
        spent = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
        out += long_bytes(_in_units(spent // timedelta(microseconds=1), unit))

    return write_time


def _in_units(micros: int, unit: int) -> int:
    number, rest = divmod(micros, unit)
    if rest:
        raise Unfit("is more exact than the milliseconds the schema keeps")
    return number


_PLAIN: dict[str, Write] = {
    "null": _write_null,
    "boolean": _write_boolean,
    "int": _whole(INT_MIN, INT_MAX, 32),
    "long": _whole(LONG_MIN, LONG_MAX, 64),
    "float": _floating(_FLOAT),
    "double": _floating(_DOUBLE),
    "bytes": _write_bytes,
    "string": write_string,
}
_LOGICAL: dict[str, Write] = {
    "uuid": _write_uuid,
    "date": _write_date,
    "time-micros": _time_of_day(1),
    "time-millis": _time_of_day(1000),
}


def _unscaled(value: Any, logical: Logical) -> int:
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        raise wrong(value, "a decimal")
    try:
        number = Decimal(value)
        sign, digits, exponent = number.as_tuple()
        if not isinstance(exponent, int):
            raise Unfit("is no finite number")
    except InvalidOperation as error:
        raise Unfit("is no finite number") from error
    if exponent > logical.precision:
        raise Unfit(f"has more than {logical.precision} digits")
    unscaled = int("".join(map(str, digits)))
    shift = logical.scale + exponent
    factor: int = 10 ** abs(shift)
    unscaled, rest = (unscaled * factor, 0) if shift >= 0 else divmod(unscaled, factor)
    if rest:
        raise Unfit(f"has more than {logical.scale} digits after the decimal point")
    if unscaled >= 10**logical.precision:
        raise Unfit(f"has more than {logical.precision} digits")
    return -unscaled if sign else unscaled


def _counted_decimal(logical: Logical) -> Write:
    def write_decimal(out: bytearray, value: Any) -> None:
        unscaled = _unscaled(value, logical)
        size = (unscaled if unscaled >= 0 else ~unscaled).bit_length() // 8 + 1
        out += long_bytes(size)
        out += unscaled.to_bytes(size, "big", signed=True)

    return write_decimal


def fixed_writer(avro: Fixed) -> Write:
    """The writer of a fixed type, with its logical type."""
    logical, size = avro.logical, avro.size
    if logical is not None and logical.name == "decimal":
        return _fixed_decimal(logical, size)

    def write_fixed(out: bytearray, value: Any) -> None:
        if not isinstance(value, bytes) or len(value) != size:
            raise wrong(value, f"exactly {size} bytes")
        out += value

    return write_fixed


def _fixed_decimal(logical: Logical, size: int) -> Write:
    def write_fixed_decimal(out: bytearray, value: Any) -> None:
        unscaled = _unscaled(value, logical)
        try:
            out += unscaled.to_bytes(size, "big", signed=True)
        except OverflowError as error:
            raise Unfit(f"does not fit {size} bytes") from error

    return write_fixed_decimal
