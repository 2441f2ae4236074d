"""Who uses a subject: registries, writers of each version, declared consumers, keys last seen.

Reads at most two statements per registry that names the subject, and one for all sightings.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from hub.control.governance import AccessKey, DeclaredConsumer, Deprecation
from hub.control.state import ControlState
from hub.governance.sightings import asked_by_id, list_sightings
from hub.registries.live import LiveBuild, find_live
from schemas.definition import Definition
from schemas.times import to_micros

_KEPT_COUNTS = 256


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
    """Counts of entries by schema and source, kept until a registry has a new entry."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], tuple[Writer, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def list(self, connection: Connection, live: LiveBuild, versions: dict[int, int]) -> tuple[Writer, ...]:
        """The writers of the schema ids in `versions` (id to version) in one registry."""
        asked = (str(connection.engine.url), live.registry, live.build, live.last_entry, *sorted(versions))
        with self._lock:
            known = self._kept.get(asked)
        if known is None:
            known = tuple(_count(connection, live, versions))
            with self._lock:
                self._kept[asked] = known
                while len(self._kept) > _KEPT_COUNTS:
                    self._kept.popitem(last=False)
        return known


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
        for one in _count(connection, live, ids) if live else ():
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


def _count(connection: Connection, live: LiveBuild, versions: dict[int, int]) -> list[Writer]:
    entries = live.tables.entries.c
    facts = (
        func.count(),
        func.min(entries.number),
        func.max(entries.number),
        func.min(entries.recorded_at),
        func.max(entries.recorded_at),
    )
    parts = (entries.schema_id, entries.source, entries.topic)
    asked = select(*parts, *facts).where(entries.schema_id.in_(sorted(versions))).group_by(*parts).order_by(*parts)
    return [
        Writer(live.registry, versions[schema_id], schema_id, source, topic, *counted)
        for schema_id, source, topic, *counted in connection.execute(asked)
    ]


def _seen(connection: Connection, state: ControlState, subject: str) -> tuple[SeenKey, ...]:
    """Each key once, when it was last seen."""
    asked = {subject, *(asked_by_id(one.id) for one in state.subjects.get(subject, ()))}
    keys = {one.key_id: one for one in state.access_keys.values()}
    last: dict[str, int] = {}
    for one in list_sightings(connection, asked):
        last.setdefault(one.key_id, one.last_seen)
    return tuple(SeenKey(key_id, keys.get(key_id), at) for key_id, at in last.items())
