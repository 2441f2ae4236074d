"""Turns: when the clock alone changes what is current, it is moved and the turn is written down."""

from __future__ import annotations

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from hub.registries.tables import CURRENT, NOT_CURRENT, UPCOMING, turns
from hub.registries.writes import BuildTables, Checkpoint
from schemas.times import OPEN


class Clock:
    """Moves `current` of one build. Knows the next moment at which something begins or ends."""

    def __init__(self, tables: BuildTables) -> None:
        self._tables = tables
        self._next: int | None = None

    def forget(self) -> None:
        self._next = None

    look_again = forget

    def is_due(self, connection: Connection, checkpoint: Checkpoint, *, now: int) -> bool:
        """Whether an interval begins or ends between the checkpoint's `turned_at` and `now`."""
        if self._next is None:
            self._next = self._read_next(connection)
        return checkpoint.turned_at < now and self._next <= now

    def moved(self, checkpoint: Checkpoint, *, now: int) -> Checkpoint:
        """The checkpoint at `now`, where nothing changed by the clock."""
        return checkpoint.advanced(turned_at=max(checkpoint.turned_at, now))

    def turned(self, checkpoint: Checkpoint, *, now: int) -> Checkpoint:
        """The checkpoint after a turn."""
        return checkpoint.advanced(turned_at=max(checkpoint.turned_at, now), turn=checkpoint.turn + 1)

    def turn(self, connection: Connection, before: Checkpoint, after: Checkpoint) -> None:
        """Move what is current to `after.turned_at`, and write the turn down."""
        versions = self._tables.tables.versions
        instant = after.turned_at
        waiting, current = versions.c.current == UPCOMING, versions.c.current == CURRENT
        over = versions.c.valid_to <= instant
        connection.execute(
            update(versions)
            .where(or_(and_(waiting, versions.c.valid_from <= instant), current), over)
            .values(current=NOT_CURRENT)
        )
        connection.execute(update(versions).where(waiting, versions.c.valid_from <= instant).values(current=CURRENT))
        row = {
            "registry": before.registry,
            "build": before.build,
            "turn": after.turn,
            "instant": instant,
            "previous_instant": before.turned_at,
            "last_entry": before.last_entry,
        }
        connection.execute(insert(turns), [row])
        self._next = None

    def _read_next(self, connection: Connection) -> int:
        """The first moment at which something upcoming begins, or something current ends."""
        versions = self._tables.tables.versions
        begins = connection.execute(
            select(func.min(versions.c.valid_from)).where(versions.c.current == UPCOMING)
        ).scalar()
        ends = connection.execute(
            select(func.min(versions.c.valid_to)).where(
                versions.c.recorded_to == OPEN, versions.c.valid_to < OPEN, versions.c.current == CURRENT
            )
        ).scalar()
        return min(begins if begins is not None else OPEN, ends if ends is not None else OPEN)
