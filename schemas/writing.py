"""Writers compiled from Avro types: every value is checked, and what does not fit is refused with its field.

Taken are the values a programmer has at hand: `datetime.date`, aware `datetime`, `datetime.time`, `Decimal`
or `int` for decimals (never float), `UUID` or its text, `str`, `int`, `float`, `bool`, `bytes`, lists, dicts.
Text is written in NFC. Refused, for no registry can keep it: text with U+0000, numbers that are not finite.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any
from unicodedata import is_normalized, normalize
from uuid import UUID

from schemas.binary import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, long_bytes
from schemas.defaults import encode_default
from schemas.errors import ValueInvalid
from schemas.model import (
    NO_DEFAULT,
    Array,
    AvroType,
    Enum,
    Fixed,
    Logical,
    Map,
    Primitive,
    Record,
    RecordField,
    Union,
    type_name,
)
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


class Writers:
    """Compiles and remembers the writer of each type; a record may hold itself."""

    def __init__(self) -> None:
        self._compiled: dict[int, tuple[AvroType, Write]] = {}

    def writer(self, avro: AvroType) -> Write:
        """The writer of `avro`."""
        known = self._compiled.get(id(avro))
        if known is None:
            known = (avro, self._compile(avro))
            self._compiled[id(avro)] = known
        return known[1]

    def _compile(self, avro: AvroType) -> Write:
        match avro:
            case Primitive():
                return _primitive(avro)
            case Fixed():
                return _fixed(avro)
            case Enum():
                return _enum(avro)
            case Array():
                return _array(self.writer(avro.items))
            case Map():
                return _map(self.writer(avro.values))
            case Union():
                return _union(avro, [self.writer(one) for one in avro.branches])
            case Record():
                return self._record(avro)

    def _record(self, avro: Record) -> Write:
        fields: list[tuple[str, Write, bytes | None]] = []
        names: set[str] = set()
        write = _record_writer(avro.name, fields, names)
        self._compiled[id(avro)] = (avro, write)
        for field in avro.fields:
            fields.append((field.name, self.writer(field.type), _default(field)))
            names.add(field.name)
        return write


def _default(field: RecordField) -> bytes | None:
    return None if field.default is NO_DEFAULT else encode_default(field.type, field.default, field.name)


_MISSING = object()


def _record_writer(title: str, fields: list[tuple[str, Write, bytes | None]], names: set[str]) -> Write:
    def write_record(out: bytearray, value: Any) -> None:
        if not isinstance(value, Mapping):
            raise _wrong(value, f"a mapping with the fields of {title}")
        given = 0
        name = ""
        try:
            for name, write, default in fields:
                one = value.get(name, _MISSING)
                if one is not _MISSING:
                    given += 1
                    write(out, one)
                elif default is None:
                    raise Unfit("is missing, and the schema has no default for it")
                else:
                    out += default
        except Unfit as error:
            raise error.within(name) from error.__cause__
        if given != len(value):
            _refuse_unknown(value, names)

    return write_record


def _refuse_unknown(value: Mapping[Any, Any], names: set[str]) -> None:
    unknown = next(str(name) for name in value if name not in names)
    raise Unfit(f"is no field of the schema; those are {', '.join(sorted(names))}", (unknown,))


def _wrong(value: Any, wanted: str) -> Unfit:
    """The value itself stays out of the message: it may be personal."""
    return Unfit(f"needs {wanted}, not {'null' if value is None else type(value).__name__}")


def _primitive(avro: Primitive) -> Write:
    if avro.logical is None:
        return _PLAIN[avro.type]
    name = avro.logical.name
    if name == "decimal":
        return _counted_decimal(avro.logical)
    return _LOGICAL.get(name) or _instant_writer(name) or _PLAIN[avro.type]


def _write_null(out: bytearray, value: Any) -> None:
    if value is not None:
        raise _wrong(value, "null")


def _write_boolean(out: bytearray, value: Any) -> None:
    if not isinstance(value, bool):
        raise _wrong(value, "true or false")
    out.append(value)


def _whole(low: int, high: int, bits: int) -> Write:
    def write_whole(out: bytearray, value: Any) -> None:
        if type(value) is not int:
            raise _wrong(value, "a whole number")
        if not low <= value <= high:
            raise Unfit(f"does not fit {bits} bits")
        out += long_bytes(value)

    return write_whole


def _floating(form: struct.Struct) -> Write:
    def write_floating(out: bytearray, value: Any) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise _wrong(value, "a number")
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
        raise _wrong(value, "bytes")
    out += long_bytes(len(value))
    out += value


def _write_string(out: bytearray, value: Any) -> None:
    if not isinstance(value, str):
        raise _wrong(value, "text")
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
        raise _wrong(value, "a UUID") from error
    _write_string(out, text)


def _write_date(out: bytearray, value: Any) -> None:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _wrong(value, "a date")
    out += long_bytes(value.toordinal() - _EPOCH_DAY)


def _instant_writer(name: str) -> Write | None:
    unit = {"timestamp-micros": 1, "timestamp-millis": 1000}.get(name)
    if unit is None:
        return None

    def write_instant(out: bytearray, value: Any) -> None:
        if not isinstance(value, datetime):
            raise _wrong(value, "a date and time")
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
            raise _wrong(value, "a time of day")
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
    "string": _write_string,
}
_LOGICAL: dict[str, Write] = {
    "uuid": _write_uuid,
    "date": _write_date,
    "time-micros": _time_of_day(1),
    "time-millis": _time_of_day(1000),
}


def _unscaled(value: Any, logical: Logical) -> int:
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        raise _wrong(value, "a decimal")
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


def _fixed(avro: Fixed) -> Write:
    logical, size = avro.logical, avro.size
    if logical is not None and logical.name == "decimal":
        return _fixed_decimal(logical, size)

    def write_fixed(out: bytearray, value: Any) -> None:
        if not isinstance(value, bytes) or len(value) != size:
            raise _wrong(value, f"exactly {size} bytes")
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


def _enum(avro: Enum) -> Write:
    written = {symbol: long_bytes(index) for index, symbol in enumerate(avro.symbols)}

    def write_enum(out: bytearray, value: Any) -> None:
        found = written.get(value) if isinstance(value, str) else None
        if found is None:
            raise Unfit(f"must be one of {', '.join(avro.symbols)}")
        out += found

    return write_enum


def _array(write: Write) -> Write:
    def write_array(out: bytearray, value: Any) -> None:
        if not isinstance(value, list | tuple):
            raise _wrong(value, "a list")
        if value:
            out += long_bytes(len(value))
            for index, one in enumerate(value):
                try:
                    write(out, one)
                except Unfit as error:
                    raise error.within(f"[{index}]") from error.__cause__
        out.append(0)

    return write_array


def _map(write: Write) -> Write:
    def write_map(out: bytearray, value: Any) -> None:
        if not isinstance(value, Mapping):
            raise _wrong(value, "a mapping")
        if value:
            out += long_bytes(len(value))
            for name, one in value.items():
                try:
                    _write_string(out, name)
                    write(out, one)
                except Unfit as error:
                    raise error.within(str(name)) from error.__cause__
        out.append(0)

    return write_map


def _union(avro: Union, branches: list[Write]) -> Write:
    nulls = [index for index, one in enumerate(avro.branches) if isinstance(one, Primitive) and one.type == "null"]
    if len(branches) == 2 and nulls:
        return _nullable(branches[1 - nulls[0]], null_byte=2 * nulls[0])
    names = ", ".join(type_name(one) for one in avro.branches)

    def write_union(out: bytearray, value: Any) -> None:
        start = len(out)
        for index, write in enumerate(branches):
            try:
                out += long_bytes(index)
                write(out, value)
                return
            except Unfit:
                del out[start:]
        raise _wrong(value, f"a value of one of {names}")

    return write_union


def _nullable(write: Write, *, null_byte: int) -> Write:
    value_byte = 2 - null_byte

    def write_nullable(out: bytearray, value: Any) -> None:
        if value is None:
            out.append(null_byte)
        else:
            out.append(value_byte)
            write(out, value)

    return write_nullable
