"""The single changes that lead from an older schema to a newer one, each so that it can be made alone.

A change is either said of one definition (a record, enum or fixed, wherever it is used) or of the place that holds a
type (a field, the items of an array). `put` makes it: it replaces one node of the older schema's graph. A change
without `put` alters nothing that reading looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

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
from schemas.pairing import Branch, Branches, Named, Path, pair_branches, pair_fields

Documents = Mapping[str, Mapping[str, Any]]
_FIELD_KINDS = {"doc": "doc", "label": "label", "unit": "unit", "class": "class", "order": "order"}
_FIELD_WORDS = frozenset({"name", "type", "default", "aliases"})
_TYPE_WORDS = frozenset({
    "type", "name", "namespace", "aliases", "fields", "symbols", "size", "default", "logicalType", "precision", "scale",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Put:
    """Instead of `node` of the older schema stands `new`; `node` None means the schema as a whole."""

    node: AvroType | None
    new: AvroType


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `path` is a JSON pointer into the new schema, or the old one for what is gone.

    `place` says the same in field names (`edges[].share`); `old` and `new` are values of JSON.
    """

    kind: str
    path: Path
    place: str
    old: Any
    new: Any
    put: Put | None = None


Slot = Callable[[AvroType], Put]


def list_changes(new: AvroType, old: AvroType, *, new_documents: Documents, old_documents: Documents) -> list[Change]:
    """Every change from `old` to `new`; the documents are those of the named types, by full name."""
    walk = _Walk(new_documents, old_documents)
    return list(walk.types(new, old, ((), ()), place="", slot=lambda avro: Put(None, avro)))


class _Walk:
    """Goes through both schemas at once, each pair of types once. `at` is the path in the new and in the old one."""

    def __init__(self, new_documents: Documents, old_documents: Documents) -> None:
        self.documents = (new_documents, old_documents)
        self.seen: set[tuple[int, int]] = set()

    def types(self, new: AvroType, old: AvroType, at: tuple[Path, Path], *, place: str, slot: Slot) -> Iterator[Change]:
        branches = pair_branches(new, old)
        yield from _branch_changes(branches, new, old, at=at, place=place, slot=slot)
        for one, other in branches.pairs:
            inner = (at[0] + one.suffix, at[1] + other.suffix)
            if type(one.type) is not type(other.type) or type_name(one.type) != type_name(other.type):
                changed = slot(_with_branch(old, other.type, one.type))
                yield Change("type-changed", inner[0], place, type_name(other.type), type_name(one.type), changed)
            elif (id(one.type), id(other.type)) not in self.seen:
                self.seen.add((id(one.type), id(other.type)))
                yield from self.pair(one.type, other.type, inner, place)

    def pair(self, new: AvroType, old: AvroType, at: tuple[Path, Path], place: str) -> Iterator[Change]:
        if isinstance(new, Named) and isinstance(old, Named):
            yield from _names(new, old, at[0], place)
            yield from self.attributes(new, old, at[0], place)
        match new, old:
            case (Primitive(), Primitive()) | (Fixed(), Fixed()):
                yield from _logical(new, old, at[0], place)
            case Enum(), Enum():
                yield from _symbols(new, old, at[0], place)
            case Array(), Array():
                inner = ((*at[0], "items"), (*at[1], "items"))
                slot: Slot = lambda avro: Put(old, Array(avro))  # noqa: E731
                yield from self.types(new.items, old.items, inner, place=f"{place}[]", slot=slot)
            case Map(), Map():
                inner = ((*at[0], "values"), (*at[1], "values"))
                slot = lambda avro: Put(old, Map(avro))  # noqa: E731
                yield from self.types(new.values, old.values, inner, place=f"{place}{{}}", slot=slot)
            case Record(), Record():
                yield from self.fields(new, old, at, place)

    def attributes(self, new: Named, old: Named, path: Path, place: str) -> Iterator[Change]:
        now, before = self.documents[0].get(new.name, {}), self.documents[1].get(old.name, {})
        yield from _attributes(now, before, path, place=place, words=_TYPE_WORDS)

    def fields(self, new: Record, old: Record, at: tuple[Path, Path], place: str) -> Iterator[Change]:
        new_at, old_at = _indexes(new, at[0]), _indexes(old, at[1])
        pairs = pair_fields(new, old)
        yield from _fields_alone(new, old, pairs, at=(new_at, old_at), place=place)
        if [id(other) for _, other in pairs] != [id(one) for one in old.fields if _is_paired(one, pairs)]:
            names = [other.name for _, other in pairs]
            yield Change("fields-reordered", at[0], place, sorted(names, key=_names_of(old).index), names)
        for one, other in pairs:
            where, name = (new_at[id(one)], old_at[id(other)]), _inside(place, one.name)
            yield from _field(one, other, old, path=where[0], place=name)
            inner = ((*where[0], "type"), (*where[1], "type"))
            slot = _field_slot(old, other)
            yield from self.types(one.type, other.type, inner, place=name, slot=slot)


