"""Turns: when the clock alone changes what is current, it is moved and the turn is written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, case, delete, insert, literal, select, text, union, update

from hub.registries.tables import CURRENT, NOT_CURRENT, UPCOMING, moved, turns
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
            self._next = self._read_next(connection, checkpoint.turned_at)
        return checkpoint.turned_at < now and self._next <= now

    def moved(self, checkpoint: Checkpoint, *, now: int) -> Checkpoint:
        """The checkpoint at `now`, where nothing changed by the clock."""
        return checkpoint.advanced(turned_at=max(checkpoint.turned_at, now))

    def turned(self, checkpoint: Checkpoint, *, now: int) -> Checkpoint:
        """The checkpoint after a turn."""
        return checkpoint.advanced(turned_at=max(checkpoint.turned_at, now), turn=checkpoint.turn + 1)

    def turn(self, connection: Connection, before: Checkpoint, after: Checkpoint) -> None:
        """Move what is current to `after.turned_at`, and write down the turn and the keys it moved."""
        place = {"registry": before.registry, "build": before.build, "turn": after.turn}
        times = {"instant": after.turned_at, "previous_instant": before.turned_at, "last_entry": before.last_entry}
        connection.execute(insert(turns), [place | times])
        self._note_moved(connection, place, since=before.turned_at, until=after.turned_at)
        self.move(connection, since=before.turned_at, until=after.turned_at)

    def move(self, connection: Connection, *, since: int, until: int) -> None:
        """Move what is current at `since` to what is current at `until`."""
        versions = self._tables.tables.versions
        shown = case((versions.c.valid_to <= until, NOT_CURRENT), else_=CURRENT)
        connection.execute(update(versions).where(*self._ends(since, until)).values(current=NOT_CURRENT))
        connection.execute(update(versions).where(*self._begins(until)).values(current=shown))
        self._next = None

    def _note_moved(self, connection: Connection, place: Mapping[str, Any], *, since: int, until: int) -> None:
        key = self._tables.tables.versions.c.key
        keys = union(select(key).where(*self._ends(since, until)), select(key).where(*self._begins(until))).subquery()
        named = [literal(value).label(name) for name, value in place.items()]
        connection.execute(insert(moved).from_select([*place, "key"], select(*named, keys.c.key)))

    def _ends(self, since: int, until: int) -> tuple[Any, ...]:
        """What is current at `since` and no more at `until`. Literals stand where an index is to be recognised."""
        valid_to = self._tables.tables.versions.c.valid_to
        ending = text(f"recorded_to = {OPEN} AND valid_to < {OPEN}")
        return ending, valid_to > since, valid_to <= until, text(f"current = {CURRENT}")

    def _begins(self, until: int) -> tuple[Any, ...]:
        return text(f"current = {UPCOMING}"), self._tables.tables.versions.c.valid_from <= until

    def _read_next(self, connection: Connection, turned_at: int) -> int:
        """The first moment after `turned_at` at which something upcoming begins, or something current ends."""
        versions = self._tables.tables.versions.c
        begins = select(versions.valid_from).where(*self._begins(OPEN)).order_by(versions.valid_from).limit(1)
        ends = select(versions.valid_to).where(*self._ends(turned_at, OPEN)).order_by(versions.valid_to).limit(1)
        found = [connection.execute(question).scalar() for question in (begins, ends)]
        return min(OPEN if one is None else int(one) for one in found)


def take_over_turns(connection: Connection, registry: str, *, source: int, target: int) -> None:
    """Give the turns of build `source` to build `target`, in place of its own: positions in the feed go on."""
    for table in (turns, moved):
        of_build = {number: (table.c.registry == registry) & (table.c.build == number) for number in (source, target)}
        connection.execute(delete(table).where(of_build[target]))
        columns = [literal(target).label(one.name) if one.name == "build" else one for one in table.columns]
        copied = select(*columns).where(of_build[source])
        connection.execute(insert(table).from_select([one.name for one in table.columns], copied))
