"""Writers compiled from Avro types: every value is checked, and what does not fit is refused with its field.

Taken are the values a programmer has at hand: `datetime.date`, aware `datetime`, `datetime.time`, `Decimal`
or `int` for decimals (never float), `UUID` or its text, `str`, `int`, `float`, `bool`, `bytes`, lists, dicts.
Text is written in NFC. Refused, for no registry can keep it: text with U+0000, numbers that are not finite.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.binary import long_bytes
from schemas.defaults import encode_default
from schemas.model import (
    NO_DEFAULT,
    Array,
    AvroType,
    Enum,
    Fixed,
    Map,
    Primitive,
    Record,
    RecordField,
    Union,
    type_name,
)
from schemas.value_writing import Unfit, Write, fixed_writer, primitive_writer, write_string, wrong


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
                return primitive_writer(avro)
            case Fixed():
                return fixed_writer(avro)
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
            raise wrong(value, f"a mapping with the fields of {title}")
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
            raise wrong(value, "a list")
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
            raise wrong(value, "a mapping")
        if value:
            out += long_bytes(len(value))
            for name, one in value.items():
                try:
                    write_string(out, name)
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
        raise wrong(value, f"a value of one of {names}")

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
