"""Readers compiled from Avro types: strict, and with values as a database keeps them.

Instants are microseconds since 1970 (UTC), times of day microseconds since midnight, dates days since
1970, decimals their unscaled whole number, whatever precision the wire has. Everything else is the
obvious Python value: enums their symbol, records dicts, fixed bytes, uuid text.

Strict means: no byte missing, no index beyond a list (or below it), no boolean but 0 and 1, valid UTF-8,
and nothing no registry can keep: years outside 1 to 9999, numbers that are not finite, text with U+0000,
decimals beyond their precision.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import isfinite
from typing import Any

from schemas.binary import INT_MAX, INT_MIN, read_long, undecodable
from schemas.errors import WireError
from schemas.model import Array, AvroType, Enum, Fixed, Logical, Map, Primitive, Record, Union
from schemas.times import DAY_MICROS, FIRST_DAY, FIRST_MICROSECOND, LAST_DAY, LAST_MICROSECOND

Read = Callable[[bytes, int], tuple[Any, int]]

_DOUBLE, _FLOAT = struct.Struct("<d"), struct.Struct("<f")
_MAX_EMPTY_ITEMS = 65_536
# logical type -> (microseconds of one unit, first, last)
_TIMES = {
    "timestamp-micros": (1, FIRST_MICROSECOND, LAST_MICROSECOND),
    "timestamp-millis": (1000, FIRST_MICROSECOND, LAST_MICROSECOND),
    "local-timestamp-micros": (1, FIRST_MICROSECOND, LAST_MICROSECOND),
    "local-timestamp-millis": (1000, FIRST_MICROSECOND, LAST_MICROSECOND),
    "time-micros": (1, 0, DAY_MICROS - 1),
    "time-millis": (1000, 0, DAY_MICROS - 1),
    "date": (1, FIRST_DAY, LAST_DAY),
}


class Broken(Exception):
    """What is wrong and in which field; becomes a `WireError` at the root."""

    def __init__(self, path: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


class Readers:
    """Compiles and remembers the reader of each type; a record may hold itself."""

    def __init__(self) -> None:
        self._compiled: dict[int, tuple[AvroType, Read]] = {}

    def reader(self, avro: AvroType) -> Read:
        """The reader of `avro`."""
        known = self._compiled.get(id(avro))
        if known is None:
            known = (avro, self._record(avro) if isinstance(avro, Record) else self._compile(avro))
            self._compiled[id(avro)] = known
        return known[1]

    def _compile(self, avro: AvroType) -> Read:
        match avro:
            case Primitive():
                return _primitive(avro)
            case Fixed():
                return _fixed(avro)
            case Enum():
                return enum_reader(avro.symbols)
            case Array():
                return array_reader(self.reader(avro.items), empty_items=takes_no_bytes(avro.items))
            case Map():
                return map_reader(self.reader(avro.values))
            case Union():
                return union_reader(avro, [self.reader(one) for one in avro.branches])
            case Record():
                return self._record(avro)

    def _record(self, avro: Record) -> Read:
        fields: list[tuple[str, Read]] = []
        read = record_reader(fields)
        self._compiled[id(avro)] = (avro, read)
        fields.extend((one.name, self.reader(one.type)) for one in avro.fields)
        return read


def record_reader(fields: list[tuple[str, Read]]) -> Read:
    """Reads `fields` one after the other; the list may be filled later."""

    def read_record(data: bytes, at: int) -> tuple[Any, int]:
        found: dict[str, Any] = {}
        name = ""
        try:
            for name, read in fields:
                found[name], at = read(data, at)
        except (IndexError, UnicodeDecodeError, WireError, Broken, struct.error) as error:
            raise within(name, error) from error
        return found, at

    return read_record


def within(name: str, error: Exception) -> Broken:
    """`error`, told of the field `name` around it."""
    if isinstance(error, Broken):
        return Broken((name, *error.path), str(error))
    return Broken((name,), explain(error))


def explain(error: Exception) -> str:
    """What is wrong with the bytes, in words."""
    if isinstance(error, IndexError | struct.error):
        return "the bytes end before the value does"
    return f"the text is not UTF-8: {error.reason}" if isinstance(error, UnicodeDecodeError) else str(error)


def takes_no_bytes(avro: AvroType) -> bool:
    """Whether values of the type are written as nothing at all."""
    if isinstance(avro, Record):
        return all(not isinstance(one.type, Record) and takes_no_bytes(one.type) for one in avro.fields)
    return (isinstance(avro, Primitive) and avro.type == "null") or (isinstance(avro, Fixed) and avro.size == 0)


def _primitive(avro: Primitive) -> Read:
    if avro.logical is not None and avro.logical.name == "decimal":
        return _decimal(avro.logical, _read_bytes)
    if avro.logical is not None and avro.logical.name in _TIMES:
        return _bounded(*_TIMES[avro.logical.name])
    return _PLAIN[avro.type]


def _fixed(avro: Fixed) -> Read:
    size = avro.size

    def read_fixed(data: bytes, at: int) -> tuple[Any, int]:
        end = at + size
        if end > len(data):
            raise IndexError
        return data[at:end], end

    if avro.logical is not None and avro.logical.name == "decimal":
        return _decimal(avro.logical, read_fixed)
    return read_fixed


def _decimal(logical: Logical, read: Read) -> Read:
    limit = 10**logical.precision

    def read_decimal(data: bytes, at: int) -> tuple[Any, int]:
        raw, at = read(data, at)
        unscaled = int.from_bytes(raw, "big", signed=True)
        if not raw or not -limit < unscaled < limit:
            raise undecodable(f"the decimal has not 1 to {logical.precision} digits")
        return unscaled, at

    return read_decimal


def _bounded(unit: int, first: int, last: int) -> Read:
    def read_bounded(data: bytes, at: int) -> tuple[Any, int]:
        number, at = read_long(data, at)
        number *= unit
        if not first <= number <= last:
            raise undecodable(f"{number} lies outside what a date or time can be")
        return number, at

    return read_bounded


def _read_null(data: bytes, at: int) -> tuple[Any, int]:
    return None, at


def _read_boolean(data: bytes, at: int) -> tuple[Any, int]:
    byte = data[at]
    if byte > 1:
        raise undecodable(f"a boolean is 0 or 1, not {byte}")
    return byte == 1, at + 1


def _read_int(data: bytes, at: int) -> tuple[Any, int]:
    number, at = read_long(data, at)
    if not INT_MIN <= number <= INT_MAX:
        raise undecodable(f"{number} does not fit 32 bits")
    return number, at


def _read_float(data: bytes, at: int) -> tuple[Any, int]:
    return _finite(_FLOAT.unpack_from(data, at)[0]), at + 4


def _read_double(data: bytes, at: int) -> tuple[Any, int]:
    return _finite(_DOUBLE.unpack_from(data, at)[0]), at + 8


def _finite(number: float) -> float:
    if not isfinite(number):
        raise undecodable(f"{number} is no finite number")
    return number


def _read_bytes(data: bytes, at: int) -> tuple[Any, int]:
    size, at = read_long(data, at)
    end = at + size
    if size < 0:
        raise undecodable(f"a length of {size}")
    if end > len(data):
        raise IndexError
    return data[at:end], end


def _read_string(data: bytes, at: int) -> tuple[Any, int]:
    size = data[at]
    if size < 128 and not size & 1:
        at += 1
        size >>= 1
    else:
        size, at = read_long(data, at)
    end = at + size
    if size < 0:
        raise undecodable(f"a length of {size}")
    if end > len(data):
        raise IndexError
    text = data[at:end].decode()
    if "\0" in text:
        raise undecodable("the text holds U+0000")
    return text, end


_PLAIN: dict[str, Read] = {
    "null": _read_null,
    "boolean": _read_boolean,
    "int": _read_int,
    "long": read_long,
    "float": _read_float,
    "double": _read_double,
    "bytes": _read_bytes,
    "string": _read_string,
}


def enum_reader(symbols: tuple[str | None, ...]) -> Read:
    """Reads an index into `symbols`; None stands for a symbol that cannot be taken."""
    count = len(symbols)

    def read_enum(data: bytes, at: int) -> tuple[Any, int]:
        index, at = read_long(data, at)
        if not 0 <= index < count:
            raise undecodable(f"the enum has {count} symbols; there is none of index {index}")
        symbol = symbols[index]
        if symbol is None:
            raise undecodable(f"the symbol of index {index} is unknown to the reader")
        return symbol, at

    return read_enum


def array_reader(read: Read, *, empty_items: bool = False) -> Read:
    """Reads blocks of items; `empty_items` says that an item takes no bytes."""

    def read_array(data: bytes, at: int) -> tuple[Any, int]:
        found: list[Any] = []
        count, at = read_block(data, at)
        while count:
            check_count(count + len(found), len(data) - at + len(found), empty_items)
            for _ in range(count):
                try:
                    item, at = read(data, at)
                except Broken as error:
                    raise within(f"[{len(found)}]", error) from error
                found.append(item)
            count, at = read_block(data, at)
        return found, at

    return read_array


def map_reader(read: Read) -> Read:
    """Reads blocks of names with values."""

    def read_map(data: bytes, at: int) -> tuple[Any, int]:
        found: dict[str, Any] = {}
        count, at = read_block(data, at)
        while count:
            check_count(count, len(data) - at, False)
            for _ in range(count):
                name, at = _read_string(data, at)
                if name in found:
                    raise undecodable(f"the name {name!r} stands twice in a map")
                found[name], at = read(data, at)
            count, at = read_block(data, at)
        return found, at

    return read_map


def read_block(data: bytes, at: int) -> tuple[int, int]:
    """The number of items of the block at `at`; a negative one is followed by the block's size in bytes."""
    count, at = read_long(data, at)
    if count < 0:
        size, at = read_long(data, at)
        if size < 0 or at + size > len(data):
            raise undecodable(f"a block of {size} bytes")
        count = -count
    return count, at


