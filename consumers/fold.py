"""The fold: effects on one key become intervals of states. Pure; docs/architecture.md, "Fold", says the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from hub.registries.tables import ABSORBED, ACTIVE, CEASED
from schemas.times import OPEN

CHANGED, CORRECTED, RETRACTED = 0, 1, 2
PUT, PATCH, CEASE, ABSORB, SEPARATE = range(5)

Body = Any
PatchBody = Callable[[Body], Body]


class Change(NamedTuple):
    """What an event does to one key. `body` is a PUT's; `patch` makes a PATCH's of the one before."""

    kind: int
    body: Body = None
    patch: PatchBody | None = None
    successors: tuple[str, ...] = ()


class Effect(NamedTuple):
    """A change with its time; `number` is that of the original event, whoever corrected it since."""

    valid_from: int
    number: int
    valid_to: int
    change: Change


class State(NamedTuple):
    """A state of a key; `body` is kept underneath where it is not active. `entry` made it."""

    state: int
    body: Body
    successors: tuple[str, ...]
    entry: int


class Interval(NamedTuple):
    """A state and when it is valid."""

    valid_from: int
    valid_to: int
    state: State


class Fact(NamedTuple):
    """An accepted entry, as the fold sees it; `changes` by key, `edges` of descent."""

    number: int
    valid_from: int
    valid_to: int
    correction: int
    target: int | None
    changes: Mapping[str, Change]
    edges: Sequence[Any] = ()


def change_state(before: State | None, change: Change, number: int) -> State | None:
    """The state after `change`; None where there is nothing (yet)."""
    kind = change.kind
    if kind == PUT:
        return State(ACTIVE, change.body, (), number)
    if kind == PATCH:
        if before is None or before.body is None or change.patch is None:
            return before
        return State(before.state, change.patch(before.body), before.successors, number)
    body = before.body if before is not None else None
    if kind == CEASE:
        return State(CEASED, body, change.successors, number)
    if kind == ABSORB:
        return State(ABSORBED, body, change.successors, number)
    if before is None or before.state != ABSORBED:
        return before
    return State(ACTIVE, body, (), number)


def live_effects(facts: Mapping[int, Fact], key: str) -> list[Effect]:
    """The effects on `key` that count, in the order in which they are folded.

    `facts` holds, by number, every entry of each group (an original, its corrections and retractions).
    """
    effects = []
    for number, content in live_contents(facts).items():
        change = content.changes.get(key)
        if change is not None:
            effects.append(Effect(content.valid_from, number, content.valid_to, change))
    effects.sort(key=_order)
    return effects


_order = attrgetter("valid_from", "number")


def live_contents(facts: Mapping[int, Fact]) -> dict[int, Fact]:
    """By the number of each live original: the fact that says what it holds now."""
    retracted = _retracted(facts)
    roots: dict[int, int] = {}
    contents: dict[int, Fact] = {}
    for number in sorted(facts):
        fact = facts[number]
        if fact.target is None:
            roots[number] = number
            if number not in retracted:
                contents[number] = fact
            continue
        root = roots[number] = roots.get(fact.target, fact.target)
        if fact.correction == CORRECTED and number not in retracted and root in contents:
            contents[root] = fact
    return contents


def _retracted(facts: Mapping[int, Fact]) -> set[int]:
    """What live retractions name. A retraction names an earlier entry, so the last ones are decided first."""
    retracted: set[int] = set()
    for number in sorted(facts, reverse=True):
        fact = facts[number]
        if fact.correction == RETRACTED and number not in retracted and fact.target is not None:
            retracted.add(fact.target)
    return retracted


def fold(effects: Sequence[Effect], base: State | None = None, start: int = -OPEN) -> list[Interval]:
    """The intervals from `start` on, where `base` holds until the first effect.

    Effects are sorted and none begins before `start`; those before it are in `base`, and none of them ends.
    """
    if all(effect.valid_to == OPEN for effect in effects):
        return _fold_open(effects, base, start)
    return _fold_ending(effects, base, start)


def _fold_open(effects: Iterable[Effect], base: State | None, start: int) -> list[Interval]:
    """Nothing ends: one pass."""
    intervals: list[Interval] = []
    state, since = base, start
    for effect in effects:
        if effect.valid_from > since:
            if state is not None:
                intervals.append(Interval(since, effect.valid_from, state))
            since = effect.valid_from
        state = change_state(state, effect.change, effect.number)
    if state is not None:
        intervals.append(Interval(since, OPEN, state))
    return intervals


def _fold_ending(effects: Sequence[Effect], base: State | None, start: int) -> list[Interval]:
    """Between two boundaries those effects count that hold there."""
    bounds = {start, OPEN}
    for effect in effects:
        bounds.add(effect.valid_from)
        bounds.add(effect.valid_to)
    intervals: list[Interval] = []
    held: list[Effect] = []
    coming = 0
    for since, until in pairwise(sorted(bounds)):
        held = [effect for effect in held if effect.valid_to > since]
        while coming < len(effects) and effects[coming].valid_from <= since:
            held.append(effects[coming])
            coming += 1
        state = base
        for effect in held:
            state = change_state(state, effect.change, effect.number)
        if state is not None:
            intervals.append(Interval(since, until, state))
    return intervals


def last_boundary(effects: Iterable[Effect], start: int = -OPEN) -> int:
    """The last moment at which an effect begins or ends."""
    bound = start
    for effect in effects:
        bound = max(bound, effect.valid_from, effect.valid_to if effect.valid_to != OPEN else bound)
    return bound
