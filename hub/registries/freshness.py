"""How many records each registry holds, and when each department was last heard."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from hub.registries.live import LiveBuild
from hub.registries.pages import count_records
from hub.registries.pins import newest_pin
from hub.registries.questions import RecordsQuestion
from hub.registries.tables import dead_letters, sources
from schemas.definition import Definition

EMPTY, FRESH, LATE, STALE = "empty", "fresh", "late", "stale"
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class SourceHeard:
    """One source on one topic: its events, when it was last heard (microseconds UTC), sequences never seen."""

    source: str
    topic: str
    events: int
    last_happened_at: int
    last_recorded_at: int
    holes: int

    @property
    def department(self) -> str:
        """The code of the department whose topic it writes."""
        return self.topic.split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class RegistryStanding:
    """A registry as it stands: what it counts, who was heard, what was set aside."""

    live: LiveBuild
    records: int
    sources: tuple[SourceHeard, ...]
    dead_letters: int

    @property
    def last_heard_at(self) -> int | None:
        """When anything was last applied, or None."""
        return max((one.last_recorded_at for one in self.sources), default=None)


def read_standing(connection: Connection, live: LiveBuild) -> RegistryStanding:
    """The standing of the registry now."""
    return RegistryStanding(
        live=live,
        records=count_records(connection, live, RecordsQuestion(), pin=newest_pin(live)),
        sources=tuple(_sources(connection, live)),
        dead_letters=_open_dead_letters(connection, live),
    )


def _sources(connection: Connection, live: LiveBuild) -> Iterable[SourceHeard]:
    names = ("source", "topic", "events", "last_happened_at", "last_recorded_at", "holes")
    asked = (
        select(*(sources.c[name] for name in names))
        .where(sources.c.registry == live.registry, sources.c.build == live.build)
        .order_by(sources.c.source, sources.c.topic)
    )
    for row in connection.execute(asked):
        source, topic, events, happened_at, recorded_at, holes = row
        yield SourceHeard(source, topic, events, happened_at, recorded_at, _missing(holes))


def _missing(holes: str) -> int:
    """How many sequences lie in the holes; both ends of a hole are in it."""
    spans: list[list[int]] = json.loads(holes)
    return sum(end - start + 1 for start, end in spans)


def _open_dead_letters(connection: Connection, live: LiveBuild) -> int:
    asked = select(func.count()).where(
        dead_letters.c.registry == live.registry, dead_letters.c.build == live.build, dead_letters.c.status == "open"
    )
    return int(connection.execute(asked).scalar_one())


def freshness_of(definition: Definition, last_heard_at: int | None, *, now: int) -> str:
    """`fresh` within the cadence, `late` within the limit, `stale` beyond, `empty` if nothing was ever heard."""
    if last_heard_at is None:
        return EMPTY
    age = now - last_heard_at
    if age <= definition.cadence_s * _SECOND:
        return FRESH
    return LATE if age <= definition.limit_s * _SECOND else STALE
