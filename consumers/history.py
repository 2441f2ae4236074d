"""The history of a key as far as a late event, a correction or a retraction reaches into it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from consumers.fold import (
    CORRECTED,
    RETRACTED,
    Effect,
    Fact,
    Interval,
    State,
    fold,
    last_boundary,
    live_effects,
)
from consumers.tracks import Key, Track
from consumers.versions import VersionLines, VersionRow, interval_of_row, is_same
from hub.registries.bulk import Wanted
from hub.registries.writes import BuildTables
from schemas.times import OPEN

FactOfRow = Callable[[Any], Fact]
Groups = dict[int, dict[int, Fact]]
_KEYS_AT_ONCE = 500  # what is kept in memory at a time


class History:
    """The later part of one key's history, refolded entry by entry."""

    def __init__(self, key: Key, *, start: int, base: State | None, since: int) -> None:
        self._key = key
        self._start = start  # effects from here on are folded; those before are in the base
        self._base = base
        self._since = since  # where the interval that holds just before `start` begins
        self._facts: dict[int, Fact] = {}
        self._open: dict[int, tuple[Interval, VersionRow | None]] = {}
        self._effects: list[Effect] = []

    def believe(self, interval: Interval) -> None:
        """An interval that is believed at the beginning."""
        self._open[interval.valid_from] = (interval, None)

    def learn(self, facts: Iterable[Fact]) -> None:
        """Entries that bear on the key, with the whole of their groups."""
        for fact in facts:
            self._facts[fact.number] = fact

    def refold(self, number: int, lines: VersionLines) -> None:
        """Entry `number` was learnt: close the intervals no longer true, open the new ones."""
        name, claimant = self._key
        self._effects = [one for one in live_effects(self._facts, name) if one.valid_from >= self._start]
        news = {one.valid_from: one for one in fold(self._effects, self._base, self._since)}
        kept: dict[int, tuple[Interval, VersionRow | None]] = {}
        for valid_from, (interval, row) in self._open.items():
            new = news.get(valid_from)
            if new is not None and is_same(interval, new):
                kept[valid_from] = (interval, row)
            else:
                lines.close(row, name, claimant, valid_from=valid_from, number=number)
        for valid_from, interval in news.items():
            if valid_from not in kept:
                kept[valid_from] = (interval, lines.open(name, claimant, interval, number))
        self._open = kept

    def track(self) -> Track:
        """Where the key stands now."""
        if self._open:
            interval, row = self._open[max(self._open)]
            if interval.valid_to == OPEN:
                return Track(interval.state, interval.valid_from, row)
        return Track(None, last_boundary(self._effects, self._start))


class Histories:
    """Reads what is needed of the tables of one build."""

    def __init__(self, tables: BuildTables, fact_of_row: FactOfRow) -> None:
        self._tables = tables
        self._fact_of_row = fact_of_row

    def open(self, connection: Connection, starts: Mapping[Key, int]) -> Iterator[tuple[Key, History]]:
        """The histories of keys for changes that begin at their start or later: a few statements for many keys.

        A key with an end of validity that reaches beyond its start is read from its beginning: what ends there
        shows what was underneath.
        """
        wanted = [(*key, start) for key, start in starts.items()]
        for at in range(0, len(wanted), _KEYS_AT_ONCE):
            yield from self._open_chunk(connection, wanted[at : at + _KEYS_AT_ONCE])

    def _open_chunk(self, connection: Connection, wanted: Wanted) -> Iterator[tuple[Key, History]]:
        reaches = self._tables.reaches(connection, wanted)
        starts = {(key, who): -OPEN if overlaps else start for key, who, start, overlaps, _ in reaches}
        begins = [
            (key, who, starts[key, who] if overlaps or since is None else since)
            for key, who, _, overlaps, since in reaches
        ]
        versions: dict[Key, list[Any]] = {}
        for row in self._tables.open_versions(connection, begins):
            versions.setdefault((row[0], row[1]), []).append(row)
        facts = self._facts(connection, [(*key, start) for key, start in starts.items()])
        for key, start in starts.items():
            history = _history(key, start, [interval_of_row(row) for row in versions.pop(key, ())])
            history.learn(facts.pop(key, ()))
            yield key, history

    def _facts(self, connection: Connection, wanted: Wanted) -> dict[Key, list[Fact]]:
        """What bears on each key from its start on, with the whole of each group."""
        numbers: dict[Key, list[int]] = {}
        for key, claimant, number in self._tables.touching(connection, wanted):
            numbers.setdefault((key, claimant), []).append(number)
        groups = self.groups(connection, {number for found in numbers.values() for number in found})
        roots = {number: root for root, group in groups.items() for number in group}
        return {
            key: [fact for root in {roots[number]: None for number in found} for fact in groups[root].values()]
            for key, found in numbers.items()
        }

    def groups(self, connection: Connection, numbers: Collection[int]) -> Groups:
        """By original: every entry of the groups that `numbers` belong to."""
        facts = self._with_targets(connection, numbers)
        facts.update(self._with_corrections(connection, list(facts)))
        groups: Groups = {}
        for number in sorted(facts):
            groups.setdefault(original_of(facts, number), {})[number] = facts[number]
        return groups

    def _with_targets(self, connection: Connection, numbers: Collection[int]) -> dict[int, Fact]:
        found: dict[int, Fact] = {}
        wanted = set(numbers)
        while wanted:
            rows = self._tables.entries_by_number(connection, wanted)
            found.update((fact.number, fact) for fact in map(self._fact_of_row, rows))
            wanted = {one.target for one in found.values() if one.target is not None} - found.keys()
        return found

    def _with_corrections(self, connection: Connection, numbers: Collection[int]) -> dict[int, Fact]:
        found: dict[int, Fact] = {}
        wanted: Collection[int] = numbers
        while wanted:
            rows = self._tables.entries_by_target(connection, wanted)
            news = {fact.number: fact for fact in map(self._fact_of_row, rows)}
            wanted = news.keys() - found.keys()
            found.update(news)
        return found


def _history(key: Key, start: int, intervals: Sequence[Interval]) -> History:
    base = next((one for one in intervals if one.valid_from < start <= one.valid_to), None)
    history = History(
        key,
        start=start,
        base=base.state if base else None,
        since=base.valid_from if base else start,
    )
    for interval in intervals:
        if interval.valid_to >= start:
            history.believe(interval)
    return history


def original_of(facts: dict[int, Fact], number: int) -> int:
    """The number of the original that the entry belongs to."""
    target = facts[number].target
    while target is not None:
        number, target = target, facts[target].target
    return number


CORRECTION_CODES = {"changed": 0, "corrected": CORRECTED, "retracted": RETRACTED}
