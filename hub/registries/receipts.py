"""What became of an event: its entry number, or why it was set aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from hub.registries.live import LiveBuild
from hub.registries.tables import dead_letters


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where an event ended: `entry` in `registry`, or the `reason` (and its status) it was set aside for."""

    registry: str
    recorded_at: int
    entry: int | None = None
    reason: str | None = None
    status: str | None = None


def find_receipt(connection: Connection, lives: Iterable[LiveBuild], *, source: str, event_id: str) -> Receipt | None:
    """The receipt of the event, or None while nothing was done with it. An entry outweighs a dead letter."""
    set_aside: Receipt | None = None
    for live in lives:
        accepted = _accepted(connection, live, source=source, event_id=event_id)
        if accepted is not None:
            return accepted
        set_aside = set_aside or _set_aside(connection, live, source=source, event_id=event_id)
    return set_aside


def _accepted(connection: Connection, live: LiveBuild, *, source: str, event_id: str) -> Receipt | None:
    entries = live.tables.entries
    row = connection.execute(
        select(entries.c.number, entries.c.recorded_at).where(
            entries.c.event_id == event_id, entries.c.source == source
        )
    ).first()
    return None if row is None else Receipt(live.registry, row.recorded_at, entry=row.number)


def _set_aside(connection: Connection, live: LiveBuild, *, source: str, event_id: str) -> Receipt | None:
    row = connection.execute(
        select(dead_letters.c.recorded_at, dead_letters.c.reason, dead_letters.c.status)
        .where(dead_letters.c.event_id == event_id, dead_letters.c.source == source)
        .where(dead_letters.c.registry == live.registry, dead_letters.c.build == live.build)
        .order_by(dead_letters.c.recorded_at.desc())
    ).first()
    return None if row is None else Receipt(live.registry, row.recorded_at, reason=row.reason, status=row.status)
