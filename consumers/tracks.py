"""Where each key stands: its last state, so that an event in order costs the same however long its history is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from consumers.fold import CHANGED, Change, Interval, State, change_state
from consumers.versions import VersionLines, VersionRow, state_of_row
from hub.registries.writes import BuildTables
from schemas.times import OPEN

Key = tuple[str, str]  # key, claimant
_CACHED_KEYS = 10_000


@dataclass(slots=True)
class Track:
    """The end of a key's history: `tail` holds from `since` on without end.

    Without a tail nothing is stored beyond `since`, and no effect begins or ends after it.
    `row` is the tail's row where this batch made it.
    """

    tail: State | None = None
    since: int = -OPEN
    row: VersionRow | None = None


class Touch(NamedTuple):
    """What one entry of this batch does to one key. `change` is None where only its group decides."""

    number: int
    valid_from: int
    valid_to: int
    correction: int
    change: Change | None


def is_in_order(track: Track, touches: Iterable[Touch]) -> bool:
    """Whether every touch begins where nothing later is known, so that none changes what was."""
    since = track.since
    for touch in touches:
        if touch.correction != CHANGED or touch.valid_from < since:
            return False
        since = touch.valid_to if touch.valid_to != OPEN else touch.valid_from
    return True


def follow(track: Track, key: Key, touches: Sequence[Touch], lines: VersionLines) -> None:
    """Apply touches that are in order: each closes the tail and opens what follows it."""
    for touch in touches:
        if touch.change is not None:
            _follow(track, key, touch, touch.change, lines)


def _follow(track: Track, key: Key, touch: Touch, change: Change, lines: VersionLines) -> None:
    name, claimant = key
    tail, number, valid_from = track.tail, touch.number, touch.valid_from
    state = change_state(tail, change, number)
    if tail is not None:
        if valid_from == track.since and state is tail and touch.valid_to == OPEN:
            return
        lines.close(track.row, name, claimant, valid_from=track.since, number=number)
        if valid_from > track.since:
            lines.open(name, claimant, Interval(track.since, valid_from, tail), number)
    track.row, track.since = None, valid_from
    if touch.valid_to == OPEN:
        track.tail = state
        if state is not None:
            track.row = lines.open(name, claimant, Interval(valid_from, OPEN, state), number)
        return
    if state is not None:
        lines.open(name, claimant, Interval(valid_from, touch.valid_to, state), number)
    track.since = touch.valid_to
    if tail is not None:
        track.row = lines.open(name, claimant, Interval(touch.valid_to, OPEN, tail), number)


class Tracks:
    """Knows the tracks of the keys used last; forgets the others, which the tables still have."""

    def __init__(self, tables: BuildTables, *, limit: int = _CACHED_KEYS) -> None:
        self._tables = tables
        self._limit = limit
        self._known: OrderedDict[Key, Track] = OrderedDict()

    def get(self, connection: Connection, keys: Iterable[Key]) -> dict[Key, Track]:
        """The tracks of `keys`, read where they are not known."""
        known = self._known
        found, missing = {}, []
        for key in keys:
            track = known.get(key)
            if track is None:
                missing.append(key)
            else:
                found[key] = track
        if missing:
            found.update(self._read(connection, missing))
        return found

    def keep(self, tracks: dict[Key, Track]) -> None:
        """Remember `tracks` as they stand after a batch was committed."""
        known = self._known
        for key, track in tracks.items():
            track.row = None
            known[key] = track
            known.move_to_end(key)
        while len(known) > self._limit:
            known.popitem(last=False)

    def forget(self) -> None:
        """Know nothing any more; after an error the tables alone tell."""
        self._known.clear()

    def _read(self, connection: Connection, keys: list[Key]) -> dict[Key, Track]:
        found = {key: Track() for key in keys}
        names = list({key for key, _ in keys})
        for row in self._tables.tails(connection, names):
            track = found.get((row[0], row[1]))
            if track is not None:
                track.tail, track.since = state_of_row(row), row[4]
        without = [key for key, track in found.items() if track.tail is None]
        if without:
            self._read_bounds(connection, found, {key for key, _ in without})
        return found

    def _read_bounds(self, connection: Connection, found: dict[Key, Track], names: set[str]) -> None:
        """Where a key has no last state: how far its entries reach."""
        for name, claimant, valid_from, valid_to in self._tables.bounds(connection, names):
            track = found.get((name, claimant))
            if track is not None and track.tail is None:
                track.since = max(track.since, valid_from, valid_to if valid_to is not None else valid_from)
