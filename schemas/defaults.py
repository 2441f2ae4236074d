"""A field's default as the bytes it stands for (specification 1.12, "Complex Types", table of defaults)."""

from __future__ import annotations

import math
import struct
from typing import Any

from schemas.binary import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, long_bytes
from schemas.errors import AvroInvalid
from schemas.model import NO_DEFAULT, Array, AvroType, Enum, Fixed, Map, Primitive, Record, Union

_BOUNDS = {"int": (INT_MIN, INT_MAX), "long": (LONG_MIN, LONG_MAX)}


def encode_default(avro: AvroType, value: Any, place: str) -> bytes:
    """The Avro bytes of the JSON default `value`; raises `AvroInvalid` where it is no value of the type.

    A union's default may be of any branch; the first that takes it counts.
    """
    match avro:
        case Primitive():
            return _primitive(avro.type, value, place)
        case Fixed():
            return _sized(_latin(value, place), avro.size, place)
        case Enum():
            return _symbol(avro, value, place)
        case Array():
            return _array(avro, value, place)
        case Map():
            return _map(avro, value, place)
        case Union():
            return _union(avro, value, place)
        case Record():
            return _record(avro, value, place)


def check_defaults(avro: AvroType, place: str = "") -> None:
    """Refuses a field whose default is no value of its type, anywhere in `avro`; raises `AvroInvalid`."""
    _check(avro, place, set())


def _check(avro: AvroType, place: str, seen: set[int]) -> None:
    if id(avro) in seen:
        return
    seen.add(id(avro))
    if isinstance(avro, Array):
        _check(avro.items, f"{place}/items", seen)
    elif isinstance(avro, Map):
        _check(avro.values, f"{place}/values", seen)
    elif isinstance(avro, Union):
        for index, one in enumerate(avro.branches):
            _check(one, f"{place}/{index}", seen)
    elif isinstance(avro, Record):
        for index, field in enumerate(avro.fields):
            _check(field.type, f"{place}/fields/{index}/type", seen)
            if field.default is not NO_DEFAULT:
                encode_default(field.type, field.default, f"{place}/fields/{index}/default")


def _primitive(kind: str, value: Any, place: str) -> bytes:
    if kind == "null" and value is None:
        return b""
    if kind == "boolean" and isinstance(value, bool):
        return b"\x01" if value else b"\x00"
    if kind in _BOUNDS and isinstance(value, int) and not isinstance(value, bool):
        low, high = _BOUNDS[kind]
        if low <= value <= high:
            return long_bytes(value)
    if kind in ("float", "double") and isinstance(value, int | float) and not isinstance(value, bool):
        return _number(kind, value, place)
    if kind == "bytes":
        return _counted(_latin(value, place))
    if kind == "string" and isinstance(value, str):
        return _counted(value.encode())
    raise _unfit(kind, value, place)


def _number(kind: str, value: int | float, place: str) -> bytes:
    try:
        return struct.pack("<f" if kind == "float" else "<d", value)
    except (OverflowError, struct.error) as error:
        raise _unfit(kind, value, place) from error


def _counted(data: bytes) -> bytes:
    return long_bytes(len(data)) + data


def _latin(value: Any, place: str) -> bytes:
    """Bytes in a default are written as the code points U+0000 to U+00FF."""
    if not isinstance(value, str) or not all(ord(one) < 256 for one in value):
        raise _unfit("bytes", value, place)
    return value.encode("latin-1")


def _sized(data: bytes, size: int, place: str) -> bytes:
    if len(data) != size:
        raise AvroInvalid(place, f"the default has {len(data)} bytes, the fixed type {size}")
    return data


def _symbol(avro: Enum, value: Any, place: str) -> bytes:
    if value not in avro.symbols:
        raise AvroInvalid(place, f"the default {value!r} is none of the symbols {', '.join(avro.symbols)}")
    return long_bytes(avro.symbols.index(value))


def _array(avro: Array, value: Any, place: str) -> bytes:
    if not isinstance(value, list):
        raise _unfit("array", value, place)
    items = b"".join(encode_default(avro.items, one, f"{place}/{index}") for index, one in enumerate(value))
    return (long_bytes(len(value)) + items if value else b"") + b"\x00"


def _map(avro: Map, value: Any, place: str) -> bytes:
    if not isinstance(value, dict):
        raise _unfit("map", value, place)
    items = b"".join(
        _counted(name.encode()) + encode_default(avro.values, one, f"{place}/{name}") for name, one in value.items()
    )
    return (long_bytes(len(value)) + items if value else b"") + b"\x00"


def _union(avro: Union, value: Any, place: str) -> bytes:
    for index, branch in enumerate(avro.branches):
        try:
            return long_bytes(index) + encode_default(branch, value, place)
        except AvroInvalid:
            continue
    raise AvroInvalid(place, f"the default {value!r} fits no branch of the union")


def _record(avro: Record, value: Any, place: str) -> bytes:
    if not isinstance(value, dict):
        raise _unfit("record", value, place)
    parts = []
    for field in avro.fields:
        one = value.get(field.name, field.default)
        if one is NO_DEFAULT:
            raise AvroInvalid(place, f"the default lacks the field {field.name}, which has none of its own")
        parts.append(encode_default(field.type, one, f"{place}/{field.name}"))
    return b"".join(parts)


def _unfit(kind: str, value: Any, place: str) -> AvroInvalid:
    if isinstance(value, float) and not math.isfinite(value):
        return AvroInvalid(place, f"the default {value} is no finite number")
    return AvroInvalid(place, f"the default {value!r} is no {kind}")