def check_count(count: int, left: int, empty_items: bool) -> None:
    """Refuses a block that claims more items than the bytes left can hold."""
    if count > (_MAX_EMPTY_ITEMS if empty_items else left):
        raise undecodable(f"a block claims {count} items and {max(left, 0)} bytes are left")


def union_reader(avro: Union, branches: list[Read]) -> Read:
    """Reads the branch's number and its value; one type or null, the usual case, without detour."""
    nulls = [index for index, one in enumerate(avro.branches) if isinstance(one, Primitive) and one.type == "null"]
    if len(branches) == 2 and nulls:
        return _nullable(branches[1 - nulls[0]], null_byte=2 * nulls[0])
    return indexed_reader(branches)


def indexed_reader(branches: list[Read]) -> Read:
    """Reads a number and then what the branch of that number reads."""
    count = len(branches)

    def read_union(data: bytes, at: int) -> tuple[Any, int]:
        index, at = read_long(data, at)
        if not 0 <= index < count:
            raise undecodable(f"the union has {count} branches; there is none of index {index}")
        return branches[index](data, at)

    return read_union


def _nullable(read: Read, *, null_byte: int) -> Read:
    value_byte = 2 - null_byte

    def read_nullable(data: bytes, at: int) -> tuple[Any, int]:
        byte = data[at]
        if byte == value_byte:
            return read(data, at + 1)
        if byte == null_byte:
            return None, at + 1
        raise undecodable(f"the union has 2 branches; {byte} names none of them")

    return read_nullable
