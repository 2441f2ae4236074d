"""The change feed: what entries and the clock changed, in one order.

A position is (entry, turn): everything up to that entry and that turn has been told. Turns follow the
entry they came after; a turn that moves many records is told in parts, `key` being the last one told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from sqlalchemy import Connection, and_, func, select

from hub.registries.entries import CHANGED, CORRECTED, RETRACTED, Entry, chunks, entry_of, select_entries
from hub.registries.errors import PositionAhead, QueryInvalid
from hub.registries.live import LiveBuild
from hub.registries.pages import open_record
from hub.registries.records import Version, version_columns, version_of
from hub.registries.tables import ABSORBED, ACTIVE, moved, turns
from schemas.times import format_instant

_POSITION = re.compile(r"(\d{1,18})(?:\.(\d{1,18})(?:~(.*))?)?\Z", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Position:
    """How far the feed was told. `turn` None: whatever turns there were up to that entry."""

    entry: int
    turn: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        text = f"{self.entry}.{self.turn or 0}"
        return text if self.key is None else f"{text}~{quote(self.key, safe='')}"


class Turn(NamedTuple):
    """A moment at which the clock alone changed what is current."""

    turn: int
    instant: int
    previous_instant: int
    last_entry: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes in order, and the position after the last of them."""

    items: Sequence[dict[str, Any]]
    position: Position
    more: bool


def parse_position(text: str) -> Position:
    """The position in `<entry>`, `<entry>.<turn>` or what a feed said last; raises `QueryInvalid`."""
    match = _POSITION.match(text)
    if match is None:
        raise QueryInvalid("since", f"{text!r} is no entry number, nor what `next` said")
    entry, turn, key = match.groups()
    return Position(int(entry), None if turn is None else int(turn), None if key is None else unquote(key))


def list_changes(connection: Connection, live: LiveBuild, since: Position, *, limit: int) -> Changes:
    """Up to about `limit` changes after `since`; raises `PositionAhead`."""
    if since.entry > live.last_entry or (since.turn or 0) > live.turn:
        here = str(Position(live.last_entry, live.turn))
        raise PositionAhead(f"{since} is not there yet: {live.registry} stands at {here}", position=here)
    if since.turn is None:
        since = Position(since.entry, _turn_at(connection, live, since.entry))
    entries = _entries(connection, live, since.entry, limit=limit)
    ahead = _turns(connection, live, since, up_to=entries[-1].number if len(entries) == limit else live.last_entry)
    return _merge(connection, live, since, entries=entries, ahead=ahead, limit=limit)


def _merge(
    connection: Connection,
    live: LiveBuild,
    since: Position,
    *,
    entries: Sequence[Entry],
    ahead: Sequence[Turn],
    limit: int,
) -> Changes:
    told = _EntryTeller(connection, live, entries)
    items: list[dict[str, Any]] = []
    position = since
    steps: list[Entry | Turn] = sorted([*entries, *ahead], key=_place)
    for step in steps:
        if len(items) >= limit:
            return Changes(items, position, more=True)
        if isinstance(step, Entry):
            items += told.items(step)
            position = Position(step.number, position.turn)
            continue
        found, last_key = _turn_items(connection, live, step, after=position.key, limit=limit - len(items))
        items += found
        if last_key is not None:
            return Changes(items, Position(position.entry, (step.turn - 1), last_key), more=True)
        position = Position(position.entry, step.turn)
    return Changes(items, position, more=len(entries) == limit)


def _place(step: Entry | Turn) -> tuple[int, int]:
    """Entries by number, a turn behind the entry it followed."""
    return (step.number, -1) if isinstance(step, Entry) else (step.last_entry, step.turn)


def _entries(connection: Connection, live: LiveBuild, after: int, *, limit: int) -> list[Entry]:
    number = live.tables.entries.c.number
    asked = select_entries(live).where(number > after, number <= live.last_entry).order_by(number).limit(limit)
    return [entry_of(row) for row in connection.execute(asked)]


def _turn_at(connection: Connection, live: LiveBuild, entry: int) -> int:
    """The last turn before entry `entry + 1` came, but not one after `entry`: those are still to be told."""
    asked = select(func.max(turns.c.turn)).where(
        turns.c.registry == live.registry, turns.c.build == live.build, turns.c.last_entry < entry
    )
    return connection.execute(asked).scalar() or 0


def _turns(connection: Connection, live: LiveBuild, since: Position, *, up_to: int) -> list[Turn]:
    asked = (
        select(turns.c.turn, turns.c.instant, turns.c.previous_instant, turns.c.last_entry)
        .where(turns.c.registry == live.registry, turns.c.build == live.build, turns.c.turn > (since.turn or 0))
        .where(turns.c.turn <= live.turn, turns.c.last_entry <= up_to)
        .order_by(turns.c.turn)
    )
    return [Turn(*row) for row in connection.execute(asked)]


