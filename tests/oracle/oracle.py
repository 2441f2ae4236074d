"""What a registry must say, worked out slowly and obviously from docs/architecture.md, "Fold".

Nothing is kept between questions: every answer starts again from the list of accepted entries. It shares
no code with `consumers`; the definition (`schemas.definition`) is the contract both read.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from schemas.definition import Definition
from schemas.times import OPEN
from tests.workload import Told

ACTIVE, CEASED, ABSORBED = 0, 1, 2
DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted event and its gapless number."""

    number: int
    told: Told
    claimant: str
    target: int | None = None  # the number of the entry it corrects or retracts


@dataclass(frozen=True, slots=True)
class Effect:
    """What one original does to one key, in the words of the table in the architecture."""

    operation: str
    valid_from: int
    valid_to: int
    number: int
    successors: tuple[str, ...] = ()
    fields: Any = None


@dataclass(frozen=True, slots=True)
class State:
    """The state of a key; `body` is kept underneath where it is not active."""

    state: int
    body: dict[str, Any] | None
    successors: tuple[str, ...]
    entry: int


@dataclass(frozen=True, slots=True)
class Interval:
    """One state and the time during which it is valid."""

    key: str
    claimant: str
    valid_from: int
    valid_to: int
    state: State


@dataclass(frozen=True, slots=True)
class Version:
    """An interval and the entries between which it was believed."""

    interval: Interval
    recorded_from: int
    recorded_to: int


@dataclass(frozen=True, slots=True)
class Edge:
    """One line of descent, to nobody where `to_key` is None."""

    from_key: str
    to_key: str | None
    kind: str
    valid_from: int
    entry: int


