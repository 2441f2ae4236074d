"""Reads a registry's tables as plain facts, in the words of the oracle."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Engine, select

from consumers.order import Order, applicable_ranges
from hub.log.interface import Log, Partition
from hub.registries.tables import ACTIVE, builds, dead_letters, tables_of
from schemas.definition import Definition
from tests.oracle.oracle import Edge, Interval, State, Version

Place = tuple[str, int, int]


class RegistryView:
    """The live build of one registry."""

    def __init__(self, engine: Engine, definition: Definition) -> None:
        self.engine = engine
        self.definition = definition
        wanted = select(builds.c.build).where(builds.c.registry == definition.registry, builds.c.status == "live")
        with engine.connect() as connection:
            self.build = connection.execute(wanted).scalar_one()
        self.tables = tables_of(definition, self.build)

    def entries(self) -> list[tuple[int, str, str, str, str]]:
        """(number, source, event id, key, claimant) in the order of the numbers."""
        table = self.tables.entries.c
        columns = (table.number, table.source, table.event_id, table.key, table.claimant)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(*columns).order_by(table.number))]

    def history(self) -> list[Version]:
        """Every version row."""
        with self.engine.connect() as connection:
            return [_version(row) for row in connection.execute(select(self.tables.versions)).mappings()]

    def current(self) -> dict[str, dict[str, Any]]:
        """The bodies of the active records marked as current."""
        table = self.tables.versions
        wanted = select(table.c.key, table.c.body).where(table.c.current == 1, table.c.state == ACTIVE)
        with self.engine.connect() as connection:
            return {key: json.loads(body) for key, body in connection.execute(wanted)}

    def lineage(self, as_of: int) -> list[Edge]:
        """The lines of descent believed after entry `as_of`."""
        table = self.tables.lineage
        wanted = select(table).where(table.c.recorded_from <= as_of, table.c.recorded_to > as_of)
        with self.engine.connect() as connection:
            return [
                Edge(row.from_key, row.to_key, row.kind, row.valid_from, row.entry)
                for row in connection.execute(wanted)
            ]

    def dead_letters(self) -> dict[Place, str]:
        """The reason of each dead letter by its position."""
        table = dead_letters
        wanted = select(table).where(table.c.registry == self.definition.registry, table.c.build == self.build)
        with self.engine.connect() as connection:
            return {(row.topic, row.partition, row.offset): row.reason for row in connection.execute(wanted)}

    def drop(self) -> None:
        """Drop the tables of the build and what the shared ones say of the registry."""
        with self.engine.begin() as connection:
            self.tables.metadata.drop_all(connection)
            _forget(connection, self.definition.registry)


def _forget(connection: Connection, registry: str) -> None:
    for table in builds.metadata.sorted_tables:
        connection.execute(table.delete().where(table.c.registry == registry))


def _version(row: Any) -> Version:
    body = json.loads(row["body"]) if row["body"] is not None else None
    successors = tuple(json.loads(row["successors"])) if row["successors"] else ()
    state = State(row["state"], body, successors, row["entry"])
    interval = Interval(row["key"], row["claimant"], row["valid_from"], row["valid_to"], state)
    return Version(interval, row["recorded_from"], row["recorded_to"])


def list_applied_order(log: Log, registry: str) -> list[Place]:
    """The positions of all records in the order in which the registry applied them."""
    order = Order(log, registry)
    positions: dict[Partition, int] = {}
    found = []
    for ordered in order.read(0, order.end()):
        for one in applicable_ranges(ordered.record, positions):
            positions[Partition(one.topic, one.partition)] = one.end
            found += [(one.topic, one.partition, offset) for offset in range(one.start, one.end)]
    return found
