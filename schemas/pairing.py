"""Which field and which branch of a newer schema is which of an older one.

As in `schemas.compatibility`: fields by name, then by alias; named types by short name or alias. Here an alias of
either side joins the two, for data goes both ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.model import AvroType, Enum, Fixed, Record, RecordField, Union, type_name
from schemas.resolution import PROMOTIONS, same_name

Path = tuple[str, ...]
Named = Record | Enum | Fixed


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a union, or a type that is none; `suffix` is the step to it in a JSON pointer."""

    type: AvroType
    suffix: Path


@dataclass(frozen=True, slots=True)
class Branches:
    """The pairs (new, old), and what one side has alone."""

    pairs: Sequence[tuple[Branch, Branch]]
    added: Sequence[Branch]
    removed: Sequence[Branch]


def pair_fields(new: Record, old: Record) -> list[tuple[RecordField, RecordField]]:
    """Each field of `new` with the one of `old` that is the same; each is used once, names go before aliases."""
    pairs = {id(one): (one, other) for one in new.fields for other in old.fields if one.name == other.name}
    taken = {id(other) for _, other in pairs.values()}
    for one in new.fields:
        found = next((other for other in old.fields if id(other) not in taken and _is_alias(one, other)), None)
        if id(one) not in pairs and found is not None:
            pairs[id(one)] = (one, found)
            taken.add(id(found))
    return [pairs[id(one)] for one in new.fields if id(one) in pairs]


def pair_branches(new: AvroType, old: AvroType) -> Branches:
    """The branches of two types that stand in one place; the nearest relatives are paired first."""
    added, removed = _branches(new), _branches(old)
    pairs: list[tuple[Branch, Branch]] = []
    for is_pair in (_is_equal, _is_namesake, _is_promoted):
        for one in list(added):
            other = next((other for other in removed if is_pair(one.type, other.type)), None)
            if other is not None:
                pairs.append((one, other))
                added.remove(one)
                removed.remove(other)
    if len(added) == len(removed) == 1:
        pairs.append((added.pop(), removed.pop()))
    return Branches(pairs, added, removed)


def is_promoted(new: AvroType, old: AvroType) -> bool:
    """Whether one of two primitive types can be read as the other."""
    left, right = type_name(new), type_name(old)
    return left == right or left in PROMOTIONS.get(right, ()) or right in PROMOTIONS.get(left, ())


def _branches(avro: AvroType) -> list[Branch]:
    if isinstance(avro, Union):
        return [Branch(one, (str(index),)) for index, one in enumerate(avro.branches)]
    return [Branch(avro, ())]


def _is_alias(one: RecordField, other: RecordField) -> bool:
    return other.name in one.aliases or one.name in other.aliases


def _is_equal(new: AvroType, old: AvroType) -> bool:
    if isinstance(new, Named) and isinstance(old, Named):
        return type(new) is type(old) and new.name == old.name
    return type_name(new) == type_name(old)


def _is_namesake(new: AvroType, old: AvroType) -> bool:
    if isinstance(new, Named) and isinstance(old, Named):
        return type(new) is type(old) and (same_name(new, old) or same_name(old, new))
    return False


def _is_promoted(new: AvroType, old: AvroType) -> bool:
    return is_promoted(new, old) and not isinstance(new, Named)