class Oracle:
    """The registry of `definition`, told events one after the other in the order of the log."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.entries: list[Entry] = []

    # acceptance

    def hear(self, told: Told) -> str | None:
        """Accept `told`, or say why not: a dead-letter reason or `DUPLICATE`."""
        for entry in self.entries:
            if (entry.told.source, entry.told.id) == (told.source, told.id):
                return DUPLICATE if entry.told == told else "id-reused"
        claimant, number = self._claimant(told), len(self.entries) + 1
        if told.corrects is None:
            self.entries.append(Entry(number, told, claimant))
            return None
        target = self._entry_of(told.source, told.corrects)
        if target is None:
            return "corrects-unknown"
        if (target.told.key, target.claimant) != (told.key, claimant):
            return "corrects-other-key"
        self.entries.append(Entry(number, told, claimant, target.number))
        return None

    def _claimant(self, told: Told) -> str:
        decides = self.definition.decides(told.source, told.type, told.valid_from)
        return "" if decides else told.source.split(";")[0]

    def _entry_of(self, source: str, event_id: str) -> Entry | None:
        named = [one for one in reversed(self.entries) if one.told.id == event_id]
        for entry in named:
            if entry.told.source == source:
                return entry
        for entry in named:
            if entry.told.source.split(";")[0] == source.split(";")[0]:
                return entry
        return None

    # which events count

    def _is_live(self, entry: Entry, as_of: int) -> bool:
        for other in self.entries[:as_of]:
            retracts = other.told.correction == "retracted" and other.target == entry.number
            if retracts and self._is_live(other, as_of):
                return False
        return True

    def _original_of(self, entry: Entry) -> Entry:
        while entry.target is not None:
            entry = self.entries[entry.target - 1]
        return entry

    def _content(self, original: Entry, as_of: int) -> Told:
        content = original.told
        for other in self.entries[:as_of]:
            corrects = other.told.correction == "corrected" and self._original_of(other) == original
            if corrects and self._is_live(other, as_of):
                content = other.told
        return content

    def _live_originals(self, as_of: int) -> Iterator[tuple[Entry, Told]]:
        for entry in self.entries[:as_of]:
            if entry.told.correction == "changed" and self._is_live(entry, as_of):
                yield entry, self._content(entry, as_of)

    # what they do

    def _effects(self, told: Told, number: int) -> Iterator[tuple[str, Effect]]:
        rule = self.definition.events[told.type]
        effect = Effect(rule.operation, told.valid_from, told.valid_to, number, fields=told.fields)
        if rule.operation in ("put", "append", "patch"):
            yield told.key, effect
        elif rule.operation in ("retire", "split"):
            successors = told.fields[rule.successors] if rule.successors else ()
            yield told.key, replace(effect, operation="cease", successors=tuple(successors or ()))
        elif rule.operation in ("merge", "separate"):
            for absorbed in told.fields[str(rule.absorbed)]:
                yield absorbed, replace(effect, successors=(told.fields[str(rule.survivor)],))
        else:
            yield from self._reorganised(told, effect)

    def _reorganised(self, told: Told, effect: Effect) -> Iterator[tuple[str, Effect]]:
        edges = told.fields[str(self.definition.events[told.type].edges)]
        for key in dict.fromkeys(edge["from"] for edge in edges):
            ends = [edge["to"] for edge in edges if edge["from"] == key]
            if key not in ends:
                yield key, replace(effect, operation="cease", successors=tuple(end for end in ends if end is not None))

    def _effects_on(self, key: str, claimant: str, as_of: int) -> list[Effect]:
        found = []
        for entry, content in self._live_originals(as_of):
            if entry.claimant == claimant:
                found += [effect for one, effect in self._effects(content, entry.number) if one == key]
        return sorted(found, key=lambda effect: (effect.valid_from, effect.number))

    def _after(self, before: State | None, effect: Effect, key: str) -> State | None:
        if effect.operation in ("put", "append"):
            return State(ACTIVE, self._body(key, effect.fields), (), effect.number)
        if effect.operation == "patch":
            if before is None or before.body is None:
                return before
            news = self._body(key, effect.fields)
            body = before.body | {name: news[name] for name in effect.fields["changed"]}
            return replace(before, body=body, entry=effect.number)
        underneath = before.body if before else None
        if effect.operation == "cease":
            return State(CEASED, underneath, effect.successors, effect.number)
        if effect.operation == "merge":
            return State(ABSORBED, underneath, effect.successors, effect.number)
        if before is None or before.state != ABSORBED:
            return before
        return State(ACTIVE, underneath, (), effect.number)

    def _body(self, key: str, fields: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"key": key}
        for name, field in self.definition.record.items():
            body[name] = public_value(field.kind, fields.get(name))
        return body

    # the questions

    def keys(self) -> list[tuple[str, str]]:
        """Every key ever touched, with the claimant who touched it."""
        found: dict[tuple[str, str], None] = {}
        for entry in self.entries:
            for key, _ in self._effects(entry.told, entry.number):
                found[(key, entry.claimant)] = None
        return list(found)

    def versions(self, key: str, *, as_of: int, claimant: str = "") -> list[Interval]:
        """The states of `key` as believed after entry `as_of`, in the order of their validity."""
        effects = self._effects_on(key, claimant, as_of)
        bounds = sorted({effect.valid_from for effect in effects} | {effect.valid_to for effect in effects} | {OPEN})
        intervals = []
        for start, end in pairwise(bounds):
            state = None
            for effect in effects:
                if effect.valid_from <= start < effect.valid_to:
                    state = self._after(state, effect, key)
            if state is not None:
                intervals.append(Interval(key, claimant, start, end, state))
        return intervals

    def state(self, key: str, *, valid_at: int, as_of: int) -> State | None:
        """The state of `key` at `valid_at` as believed after entry `as_of`."""
        for interval in self.versions(key, as_of=as_of):
            if interval.valid_from <= valid_at < interval.valid_to:
                return interval.state
        return None

    def successors(self, key: str, *, valid_at: int, as_of: int) -> tuple[str, ...]:
        """Where the reader of `key` is sent on to."""
        state = self.state(key, valid_at=valid_at, as_of=as_of)
        return state.successors if state else ()

    def current(self, instant: int) -> dict[str, dict[str, Any]]:
        """The bodies of the records active at `instant`, by key, as believed now."""
        found = {}
        for key, claimant in self.keys():
            state = self.state(key, valid_at=instant, as_of=len(self.entries))
            if claimant == "" and state is not None and state.state == ACTIVE and state.body is not None:
                found[key] = state.body
        return found

    def claims(self, *, as_of: int) -> list[Interval]:
        """What sources without authority say."""
        return [
            interval
            for key, claimant in self.keys()
            if claimant
            for interval in self.versions(key, as_of=as_of, claimant=claimant)
        ]

    def lineage(self, *, as_of: int) -> list[Edge]:
        """From which record another came, as believed after entry `as_of`."""
        found = []
        for entry, content in self._live_originals(as_of):
            if entry.claimant == "":
                found += list(self._edges(content, entry.number))
        return found

    def _edges(self, told: Told, number: int) -> Iterator[Edge]:
        rule = self.definition.events[told.type]
        if rule.operation == "reorganise":
            pairs = [(edge["from"], edge["to"]) for edge in told.fields[str(rule.edges)]]
        elif rule.operation == "merge":
            pairs = [(one, told.fields[str(rule.survivor)]) for one in told.fields[str(rule.absorbed)]]
        elif rule.operation in ("retire", "split") and rule.successors:
            pairs = [(told.key, one) for one in told.fields[rule.successors] or ()]
        else:
            pairs = []
        for start, end in pairs:
            yield Edge(start, end, rule.operation, told.valid_from, number)

    def history(self) -> list[Version]:
        """Every interval ever believed, with the entries that made and unmade it."""
        known: dict[str, Version] = {}
        closed: list[Version] = []
        for number in range(1, len(self.entries) + 1):
            believed = {
                repr(one): one for key, who in self.keys() for one in self.versions(key, as_of=number, claimant=who)
            }
            for name in [one for one in known if one not in believed]:
                closed.append(replace(known.pop(name), recorded_to=number))
            for name, interval in believed.items():
                known.setdefault(name, Version(interval, number, OPEN))
        return closed + list(known.values())

    def _believed(self, as_of: int) -> Iterator[Interval]:
        for key, claimant in self.keys():
            yield from self.versions(key, as_of=as_of, claimant=claimant)


def public_value(kind: str, value: Any) -> Any:
    """`value` as the JSON of a record shows it."""
    if value is None:
        return None
    if kind == "decimal":
        return float(Decimal(value))
    if kind == "date":
        return value.isoformat() if isinstance(value, date) else value
    if kind == "instant":
        return _rfc3339(value)
    if kind == "time-of-day":
        return value.strftime("%H:%M:%S")
    return base64.b64encode(value).decode() if kind == "bytes" else value


def _rfc3339(moment: datetime) -> str:
    text = moment.astimezone(UTC).replace(tzinfo=None)
    if text.microsecond == 0:
        return text.isoformat(timespec="seconds") + "Z"
    whole_milliseconds = timedelta(microseconds=text.microsecond) % timedelta(milliseconds=1) == timedelta()
    return text.isoformat(timespec="milliseconds" if whole_milliseconds else "microseconds") + "Z"