def _branch_changes(
    branches: Branches, new: AvroType, old: AvroType, *, at: tuple[Path, Path], place: str, slot: Slot
) -> Iterator[Change]:
    """What a union gains and loses, and another order of what stays."""
    before = old.branches if isinstance(old, Union) else (old,)
    for one in branches.added:
        more = slot(Union((*before, one.type)))
        yield Change("branch-added", at[0] + one.suffix, place, None, _title(one.type), more)
    for one in branches.removed:
        rest = tuple(other for other in before if other is not one.type)
        less = slot(rest[0] if len(rest) == 1 and not isinstance(new, Union) else Union(rest))
        yield Change("branch-removed", at[1] + one.suffix, place, _title(one.type), None, less)
    stay = sorted(branches.pairs, key=lambda pair: pair[0].suffix)
    if [_step(other) for _, other in stay] != sorted(_step(other) for _, other in stay):
        now = new.branches if isinstance(new, Union) else (new,)
        titles = [_title(one) for one in before], [_title(one) for one in now]
        yield Change("branches-reordered", at[0], place, titles[0], titles[1])


def _step(branch: Branch) -> int:
    return int(branch.suffix[0]) if branch.suffix else 0


def _with_branch(old: AvroType, other: AvroType, one: AvroType) -> AvroType:
    """The type `old` with `one` in the place of its branch `other`."""
    if not isinstance(old, Union):
        return one
    return Union(tuple(one if branch is other else branch for branch in old.branches))


def _names(new: Named, old: Named, path: Path, place: str) -> Iterator[Change]:
    """Another name, namespace, aliases or size of a definition."""
    if short_name(new.name) != short_name(old.name):
        renamed = _defined(old, name=new.name, aliases=new.aliases)
        yield Change("type-renamed", (*path, "name"), place, old.name, new.name, Put(old, renamed))
        return
    if new.name != old.name:
        yield Change("namespace-changed", (*path, "name"), place, old.name, new.name, Put(old, _defined(old, new.name)))
    if set(new.aliases) != set(old.aliases):
        other = _defined(old, aliases=new.aliases)
        yield Change("aliases-changed", path, place, list(old.aliases), list(new.aliases), Put(old, other))


def _defined(old: Named, name: str | None = None, aliases: tuple[str, ...] | None = None) -> Named:
    aliases = old.aliases if aliases is None else aliases
    match old:
        case Record():
            return Record(name or old.name, aliases, old.fields)
        case Enum():
            return replace(old, name=name or old.name, aliases=aliases)
        case Fixed():
            return replace(old, name=name or old.name, aliases=aliases)


def _logical(new: AvroType, old: AvroType, path: Path, place: str) -> Iterator[Change]:
    if isinstance(new, Fixed) and isinstance(old, Fixed) and new.size != old.size:
        sized = Put(old, replace(old, size=new.size))
        yield Change("size-changed", (*path, "size"), place, old.size, new.size, sized)
    if isinstance(new, Primitive | Fixed) and isinstance(old, Primitive | Fixed) and new.logical != old.logical:
        yield Change("logical-type-changed", path, place, _logical_title(old.logical), _logical_title(new.logical))


def _logical_title(logical: Logical | None) -> str | None:
    if logical is None:
        return None
    if logical.name != "decimal":
        return logical.name
    return f"decimal({logical.precision}, {logical.scale})"


