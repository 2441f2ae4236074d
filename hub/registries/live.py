"""Which build of a registry is read now, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, inspect, select

from hub.registries.digests import definition_digest
from hub.registries.errors import RegistryNotReady
from hub.registries.prepared import STATEMENTS
from hub.registries.tables import RegistryTables, builds, checkpoints, tables_of
from schemas.avro import Field
from schemas.definition import Definition


@dataclass(frozen=True, slots=True)
class LiveBuild:
    """The live build of a registry, read by its newest definition. Times are microseconds UTC."""

    definition: Definition
    build: int
    digest: str
    last_entry: int
    turn: int
    turned_at: int
    recorded_at: int
    stopped_reason: str | None
    updated_at: int
    tables: RegistryTables
    columns: frozenset[str]

    @property
    def registry(self) -> str:
        return self.definition.registry

    @property
    def versions(self) -> Table:
        return self.tables.versions

    @property
    def identity(self) -> tuple[str, int, int, str]:
        """What compiled statements depend on."""
        return (self.registry, self.build, self.definition.version, self.digest)

    @property
    def is_of_newest_definition(self) -> bool:
        """Whether the stored bodies and search texts were made by the newest definition."""
        return self.digest == _digest(_Ref(self.definition))

    @property
    def open_fields(self) -> Mapping[str, Field]:
        """What anyone may read: the newest definition decides at once."""
        return _open_fields(_Ref(self.definition))

    @property
    def serves_stored_bodies(self) -> bool:
        """Whether stored record JSON may be served as it stands."""
        return self.is_of_newest_definition and len(self.open_fields) == len(self.definition.record)


class _Ref:
    """A definition, compared by identity in the caches below."""

    __slots__ = ("definition",)

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    def __hash__(self) -> int:
        return id(self.definition)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ref) and other.definition is self.definition


@lru_cache(maxsize=1024)
def _tables(ref: _Ref, build: int) -> RegistryTables:
    return tables_of(ref.definition, build)


@lru_cache(maxsize=1024)
def _digest(ref: _Ref) -> str:
    return definition_digest(ref.definition)


@lru_cache(maxsize=1024)
def _open_fields(ref: _Ref) -> Mapping[str, Field]:
    definition = ref.definition
    return {name: definition.record[name] for name in definition.open_fields}


def find_live(connection: Connection, definition: Definition) -> LiveBuild | None:
    """The live build of the registry, or None where none was made yet."""
    statement = STATEMENTS.get("live", connection.dialect, _select_live)
    rows = statement.rows(connection, {"registry": definition.registry})
    if not rows:
        return None
    build, digest, last_entry, turn, turned_at, recorded_at, reason, updated_at = rows[0]
    tables = _tables(_Ref(definition), build)
    return LiveBuild(
        definition=definition,
        build=build,
        digest=digest,
        last_entry=last_entry,
        turn=turn,
        turned_at=turned_at,
        recorded_at=recorded_at,
        stopped_reason=reason,
        updated_at=updated_at,
        tables=tables,
        columns=_columns(connection, tables.versions, same=digest == _digest(_Ref(definition))),
    )


def get_live(connection: Connection, definition: Definition) -> LiveBuild:
    """The live build of the registry; raises `RegistryNotReady`."""
    found = find_live(connection, definition)
    if found is None:
        raise RegistryNotReady(f"the registry {definition.registry} is defined, but nothing was applied to it yet")
    return found


def _select_live() -> Any:
    joined = builds.join(
        checkpoints, (builds.c.registry == checkpoints.c.registry) & (builds.c.build == checkpoints.c.build)
    )
    return (
        select(
            builds.c.build,
            builds.c.definition_digest,
            checkpoints.c.last_entry,
            checkpoints.c.turn,
            checkpoints.c.turned_at,
            checkpoints.c.recorded_at,
            checkpoints.c.stopped_reason,
            checkpoints.c.updated_at,
        )
        .select_from(joined)
        .where(builds.c.registry == bindparam("registry"), builds.c.status == "live")
        .order_by(builds.c.build.desc())
    )


_known_columns: dict[tuple[str, str], frozenset[str]] = {}


def _columns(connection: Connection, table: Table, *, same: bool) -> frozenset[str]:
    """The columns the table really has: those of an older definition, until the rebuild swaps."""
    if same:
        return frozenset(table.c.keys())
    key = (str(connection.engine.url), table.name)
    if key not in _known_columns:
        found = inspect(connection).get_columns(table.name)
        _known_columns[key] = frozenset(one["name"] for one in found)
    return _known_columns[key]
