"""What a projection writes to and reads from the tables of its build. One writer: the checkpoint tells who."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update

from hub.registries.bulk import Bulk, Wanted, bulk_of
from hub.registries.tables import RegistryTables, checkpoints, dead_letters, sources, tables_of
from schemas.definition import Definition
from schemas.times import OPEN

VERSION_HEAD = (
    "key", "claimant", "recorded_from", "recorded_to", "valid_from", "valid_to", "entry", "state", "current",
    "successors",
)  # fmt: skip
ENTRY_COLUMNS = "number, key, claimant, valid_from, valid_to, correction, target, type, schema_id, value"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a build has come; `positions` are by "topic:partition"."""

    registry: str
    build: int
    order_offset: int
    control_offset: int
    positions: dict[str, int]
    last_entry: int
    recorded_at: int
    turn: int
    turned_at: int
    stopped_reason: str | None = None

    def advanced(self, **changes: Any) -> Checkpoint:
        return replace(self, **changes)


@dataclass(slots=True)
class Rows:
    """Everything one batch adds; each list holds whole rows in the order of the table's columns."""

    entries: list[Sequence[Any]] = field(default_factory=list)
    versions: list[Sequence[Any]] = field(default_factory=list)
    closed: list[tuple[str, str, int, int]] = field(default_factory=list)  # key, claimant, valid_from, number
    effects: list[Sequence[Any]] = field(default_factory=list)
    lineage: list[Sequence[Any]] = field(default_factory=list)
    closed_lineage: list[tuple[int, int]] = field(default_factory=list)  # original's number, number
    dead_letters: list[Sequence[Any]] = field(default_factory=list)


class BuildTables:
    """The tables of one build, for its one writer."""

    def __init__(self, engine: Engine, definition: Definition, build: int) -> None:
        self.engine = engine
        self.definition = definition
        self.registry = definition.registry
        self.build = build
        self.tables: RegistryTables = tables_of(definition, build)
        self.bulk: Bulk = bulk_of(engine)
        self.entries = f'"{self.tables.entries.name}"'
        self.versions = f'"{self.tables.versions.name}"'
        self.effects = f'"{self.tables.effects.name}"'

    # writing

    def write(self, connection: Connection, rows: Rows) -> None:
        """Write a batch, in the transaction of `connection`."""
        self.bulk.insert(connection, self.tables.entries, rows.entries)
        self.bulk.close_versions(connection, self.tables.versions, rows.closed)
        self.bulk.insert(connection, self.tables.versions, rows.versions)
        self.bulk.insert(connection, self.tables.effects, rows.effects)
        self._close_lineage(connection, rows.closed_lineage)
        self.bulk.insert(connection, self.tables.lineage, rows.lineage)
        self.bulk.insert(connection, dead_letters, rows.dead_letters)

    def _close_lineage(self, connection: Connection, closed: Sequence[tuple[int, int]]) -> None:
        if not closed:
            return
        lineage = self.tables.lineage
        still = (lineage.c.entry == bindparam("original")) & (lineage.c.recorded_to == OPEN)
        given = [{"original": original, "number": number} for original, number in closed]
        connection.execute(update(lineage).where(still).values(recorded_to=bindparam("number")), given)

    # reading

    def tails(self, connection: Connection, keys: Collection[str]) -> list[Any]:
        """The last states of `keys` that have no end: whole rows of versions, of every claimant."""
        columns = ", ".join(f'"{column.name}"' for column in self.tables.versions.columns)
        statement = (
            f"SELECT {columns} FROM {self.versions} WHERE key = ANY(?) AND recorded_to = {OPEN} AND valid_to = {OPEN}"
        )
        return self.bulk.select(connection, statement, [list(keys)])

    def bounds(self, connection: Connection, keys: Collection[str]) -> list[Any]:
        """Key, claimant, last `valid_from` and last `valid_to` before OPEN of all entries that touch `keys`."""
        own, further = (
            f"SELECT key, claimant, MAX(valid_from), MAX(CASE WHEN valid_to < {OPEN} THEN valid_to END) "
            f"FROM {table} WHERE key = ANY(?) GROUP BY key, claimant"
            for table in (self.entries, self.effects)
        )
        given = list(keys)
        found = self.bulk.select(connection, own, [given])
        if self.bulk.select(connection, f"SELECT 1 FROM {self.effects} LIMIT 1", []):
            found += self.bulk.select(connection, further, [given])
        return found

    def reaches(self, connection: Connection, wanted: Wanted) -> list[Any]:
        """Of each (key, claimant, start): whether an entry that touches it began before and ends at `start` or later,
        and since when holds what holds just before `start`."""
        own = (
            f"SELECT 1 FROM {self.entries} e WHERE e.key = w.key AND e.claimant = w.claimant "
            f"AND e.valid_from < w.start AND e.valid_to >= w.start AND e.valid_to < {OPEN}"
        )
        further = (
            f"SELECT 1 FROM {self.effects} t WHERE t.key = w.key AND t.claimant = w.claimant "
            f"AND t.valid_from < w.start AND t.valid_to >= w.start AND t.valid_to < {OPEN}"
        )
        before = (
            f"SELECT p.valid_from FROM {self.versions} p WHERE p.key = w.key AND p.claimant = w.claimant "
            f"AND p.valid_from < w.start AND p.recorded_to = {OPEN} ORDER BY p.valid_from DESC LIMIT 1"
        )
        statement = (
            f"SELECT w.key, w.claimant, w.start, EXISTS ({own}) OR EXISTS ({further}), ({before}) FROM {{wanted}}"
        )
        return self.bulk.select_wanted(connection, statement, wanted)

    def open_versions(self, connection: Connection, wanted: Wanted) -> list[Any]:
        """The believed versions of each (key, claimant) that begin at `start` or later, in order."""
        columns = ", ".join(f'v."{column.name}"' for column in self.tables.versions.columns)
        statement = (
            f"SELECT {columns} FROM {{wanted}} CROSS JOIN {self.versions} v WHERE v.key = w.key "
            f"AND v.claimant = w.claimant AND v.valid_from >= w.start AND v.recorded_to = {OPEN} "
            "ORDER BY v.key, v.claimant, v.valid_from"
        )
        return self.bulk.select_wanted(connection, statement, wanted)

    def touching(self, connection: Connection, wanted: Wanted) -> list[Any]:
        """Key, claimant and number of the entries that touch a (key, claimant) with a `valid_from` from `start` on."""
        parts = [
            f"SELECT w.key, w.claimant, t.number FROM {{wanted}} CROSS JOIN {table} t "
            "WHERE t.key = w.key AND t.claimant = w.claimant AND t.valid_from >= w.start"
            for table in (self.entries, self.effects)
        ]
        return self.bulk.select_wanted(connection, " UNION ".join(parts), wanted)

    def entries_by_number(self, connection: Connection, numbers: Collection[int]) -> list[Any]:
        statement = f"SELECT {ENTRY_COLUMNS} FROM {self.entries} WHERE number = ANY(?)"
        return self.bulk.select(connection, statement, [list(numbers)])

    def entries_by_target(self, connection: Connection, numbers: Collection[int]) -> list[Any]:
        statement = f"SELECT {ENTRY_COLUMNS} FROM {self.entries} WHERE target = ANY(?)"
        return self.bulk.select(connection, statement, [list(numbers)])

    def identities(self, connection: Connection, event_ids: Collection[str]) -> list[Any]:
        """event_id, source, number, key, claimant and digest of the entries with these event ids."""
        statement = (
            f"SELECT event_id, source, number, key, claimant, digest FROM {self.entries} WHERE event_id = ANY(?)"
        )
        return self.bulk.select(connection, statement, [list(event_ids)])


