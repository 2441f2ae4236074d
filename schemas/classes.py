"""Classes of fields, from what anyone may read to what is sensitive, and how two versions of a schema differ in them.

Fields are followed into records, through arrays, maps and unions alike, and across renames: a field and an older
one are the same where they have one name, or an alias of either is the name of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.avro import RecordSchema, record_type
from schemas.model import Array, AvroType, Map, Record, RecordField, Union

OPEN = "open"
CLASSES = (OPEN, "shared", "restricted", "personal", "sensitive")
RANK: Mapping[str, int] = {name: rank for rank, name in enumerate(CLASSES)}
CLASS_LOWERED = "class-lowered"


@dataclass(frozen=True, slots=True)
class ClassChange:
    """The class of the field at `path` (`edges.share`) was `old` and is `new`; None where none is given."""

    path: str
    old: str | None
    new: str | None

    @property
    def lowered(self) -> bool:
        """Whether more may read the field than before."""
        return rank_of(self.new) < rank_of(self.old)


def rank_of(classification: str | None) -> int:
    """How strict a class is; what has no known class is shown to nobody and so is the strictest."""
    return RANK.get(classification or "", len(CLASSES))


def strictest(classifications: Iterable[str | None]) -> str | None:
    """The strictest of some classes."""
    return max(classifications, key=rank_of)


def class_changes(new: RecordSchema, old: RecordSchema) -> list[ClassChange]:
    """The fields of `new` whose class is another than in `old`; a field that is gone or new is no change."""
    return _changes(_class_pairs(record_type(new), record_type(old)))


def lowered_classes(new: RecordSchema, history: Sequence[RecordSchema]) -> list[ClassChange]:
    """The fields of `new` with a lower class than in the version that had them last; `history` is newest first.

    So a field that was removed and comes back is compared with what it was before.
    """
    record = record_type(new)
    found: dict[str, tuple[str | None, str | None]] = {}
    for version in history:
        found = _class_pairs(record, record_type(version)) | found
    return [one for one in _changes(found) if one.lowered]


def find_field_class(schema: RecordSchema, path: str) -> tuple[bool, str | None]:
    """Whether `schema` has the field at `path`, and the strictest class on the way to it."""
    records, classes = [record_type(schema)], []
    for name in path.split("."):
        fields = [field for record in records for field in record.fields if field.name == name]
        if not fields:
            return False, None
        classes += [_class_of(field) for field in fields]
        records = [record for field in fields for record in records_in(field.type)]
    return True, strictest(classes)


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


def _changes(pairs: Mapping[str, tuple[str | None, str | None]]) -> list[ClassChange]:
    return [ClassChange(path, old, new) for path, (new, old) in pairs.items() if new != old]


def _class_pairs(new: Record, old: Record) -> dict[str, tuple[str | None, str | None]]:
    """Path in `new` -> the classes there and in `old`, for the fields that both have."""
    found: dict[str, tuple[str | None, str | None]] = {}
    _pair_records([new], [old], "", seen=set(), found=found)
    return found


def _pair_records(
    new: Sequence[Record],
    old: Sequence[Record],
    prefix: str,
    *,
    seen: set[tuple[int, ...]],
    found: dict[str, tuple[str | None, str | None]],
) -> None:
    pair = (*map(id, new), 0, *map(id, old))
    if pair in seen:
        return
    seen.add(pair)
    for field in (field for record in new for field in record.fields):
        same = [one for record in old for one in record.fields if _is_same(field, one)]
        if same:
            path = f"{prefix}{field.name}"
            _add_pair(found, path, (_class_of(field), strictest(_class_of(one) for one in same)))
            within = [record for one in same for record in records_in(one.type)]
            _pair_records(list(records_in(field.type)), within, f"{path}.", seen=seen, found=found)


def _add_pair(found: dict[str, tuple[str | None, str | None]], path: str, pair: tuple[str | None, str | None]) -> None:
    """Two records of a union may have fields of one name: the less strict new class counts, the stricter old one."""
    new, old = found.get(path, pair)
    found[path] = (min(new, pair[0], key=rank_of), strictest((old, pair[1])))


def _is_same(new: RecordField, old: RecordField) -> bool:
    return new.name == old.name or old.name in new.aliases or new.name in old.aliases


def _class_of(field: RecordField) -> str | None:
    found = field.document.get("class")
    return found if isinstance(found, str) else None
