"""The live side of a rehearsal: what a build holds as of one entry and one instant, while it goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, literal, select, tuple_
from sqlalchemy.exc import DBAPIError

from consumers.builds import find_live
from consumers.errors import RehearsalWaits
from hub.log.interface import Position
from hub.registries.tables import ACTIVE, RegistryTables, builds, dead_letters, tables_of
from hub.registries.writes import find_checkpoint
from schemas.definition import Definition

AT_ONCE = 1000


class Pin(NamedTuple):
    """How far the live build had come when it was looked at. Instants are microseconds UTC."""

    entry: int
    order_offset: int
    recorded_at: int
    turned_at: int


class Entry(NamedTuple):
    """A live entry, as far as a report names it."""

    number: int
    type: str
    key: str
    recorded_at: int


class LiveBuildGone(Exception):
    """The live build was swapped and dropped while it was read: look again. Never leaves the rehearsal."""


class LiveSide:
    """The live build as of `pin`. Raises `LiveBuildGone`, or `RehearsalWaits` where the database is away."""

    def __init__(self, engine: Engine, definition: Definition, build: int, pin: Pin) -> None:
        self._engine = engine
        self._registry = definition.registry
        self._build = build
        self._tables = tables_of(definition, build)
        self.pin = pin

    def records(self) -> Iterator[tuple[str, bytes]]:
        """Key and body of every record valid at the pin's instant, by key."""
        after: str | None = None
        while True:
            with self._reading() as connection:
                page = read_records(
                    connection, self._tables, after=after, entry=self.pin.entry, instant=self.pin.turned_at
                )
            yield from page
            if len(page) < AT_ONCE:
                return
            after = page[-1][0]

    def entries(self, event_ids: Collection[str]) -> dict[Position, Entry]:
        """The entries up to the pin with one of these event ids, by where they stand in the log."""
        table = self._tables.entries.c
        asked = select(
            table.topic, table.partition, table.offset, table.number, table.type, table.key, table.recorded_at
        ).where(table.event_id.in_(event_ids), table.number <= self.pin.entry)
        with self._reading() as connection:
            return {Position(*row[:3]): Entry(*row[3:]) for row in connection.execute(asked)}

    def open_letters(self) -> Iterator[list[Any]]:
        """The open dead letters up to the pin, some at a time, in the order of their positions."""
        letters = dead_letters.c
        asked = select(dead_letters).where(
            letters.registry == self._registry,
            letters.build == self._build,
            letters.status == "open",
            letters.recorded_at <= self.pin.recorded_at,
        )
        after: Position | None = None
        while True:
            with self._reading() as connection:
                page = list(connection.execute(after_letter(asked, after)))
            if page:
                yield page
            if len(page) < AT_ONCE:
                return
            after = Position(page[-1].topic, page[-1].partition, page[-1].offset)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            if self._is_gone():
                raise LiveBuildGone from error
            raise _away(error) from error

    def _is_gone(self) -> bool:
        same = (builds.c.registry == self._registry) & (builds.c.build == self._build)
        try:
            with self._engine.connect() as connection:
                return connection.execute(select(builds.c.build).where(same)).first() is None
        except DBAPIError as error:
            raise _away(error) from error


def find_live_side(engine: Engine, live: Definition) -> LiveSide | None:
    """The live build and how far it is now; None where nothing was applied to the registry yet."""
    try:
        row = find_live(engine, live.registry)
        if row is None:
            return None
        with engine.connect() as connection:
            found = find_checkpoint(connection, live.registry, row.build)
    except DBAPIError as error:
        raise _away(error) from error
    if found is None:
        raise LiveBuildGone
    pin = Pin(found.last_entry, found.order_offset, found.recorded_at, found.turned_at)
    return LiveSide(engine, live, row.build, pin)


def read_records(
    connection: Connection, tables: RegistryTables, *, after: str | None, entry: int, instant: int
) -> list[tuple[str, bytes]]:
    """Up to `AT_ONCE` records after the key `after`: believed at `entry`, valid at `instant`, by key."""
    versions = tables.versions.c
    asked = select(versions.key, versions.body).where(
        versions.claimant == "",
        versions.recorded_from <= entry,
        versions.recorded_to > entry,
        versions.valid_from <= instant,
        versions.valid_to > instant,
        versions.state == ACTIVE,
        versions.body.is_not(None),
    )
    if after is not None:
        asked = asked.where(versions.key > after)
    found = connection.execute(asked.order_by(versions.key).limit(AT_ONCE))
    return [(row.key, bytes(row.body)) for row in found]


def after_letter(asked: Select[Any], after: Position | None) -> Select[Any]:
    """The page of `asked` dead letters that follows the position `after`."""
    place = (dead_letters.c.topic, dead_letters.c.partition, dead_letters.c.offset)
    if after is not None:
        asked = asked.where(tuple_(*place) > tuple_(*(literal(one) for one in after)))
    return asked.order_by(*place).limit(AT_ONCE)


def _away(error: DBAPIError) -> RehearsalWaits:
    return RehearsalWaits(f"the registries' database cannot be read: {error.orig}; the rehearsal is tried again")
