"""Who uses a subject: registries, writers of each version, declared consumers, keys last seen.

Reads at most two statements per registry that names the subject, and one for all sightings.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, func, select

from hub.control.governance import AccessKey, DeclaredConsumer, Deprecation
from hub.control.state import ControlState
from hub.governance.sightings import asked_by_id, list_sightings
from hub.registries.live import LiveBuild, find_live
from schemas.definition import Definition
from schemas.times import to_micros

_KEPT_COUNTS = 256
# (schema id, source, topic) -> events, first and last entry, first and last time
_Counts = dict[tuple[int, str, str], tuple[int, int, int, int, int]]


@dataclass(frozen=True, slots=True)
class Writer:
    """A source that wrote a version into a registry; entries are numbers, times microseconds UTC."""

    registry: str
    version: int
    schema_id: int
    source: str
    topic: str
    events: int
    first_entry: int
    last_entry: int
    first_recorded_at: int
    last_recorded_at: int

    @property
    def department(self) -> str:
        """The code of the department whose topic it wrote to."""
        return self.topic.split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class SeenKey:
    """A key that asked the schema registry for the subject; None as key where it was revoked since."""

    key_id: str
    key: AccessKey | None
    last_seen: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Everything known about who uses a subject."""

    subject: str
    registries: tuple[str, ...]
    writers: tuple[Writer, ...]
    consumers: tuple[DeclaredConsumer, ...]
    seen: tuple[SeenKey, ...]
    late_writers: tuple[Writer, ...]


class WriterCounts:
    """Counts of entries by schema and source. Entries are never changed, so that only those are counted that came
    since they were asked for last; the first question goes through all of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, int], tuple[int, _Counts]] = OrderedDict()
        self._lock = threading.Lock()

    def list(self, connection: Connection, live: LiveBuild, versions: dict[int, int]) -> tuple[Writer, ...]:
        """The writers of the schema ids in `versions` (id to version) in one registry."""
        counts = self._count_on(connection, live)
        chosen = [one for one in counts if one[0] in versions]
        return tuple(_writer(live, versions, (*parts, *counts[parts])) for parts in sorted(chosen))

    def _count_on(self, connection: Connection, live: LiveBuild) -> _Counts:
        """The counts up to the last entry; another thread may have counted further already."""
        place = (str(connection.engine.url), live.registry, live.build)
        with self._lock:
            reached, known = self._kept.get(place, (0, {}))
        if reached >= live.last_entry:
            return known
        entries = live.tables.entries.c
        counts = dict(known)
        for row in _count(connection, live, (entries.number > reached, entries.number <= live.last_entry)):
            parts, counted = row[:3], row[3:]
            counts[parts] = _joined(counts[parts], counted) if parts in counts else counted
        with self._lock:
            if self._kept.get(place, (0, {}))[0] < live.last_entry:
                self._kept[place] = live.last_entry, counts
                self._kept.move_to_end(place)
            while len(self._kept) > _KEPT_COUNTS:
                self._kept.popitem(last=False)
        return counts


def read_usage(
    connection: Connection, state: ControlState, subject: str, *, counts: WriterCounts, zone: ZoneInfo
) -> Usage:
    """Who uses `subject`, as of what is applied and noted now."""
    definitions = naming_definitions(state, subject)
    versions = {one.id: one.version for one in state.subjects.get(subject, ())}
    lives = [find_live(connection, one) for one in definitions]
    writers = tuple(one for live in lives if live for one in counts.list(connection, live, versions))
    return Usage(
        subject=subject,
        registries=tuple(one.registry for one in definitions),
        writers=writers,
        consumers=tuple(one for (_, of), one in sorted(state.consumers.items()) if of == subject),
        seen=_seen(connection, state, subject),
        late_writers=late_writers(writers, state.deprecations, subject, zone=zone),
    )


def last_writes(connection: Connection, state: ControlState, subject: str, *, version: int) -> dict[str, int]:
    """Which sources wrote a version, and when last (microseconds UTC)."""
    ids = {one.id: one.version for one in state.subjects.get(subject, ()) if one.version == version}
    found: dict[str, int] = {}
    for definition in list(state.definitions.values()):
        live = find_live(connection, definition) if ids else None
        if live is None:
            continue
        for row in _count(connection, live, (live.tables.entries.c.schema_id.in_(sorted(ids)),)):
            one = _writer(live, ids, row)
            found[one.source] = max(found.get(one.source, 0), one.last_recorded_at)
    return found


def naming_definitions(state: ControlState, subject: str) -> list[Definition]:
    """The definitions whose events have this schema, by registry."""
    found = [one for one in list(state.definitions.values()) if subject in one.schemas]
    return sorted(found, key=lambda one: one.registry)


def late_writers(
    writers: tuple[Writer, ...], deprecations: dict[tuple[str, int], Deprecation], subject: str, *, zone: ZoneInfo
) -> tuple[Writer, ...]:
    """Those that wrote a deprecated version on the day it should be left, or after."""
    ends = {
        version: day_begins(date.fromisoformat(one.until), zone)
        for (of, version), one in deprecations.items()
        if of == subject
    }
    return tuple(one for one in writers if one.version in ends and one.last_recorded_at >= ends[one.version])


def day_begins(day: date, zone: ZoneInfo) -> int:
    """The instant a day begins in `zone`, in microseconds UTC."""
    return to_micros(datetime.combine(day, time(), zone))


def _count(connection: Connection, live: LiveBuild, conditions: Iterable[ColumnElement[bool]]) -> list[Any]:
    """Parts and counts of the entries that fulfil `conditions`, as tuples."""
    entries = live.tables.entries.c
    facts = (
        func.count(),
        func.min(entries.number),
        func.max(entries.number),
        func.min(entries.recorded_at),
        func.max(entries.recorded_at),
    )
    parts = (entries.schema_id, entries.source, entries.topic)
    asked = select(*parts, *facts).where(*conditions).group_by(*parts).order_by(*parts)
    return [tuple(row) for row in connection.execute(asked)]


def _joined(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, int, int, int, int]:
    return (
        before[0] + after[0],
        min(before[1], after[1]),
        max(before[2], after[2]),
        min(before[3], after[3]),
        max(before[4], after[4]),
    )


def _writer(live: LiveBuild, versions: Mapping[int, int], row: tuple[Any, ...]) -> Writer:
    schema_id, source, topic, *counted = row
    return Writer(live.registry, versions[schema_id], schema_id, source, topic, *counted)


def _seen(connection: Connection, state: ControlState, subject: str) -> tuple[SeenKey, ...]:
    """Each key once, when it was last seen."""
    asked = {subject, *(asked_by_id(one.id) for one in state.subjects.get(subject, ()))}
    keys = {one.key_id: one for one in state.access_keys.values()}
    last: dict[str, int] = {}
    for one in list_sightings(connection, asked):
        last.setdefault(one.key_id, one.last_seen)
    return tuple(SeenKey(key_id, keys.get(key_id), at) for key_id, at in last.items())
