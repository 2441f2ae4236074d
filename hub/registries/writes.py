"""What a projection writes to and reads from the tables of its build. One writer: the checkpoint tells who."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from hub.registries.bulk import Bulk, bulk_of
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
        for original, number in rows.closed_lineage:
            self._close_lineage(connection, original, number)
        self.bulk.insert(connection, self.tables.lineage, rows.lineage)
        self.bulk.insert(connection, dead_letters, rows.dead_letters)

    def _close_lineage(self, connection: Connection, original: int, number: int) -> None:
        lineage = self.tables.lineage
        still = (lineage.c.entry == original) & (lineage.c.recorded_to == OPEN)
        connection.execute(update(lineage).where(still).values(recorded_to=number))

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
        ends = f"MAX(CASE WHEN e.valid_to < {OPEN} THEN e.valid_to END)"
        own = (
            f"SELECT e.key, e.claimant, MAX(e.valid_from), {ends} FROM {self.entries} e "
            "WHERE e.key = ANY(?) GROUP BY e.key, e.claimant"
        )
        further = (
            f"SELECT t.key, t.claimant, MAX(t.valid_from), {ends} FROM {self.effects} t "
            f"JOIN {self.entries} e ON e.number = t.number WHERE t.key = ANY(?) GROUP BY t.key, t.claimant"
        )
        given = list(keys)
        found = self.bulk.select(connection, own, [given])
        if self.bulk.select(connection, f"SELECT 1 FROM {self.effects} LIMIT 1", []):
            found += self.bulk.select(connection, further, [given])
        return found

    def open_versions(self, connection: Connection, key: str, claimant: str, *, start: int) -> list[Any]:
        """The believed versions of a key that end after `start` or hold just before it, in order."""
        columns = ", ".join(f'"{column.name}"' for column in self.tables.versions.columns)
        statement = (
            f"SELECT {columns} FROM {self.versions} WHERE key = ? AND claimant = ? AND recorded_to = {OPEN} "
            "AND valid_to >= ? ORDER BY valid_from"
        )
        return self.bulk.select(connection, statement, [key, claimant, start])

    def touching(self, connection: Connection, key: str, claimant: str, *, start: int) -> list[int]:
        """The numbers of the entries that touch a key with a `valid_from` from `start` on."""
        own = f"SELECT number FROM {self.entries} WHERE key = ? AND valid_from >= ? AND claimant = ?"
        further = f"SELECT number FROM {self.effects} WHERE key = ? AND valid_from >= ? AND claimant = ?"
        statement = f"{own} UNION {further}"
        return [row[0] for row in self.bulk.select(connection, statement, [key, start, claimant] * 2)]

    def overlaps(self, connection: Connection, key: str, claimant: str, *, start: int) -> bool:
        """Whether an entry that touches a key began before `start` and ends at it or later."""
        own = (
            f"SELECT 1 FROM {self.entries} WHERE key = ? AND claimant = ? AND valid_from < ? "
            f"AND valid_to >= ? AND valid_to < {OPEN}"
        )
        further = (
            f"SELECT 1 FROM {self.effects} t JOIN {self.entries} e ON e.number = t.number "
            f"WHERE t.key = ? AND t.claimant = ? AND t.valid_from < ? AND e.valid_to >= ? AND e.valid_to < {OPEN}"
        )
        statement = f"SELECT 1 WHERE EXISTS ({own}) OR EXISTS ({further})"
        return bool(self.bulk.select(connection, statement, [key, claimant, start, start] * 2))

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