def _turn_items(
    connection: Connection, live: LiveBuild, turn: Turn, *, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """What `turn` moved; the last key where there are more than `limit`."""
    keys = _moved_keys(connection, live, turn, after=after, limit=limit + 1)
    shown = keys[:limit]
    states = _states_at(connection, live, shown, entry=turn.last_entry, instant=turn.instant)
    items = [_turn_item(live, turn, key, states.get(key)) for key in shown]
    return items, shown[-1] if len(keys) > limit else None


def _moved_keys(connection: Connection, live: LiveBuild, turn: Turn, *, after: str | None, limit: int) -> list[str]:
    of_turn = (moved.c.registry == live.registry, moved.c.build == live.build, moved.c.turn == turn.turn)
    asked = select(moved.c.key).where(*of_turn)
    if after is not None:
        asked = asked.where(moved.c.key > after)
    return list(connection.execute(asked.order_by(moved.c.key).limit(limit)).scalars())


def _states_at(
    connection: Connection, live: LiveBuild, keys: Iterable[str], *, entry: int, instant: int
) -> dict[str, Version]:
    table = live.versions
    found: dict[str, Version] = {}
    for chunk in chunks(keys):
        asked = select(*version_columns(live)).where(
            table.c.key.in_(chunk),
            table.c.claimant == "",
            table.c.recorded_from <= entry,
            table.c.recorded_to > entry,
            table.c.valid_from <= instant,
            table.c.valid_to > instant,
        )
        found |= {row[0]: version_of(row) for row in connection.execute(asked)}
    return found


def _turn_item(live: LiveBuild, turn: Turn, key: str, state: Version | None) -> dict[str, Any]:
    active = state is not None and state.state == ACTIVE
    return {
        "kind": "took_effect" if active else "ceased",
        "key": key,
        "entry": turn.last_entry,
        "turn": turn.turn,
        "instant": format_instant(turn.instant),
        "successors": list(state.successors) if state else [],
        "record": open_record(live, state.body) if state and active else None,
    }


class _EntryTeller:
    """Tells entries, having read the versions of all their keys at once."""

    def __init__(self, connection: Connection, live: LiveBuild, entries: Sequence[Entry]) -> None:
        self._live = live
        self._keys = _touched(connection, live, entries)
        keys = {key for touched in self._keys.values() for key in touched}
        self._made: dict[tuple[int, str], list[Version]] = {}
        self._first: dict[str, int] = {}
        if entries:
            self._read(connection, keys, entries[0].number, entries[-1].number)

    def _read(self, connection: Connection, keys: Iterable[str], first: int, last: int) -> None:
        table = self._live.versions
        for chunk in chunks(sorted(keys)):
            of_keys = and_(table.c.key.in_(chunk), table.c.claimant == "")
            made = select(*version_columns(self._live)).where(of_keys, table.c.recorded_from.between(first, last))
            for row in connection.execute(made.order_by(table.c.valid_from)):
                version = version_of(row)
                self._made.setdefault((version.recorded_from, version.key), []).append(version)
            known = select(table.c.key, func.min(table.c.recorded_from)).where(of_keys).group_by(table.c.key)
            self._first.update((key, number) for key, number in connection.execute(known))

    def items(self, entry: Entry) -> list[dict[str, Any]]:
        """One item for each key the entry touched; none for a claim."""
        if entry.claimant:
            return []
        return [self._item(entry, key) for key in self._keys[entry.number]]

    def _item(self, entry: Entry, key: str) -> dict[str, Any]:
        made = self._made.get((entry.number, key), [])
        state = next((one for one in made if one.valid_from >= entry.valid_from), made[-1] if made else None)
        return {
            "kind": self._kind(entry, key, state),
            "key": key,
            **entry.facts(),
            "successors": list(state.successors) if state else [],
            "record": open_record(self._live, state.body) if state and state.state == ACTIVE else None,
        }

    def _kind(self, entry: Entry, key: str, state: Version | None) -> str:
        if entry.correction != CHANGED:
            return {CORRECTED: "corrected", RETRACTED: "retracted"}[entry.correction]
        if state is not None and state.state != ACTIVE:
            return "absorbed" if state.state == ABSORBED else "deleted"
        return "created" if self._first.get(key) == entry.number else "changed"


def _touched(connection: Connection, live: LiveBuild, entries: Sequence[Entry]) -> Mapping[int, list[str]]:
    """The keys of records each entry of authority touched."""
    effects = live.tables.effects
    further: dict[int, set[str]] = {entry.number: set() for entry in entries if not entry.claimant}
    for chunk in chunks(further):
        for key, number in connection.execute(
            select(effects.c.key, effects.c.number).where(effects.c.number.in_(chunk))
        ):
            further[number].add(key)
    rules = live.definition.events
    for entry in entries:
        keyless = entry.type in rules and rules[entry.type].operation == "reorganise"
        if entry.number in further and not keyless:
            further[entry.number].add(entry.key)
    return {number: sorted(keys) for number, keys in further.items()}
