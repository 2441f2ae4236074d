"""How two versions of a schema differ in the classes of their fields.

Fields are followed into records, through arrays, maps and unions alike, and across renames: a field and an older
one are the same where they have one name, or an alias of either is the name of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.avro import RecordSchema, record_type
from schemas.model import Record, RecordField
from schemas.ranks import CLASSES, OPEN, RANK, own_class, rank_of, records_in, strictest

__all__ = [
    "CLASSES", "CLASS_LOWERED", "OPEN", "RANK", "ClassChange", "class_changes", "find_field_class", "lowered_classes",
    "rank_of", "records_in", "strictest",
]  # fmt: skip

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
    fields, classes = _fields_of([record_type(schema)], None), []
    for name in path.split("."):
        found = [one for one in fields if one.field.name == name]
        if not found:
            return False, None
        classes += [one.classification for one in found]
        fields = [inner for one in found for inner in one.within()]
    return True, strictest(classes)


@dataclass(frozen=True, slots=True)
class _Classed:
    """A field and its class: its own, or that of the field around it."""

    field: RecordField
    classification: str | None

    def within(self) -> list[_Classed]:
        return _fields_of(records_in(self.field.type), self.classification)


def _fields_of(records: Iterable[Record], around: str | None) -> list[_Classed]:
    return [_Classed(field, own_class(field) or around) for record in records for field in record.fields]


def _changes(pairs: Mapping[str, tuple[str | None, str | None]]) -> list[ClassChange]:
    return [ClassChange(path, old, new) for path, (new, old) in pairs.items() if new != old]


def _class_pairs(new: Record, old: Record) -> dict[str, tuple[str | None, str | None]]:
    """Path in `new` -> the classes there and in `old`, for the fields that both have."""
    found: dict[str, tuple[str | None, str | None]] = {}
    _pair_fields(_fields_of([new], None), _fields_of([old], None), "", seen=set(), found=found)
    return found


def _pair_fields(
    new: Sequence[_Classed],
    old: Sequence[_Classed],
    prefix: str,
    *,
    seen: set[tuple[int, ...]],
    found: dict[str, tuple[str | None, str | None]],
) -> None:
    pair = (*(id(one.field) for one in new), 0, *(id(one.field) for one in old))
    if pair in seen:
        return
    seen.add(pair)
    for one in new:
        same = [other for other in old if _is_same(one.field, other.field)]
        if same:
            path = f"{prefix}{one.field.name}"
            _add_pair(found, path, (one.classification, strictest(other.classification for other in same)))
            within = [inner for other in same for inner in other.within()]
            _pair_fields(one.within(), within, f"{path}.", seen=seen, found=found)


def _add_pair(found: dict[str, tuple[str | None, str | None]], path: str, pair: tuple[str | None, str | None]) -> None:
    """Two records of a union may have fields of one name: the less strict new class counts, the stricter old one."""
    new, old = found.get(path, pair)
    found[path] = (min(new, pair[0], key=rank_of), strictest((old, pair[1])))


def _is_same(new: RecordField, old: RecordField) -> bool:
    return new.name == old.name or old.name in new.aliases or new.name in old.aliases
