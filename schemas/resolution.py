"""Readers for bytes of an older schema as the newer one sees them (specification 1.12, "Schema Resolution").

Names are compared without namespace; the aliases of the reader count. Where the specification leaves a
choice, the value decides: a symbol or branch the reader lacks is an error of that event, not of the schema.
"""

from __future__ import annotations

from typing import Any

from schemas.binary import undecodable
from schemas.defaults import encode_default
from schemas.errors import AvroInvalid
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
    short_name,
    type_name,
)
from schemas.reading import (
    Broken,
    Read,
    Readers,
    array_reader,
    enum_reader,
    explain,
    indexed_reader,
    map_reader,
    takes_no_bytes,
    within,
)

PROMOTIONS: dict[str, frozenset[str]] = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}


def same_name(writer: Record | Enum | Fixed, reader: Record | Enum | Fixed) -> bool:
    """Whether the two have one short name, or an alias of the reader is the writer's full name."""
    return short_name(writer.name) == short_name(reader.name) or writer.name in reader.aliases


class Resolution:
    """Compiles readers of one writer's bytes into another reader's values."""

    def __init__(self) -> None:
        self.plain = Readers()
        self._compiled: dict[tuple[int, int], Read] = {}

    def reader(self, writer: AvroType, reader: AvroType, place: str) -> Read:
        """Reads bytes of `writer` as values of `reader`; raises `AvroInvalid` where that can never be."""
        known = self._compiled.get((id(writer), id(reader)))
        return known or self._compile(writer, reader, place)

    def _compile(self, writer: AvroType, reader: AvroType, place: str) -> Read:
        if isinstance(writer, Union):
            return indexed_reader([self._or_refusal(one, reader, place) for one in writer.branches])
        if isinstance(reader, Union):
            return self._branch(writer, reader, place)
        match writer, reader:
            case Primitive(), Primitive():
                return self._primitive(writer, reader, place)
            case Record(), Record() if same_name(writer, reader):
                return self._record(writer, reader, place)
            case Enum(), Enum() if same_name(writer, reader):
                known = tuple(one if one in reader.symbols else reader.default for one in writer.symbols)
                return enum_reader(known)
            case Fixed(), Fixed() if same_name(writer, reader) and writer.size == reader.size:
                return self._rescaled(self.plain.reader(writer), writer.logical, reader.logical, place)
            case Array(), Array():
                items = self.reader(writer.items, reader.items, f"{place}[]")
                return array_reader(items, empty_items=takes_no_bytes(writer.items))
            case Map(), Map():
                return map_reader(self.reader(writer.values, reader.values, f"{place}{{}}"))
        raise AvroInvalid(place, f"{_title(writer)} cannot be read as {_title(reader)}")

    def _or_refusal(self, writer: AvroType, reader: AvroType, place: str) -> Read:
        try:
            return self.reader(writer, reader, place)
        except AvroInvalid as error:
            message = str(error)

        def refuse(data: bytes, at: int) -> tuple[Any, int]:
            raise undecodable(message)

        return refuse

    def _branch(self, writer: AvroType, reader: Union, place: str) -> Read:
        exact = [one for one in reader.branches if _same(writer, one)]
        for one in [*exact, *reader.branches]:
            try:
                return self.reader(writer, one, place)
            except AvroInvalid:
                continue
        raise AvroInvalid(place, f"{_title(writer)} fits no branch of the reader's union")

    def _primitive(self, writer: Primitive, reader: Primitive, place: str) -> Read:
        if writer.type == reader.type:
            return self._rescaled(self.plain.reader(writer), writer.logical, reader.logical, place)
        if reader.type not in PROMOTIONS.get(writer.type, ()):
            raise AvroInvalid(place, f"{writer.type} cannot be read as {reader.type}")
        return _promoted(self.plain.reader(writer), reader)

    def _rescaled(self, read: Read, writer: Logical | None, reader: Logical | None, place: str) -> Read:
        decimals = [one for one in (writer, reader) if one is not None and one.name == "decimal"]
        if not decimals or (writer is not None and reader is not None and _as_exact(writer, reader)):
            return read if len(decimals) != 2 else _scaled_up(read, decimals[1].scale - decimals[0].scale)
        raise AvroInvalid(place, "the decimals differ: the reader's may only have more digits")

    def _record(self, writer: Record, reader: Record, place: str) -> Read:
        steps: list[tuple[str, str | None, Read]] = []
        defaults: list[tuple[str, bytes, Read]] = []
        read = _record_reader(steps, defaults)
        self._compiled[id(writer), id(reader)] = read
        try:
            taken = self._steps(writer, reader, place, steps)
            for field in reader.fields:
                if field.name not in taken:
                    defaults.append(self._default(field, place))
        except AvroInvalid:
            del self._compiled[id(writer), id(reader)]
            raise
        return read

    def _steps(self, writer: Record, reader: Record, place: str, steps: list[tuple[str, str | None, Read]]) -> set[str]:
        """Fills `steps` in the writer's order; the names of the reader's fields that were found."""
        taken: set[str] = set()
        for field in writer.fields:
            target = _target(field.name, reader, taken)
            if target is None:
                steps.append((field.name, None, self.plain.reader(field.type)))
                continue
            taken.add(target.name)
            steps.append((field.name, target.name, self.reader(field.type, target.type, f"{place}.{target.name}")))
        return taken

    def _default(self, field: RecordField, place: str) -> tuple[str, bytes, Read]:
        if field.default is NO_DEFAULT:
            raise AvroInvalid(f"{place}.{field.name}", "the older schema lacks the field, and it has no default")
        data = encode_default(field.type, field.default, f"{place}.{field.name}")
        return field.name, data, self.plain.reader(field.type)


