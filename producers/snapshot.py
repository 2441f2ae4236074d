"""Two successive full lists of a department's records become exactly the events between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from producers.feed import BatchQuarantined, Fact, Refusal

Records = Mapping[str, Mapping[str, Any]]
RETIRE_LIMIT = 0.2


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to `key` between two lists.

    `kind` is created (with all fields), changed (with the fields that changed, None for one that was
    emptied) or retired (with none).
    """

    kind: str
    key: str
    fields: Mapping[str, Any]

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the fields that a `changed` change sets."""
        return tuple(self.fields) if self.kind == "changed" else ()


def diff(old: Records, new: Records) -> Iterator[Change]:
    """The changes from `old` to `new`: created and changed in the order of `new`, then retired in that of `old`.

    A field that is None says the same as one that is absent.
    """
    for key, fields in new.items():
        if key not in old:
            yield Change("created", key, {name: value for name, value in fields.items() if value is not None})
        elif changed := _differences(old[key], fields):
            yield Change("changed", key, changed)
    for key in old:
        if key not in new:
            yield Change("retired", key, {})


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    names = [*new, *(name for name in old if name not in new)]
    return {name: new.get(name) for name in names if old.get(name) != new.get(name)}


def apply(changes: Iterable[Change], records: Records) -> dict[str, dict[str, Any]]:
    """`records` after `changes`; the inverse of `diff`."""
    result = {key: dict(fields) for key, fields in records.items()}
    for change in changes:
        if change.kind == "retired":
            del result[change.key]
            continue
        merged = {**result.get(change.key, {}), **change.fields}
        result[change.key] = {name: value for name, value in merged.items() if value is not None}
    return result


def check_retirements(old: Records, new: Records, *, limit: float = RETIRE_LIMIT) -> None:
    """Raises `BatchQuarantined` where more than the share `limit` of `old` is missing from `new`.

    One missing record is never too many.
    """
    missing = sum(key not in new for key in old)
    if missing > max(1.0, limit * len(old)):
        raise BatchQuarantined(
            f"{missing} of {len(old)} records known before are not in this list, more than {limit:.0%}: it may be "
            "cut short. Check it; if they all ended, set the feed's option retire_limit higher for this run"
        )


def refuse_doubles(facts: Iterable[Fact]) -> tuple[dict[str, Fact], list[Refusal]]:
    """The facts by key, and refusals of rows that give one key different contents, naming both rows.

    Rows that say exactly the same are one fact. Of rows that differ none is taken for true.
    """
    by_key: dict[str, list[Fact]] = {}
    for fact in facts:
        known = by_key.setdefault(fact.key, [])
        if not any(_say_the_same(one, fact) for one in known):
            known.append(fact)
    taken = {key: found[0] for key, found in by_key.items() if len(found) == 1}
    doubled = [found for found in by_key.values() if len(found) > 1]
    return taken, [_double(one, _other(one, found)) for found in doubled for one in found]


def _other(fact: Fact, found: list[Fact]) -> Fact:
    return found[1] if fact is found[0] else found[0]


def _say_the_same(one: Fact, other: Fact) -> bool:
    return one.event == other.event and dict(one.fields) == dict(other.fields) and one.valid_from == other.valid_from


def _double(fact: Fact, other: Fact) -> Refusal:
    message = f"the key {fact.key!r} stands also in {other.origin}, with other content"
    return Refusal(fact.origin, None, "duplicate-key", message, "keep one of the two rows, or give them different keys")