def _symbols(new: Enum, old: Enum, path: Path, place: str) -> Iterator[Change]:
    at, both = (*path, "symbols"), [one for one in old.symbols if one in new.symbols]
    added = [one for one in new.symbols if one not in old.symbols]
    removed = [one for one in old.symbols if one not in new.symbols]
    if added:
        more = replace(old, symbols=(*old.symbols, *added))
        yield Change("symbols-added", at, place, None, added, Put(old, more))
    if removed:
        # the new default tells what becomes of the symbols that go
        less = replace(old, symbols=tuple(both), default=new.default)
        yield Change("symbols-removed", at, place, removed, None, Put(old, less))
    if both != [one for one in new.symbols if one in old.symbols]:
        yield Change("symbols-reordered", at, place, list(old.symbols), list(new.symbols))
    if new.default != old.default:
        default = Put(old, replace(old, default=new.default))
        yield Change("enum-default-changed", path, place, old.default, new.default, default)


def _fields_alone(
    new: Record,
    old: Record,
    pairs: list[tuple[RecordField, RecordField]],
    *,
    at: tuple[Mapping[int, Path], Mapping[int, Path]],
    place: str,
) -> Iterator[Change]:
    for one in new.fields:
        if not _is_paired(one, pairs):
            more = _with_fields(old, [*old.fields, one])
            yield Change("field-added", at[0][id(one)], _inside(place, one.name), None, one.name, more)
    for one in old.fields:
        if not _is_paired(one, pairs):
            less = _with_fields(old, [other for other in old.fields if other is not one])
            yield Change("field-removed", at[1][id(one)], _inside(place, one.name), one.name, None, less)


def _field(new: RecordField, old: RecordField, record: Record, *, path: Path, place: str) -> Iterator[Change]:
    """Another name, default or attribute of one field."""

    def put(**values: Any) -> Put:
        return _with_fields(record, [replace(old, **values) if one is old else one for one in record.fields])

    if new.name != old.name:
        renamed = put(name=new.name, aliases=new.aliases)
        yield Change("field-renamed", (*path, "name"), place, old.name, new.name, renamed)
    elif set(new.aliases) != set(old.aliases):
        aliases = put(aliases=new.aliases)
        yield Change("aliases-changed", path, place, list(old.aliases), list(new.aliases), aliases)
    if _default_of(new) != _default_of(old):
        kind = _kind_of_change(new.default is not NO_DEFAULT, old.default is not NO_DEFAULT)
        before, now = (None if one.default is NO_DEFAULT else one.default for one in (old, new))
        yield Change(f"default-{kind}", path, place, before, now, put(default=new.default))
    yield from _attributes(new.document, old.document, path, place=place, words=_FIELD_WORDS)


def _attributes(
    new: Mapping[str, Any], old: Mapping[str, Any], path: Path, *, place: str, words: frozenset[str]
) -> Iterator[Change]:
    """Attributes that reading does not look at."""
    for name in dict.fromkeys([*old, *new]):
        before, now = old.get(name), new.get(name)
        if name in words or _json(before) == _json(now):
            continue
        kind = _FIELD_KINDS.get(name)
        if kind is None:
            yield Change("attribute-changed", path, place, {name: before}, {name: now})
        else:
            yield Change(f"{kind}-changed", path, place, before, now)


def _json(value: Any) -> tuple[str, Any]:
    """Python takes 1, 1.0 and true for equal; JSON does not."""
    return type(value).__name__, value


def _default_of(field: RecordField) -> tuple[str, Any]:
    return _json(field.default)


def _kind_of_change(now: bool, before: bool) -> str:
    return "changed" if now and before else "added" if now else "removed"


def _field_slot(record: Record, field: RecordField) -> Slot:
    def put(avro: AvroType) -> Put:
        return _with_fields(record, [replace(one, type=avro) if one is field else one for one in record.fields])

    return put


def _with_fields(record: Record, fields: list[RecordField]) -> Put:
    return Put(record, Record(record.name, record.aliases, fields))


def _is_paired(field: RecordField, pairs: list[tuple[RecordField, RecordField]]) -> bool:
    return any(field is one or field is other for one, other in pairs)


def _indexes(record: Record, path: Path) -> dict[int, Path]:
    return {id(one): (*path, "fields", str(index)) for index, one in enumerate(record.fields)}


def _names_of(record: Record) -> list[str]:
    return [one.name for one in record.fields]


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _title(avro: AvroType) -> str:
    return avro.name if isinstance(avro, Named) else type_name(avro)