def _record_reader(steps: list[tuple[str, str | None, Read]], defaults: list[tuple[str, bytes, Read]]) -> Read:
    def read_record(data: bytes, at: int) -> tuple[Any, int]:
        found: dict[str, Any] = {}
        name = ""
        try:
            for name, target, read in steps:  # noqa: B007 - the handler names the field that broke
                value, at = read(data, at)
                if target is not None:
                    found[target] = value
        except Broken as error:
            raise within(name, error) from error
        except Exception as error:
            raise Broken((name,), explain(error)) from error
        for missing, default, read in defaults:
            found[missing] = read(default, 0)[0]
        return found, at

    return read_record


def _target(name: str, reader: Record, taken: set[str]) -> RecordField | None:
    """The reader's field for the writer's field `name`: by its name, else by an alias."""
    by_name = next((one for one in reader.fields if one.name == name), None)
    found = by_name or next((one for one in reader.fields if name in one.aliases), None)
    return None if found is None or found.name in taken else found


def _promoted(read: Read, reader: Primitive) -> Read:
    convert: Any = {"bytes": str.encode, "string": bytes.decode, "long": int}.get(reader.type, float)

    def read_promoted(data: bytes, at: int) -> tuple[Any, int]:
        value, at = read(data, at)
        return convert(value), at

    return read_promoted


def _as_exact(writer: Logical, reader: Logical) -> bool:
    """Whether every decimal of the writer is one of the reader."""
    more_scale = reader.scale - writer.scale
    return writer.name == reader.name and more_scale >= 0 and reader.precision - writer.precision >= more_scale


def _scaled_up(read: Read, digits: int) -> Read:
    if digits == 0:
        return read
    factor = 10**digits

    def read_scaled(data: bytes, at: int) -> tuple[Any, int]:
        unscaled, at = read(data, at)
        return unscaled * factor, at

    return read_scaled


def _same(writer: AvroType, reader: AvroType) -> bool:
    if isinstance(writer, Record | Enum | Fixed) and isinstance(reader, Record | Enum | Fixed):
        return type(writer) is type(reader) and writer.name == reader.name
    return type_name(writer) == type_name(reader)


def _title(avro: AvroType) -> str:
    return f"{type_name(avro)} {avro.name}" if isinstance(avro, Record | Enum | Fixed) else type_name(avro)
