"""The classes of fields, from what anyone may read to what is sensitive, and the class of one field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from schemas.model import Array, AvroType, Map, Record, RecordField, Union

OPEN = "open"
CLASSES = (OPEN, "shared", "restricted", "personal", "sensitive")
RANK: Mapping[str, int] = {name: rank for rank, name in enumerate(CLASSES)}


def rank_of(classification: str | None) -> int:
    """How strict a class is; what has no known class is shown to nobody and so is the strictest."""
    return RANK.get(classification or "", len(CLASSES))


def strictest(classifications: Iterable[str | None]) -> str | None:
    """The strictest of some classes."""
    return max(classifications, key=rank_of)


def own_class(field: RecordField) -> str | None:
    """The class a field gives itself."""
    found = field.document.get("class")
    return found if isinstance(found, str) else None


def class_of(field: RecordField) -> str | None:
    """The class that binds a field: the strictest of its own and those of the fields it holds.

    A field within that has no class takes that of the field around it.
    """
    within = (own_class(one) for one in _fields_in(field.type, set()))
    return strictest((own_class(field), *(one for one in within if one is not None)))


def records_in(avro: AvroType) -> Iterator[Record]:
    """The records that values of a type hold, not those within their fields."""
    match avro:
        case Record():
            yield avro
        case Array():
            yield from records_in(avro.items)
        case Map():
            yield from records_in(avro.values)
        case Union():
            for one in avro.branches:
                yield from records_in(one)


def _fields_in(avro: AvroType, seen: set[int]) -> Iterator[RecordField]:
    """Every field of the records in a type, however deep."""
    for record in records_in(avro):
        if id(record) not in seen:
            seen.add(id(record))
            for field in record.fields:
                yield field
                yield from _fields_in(field.type, seen)