def find_checkpoint(connection: Connection, registry: str, build: int) -> Checkpoint | None:
    """How far the build has come, or None where it is gone."""
    row = connection.execute(
        select(checkpoints).where(checkpoints.c.registry == registry, checkpoints.c.build == build)
    ).one_or_none()
    if row is None:
        return None
    return Checkpoint(
        registry,
        build,
        row.order_offset,
        row.control_offset,
        json.loads(row.positions),
        row.last_entry,
        row.recorded_at,
        row.turn,
        row.turned_at,
        row.stopped_reason,
    )


def move_checkpoint(connection: Connection, before: Checkpoint, after: Checkpoint, *, now: int) -> bool:
    """Compare and set: False where the checkpoint is no longer `before`. The first write of a transaction."""
    same = (
        (checkpoints.c.registry == before.registry)
        & (checkpoints.c.build == before.build)
        & (checkpoints.c.order_offset == before.order_offset)
        & (checkpoints.c.turn == before.turn)
        & (checkpoints.c.turned_at == before.turned_at)
    )
    changed = connection.execute(
        update(checkpoints)
        .where(same)
        .values(
            order_offset=after.order_offset,
            control_offset=after.control_offset,
            positions=json.dumps(after.positions, sort_keys=True),
            last_entry=after.last_entry,
            recorded_at=after.recorded_at,
            turn=after.turn,
            turned_at=after.turned_at,
            stopped_reason=after.stopped_reason,
            updated_at=now,
        )
    )
    return changed.rowcount == 1


def source_rows(connection: Connection, registry: str, build: int) -> list[Any]:
    """What is known of the sources of a build."""
    return list(connection.execute(select(sources).where(sources.c.registry == registry, sources.c.build == build)))
