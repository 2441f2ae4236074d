"""The tables of one registry. Everything here can be dropped and rebuilt from the log.

Each *build* of a registry has tables of its own (`r_<registry>_<build>_entries` …); readers use the one
that `builds` calls live, so that a rebuild beside it and the swap are never seen half done.

Instants are microseconds since 1970, UTC; `recorded_*` are entry numbers; both intervals are half-open
and end in `OPEN` where they have no end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

from schemas.avro import Field
from schemas.definition import Definition
from schemas.times import OPEN

ACTIVE, CEASED, ABSORBED = 0, 1, 2
# values of `current`: not now, now, and from a later moment on, without another event
NOT_CURRENT, CURRENT, UPCOMING = 0, 1, 2
CODE_POINT_ORDER = "C"

shared = MetaData()
_LIVE = text("status = 'live'")

builds = Table(
    "builds",
    shared,
    Column("registry", String, primary_key=True),
    Column("build", BigInteger, primary_key=True),
    Column("definition_version", BigInteger, nullable=False),
    # the fold-relevant content of the definition this build was made with
    Column("definition_digest", String, nullable=False),
    Column("status", String, nullable=False),  # building, live, retired
    Column("changed_at", BigInteger, nullable=False),
    Index("builds_live", "registry", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
)

checkpoints = Table(
    "checkpoints",
    shared,
    Column("registry", String, primary_key=True),
    Column("build", BigInteger, primary_key=True),
    # next offset of hub.order.<registry>; the compare-and-set is on this
    Column("order_offset", BigInteger, nullable=False),
    # control events before this offset were in force for the last entry
    Column("control_offset", BigInteger, nullable=False),
    Column("positions", Text, nullable=False),  # JSON {"topic:partition": next offset}
    Column("last_entry", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    # current shows what is valid at this instant; counts up each time the clock moved it
    Column("turn", BigInteger, nullable=False),
    Column("turned_at", BigInteger, nullable=False),
    Column("stopped_reason", Text),
    Column("updated_at", BigInteger, nullable=False),
)

# each time the clock alone changed what is current
turns = Table(
    "turns",
    shared,
    Column("registry", String, primary_key=True),
    Column("build", BigInteger, primary_key=True),
    Column("turn", BigInteger, primary_key=True),
    Column("instant", BigInteger, nullable=False),
    Column("previous_instant", BigInteger, nullable=False),
    Column("last_entry", BigInteger, nullable=False),
)

# the keys of the records that a turn moved
moved = Table(
    "moved",
    shared,
    Column("registry", String, primary_key=True),
    Column("build", BigInteger, primary_key=True),
    Column("turn", BigInteger, primary_key=True),
    Column("key", Text().with_variant(Text(collation=CODE_POINT_ORDER), "postgresql"), primary_key=True),
)

# one row per source and topic: last sequence, holes, when last heard
sources = Table(
    "sources",
    shared,
    Column("registry", String, primary_key=True),
    Column("build", BigInteger, primary_key=True),
    Column("source", String, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
    Column("holes", Text, nullable=False),  # JSON [[from, to], …] of sequences never seen
    Column("events", BigInteger, nullable=False),
    Column("last_happened_at", BigInteger, nullable=False),
    Column("last_recorded_at", BigInteger, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    shared,
    Column("registry", String, primary_key=True),
    Column("build", BigInteger, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("partition", BigInteger, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("reason", String, nullable=False),  # stable code
    Column("message", Text, nullable=False),
    Column("event_id", String),
    Column("source", String),
    Column("key", LargeBinary),
    Column("headers", LargeBinary, nullable=False),  # hub.registries.rows.pack_headers
    Column("value", LargeBinary),
    Column("recorded_at", BigInteger, nullable=False),
    Column("status", String, nullable=False),  # open, retried, discarded
    Column("status_note", Text),
    Index("dead_letters_event", "event_id", "source"),
)


@dataclass(frozen=True, slots=True)
class RegistryTables:
    """The tables of one build of one registry."""

    metadata: MetaData
    entries: Table
    versions: Table
    effects: Table
    lineage: Table


def column_type(field: Field) -> TypeEngine[Any] | None:
    """The type of the typed column of `field`, or None where it has none (json, bytes).

    strings are kept as one text with U+001F around each member, decimals as their unscaled integer,
    dates as days since 1970, instants and times of day as microseconds, booleans as 0 and 1.
    """
    if field.kind in ("string", "enum", "uuid", "strings"):
        return text_type()
    if field.kind in ("int", "decimal", "date", "instant", "time-of-day"):
        return BigInteger()
    if field.kind == "double":
        return Double()
    return SmallInteger() if field.kind == "boolean" else None


def text_type() -> Text:
    """Text compared byte by byte on both databases."""
    return Text().with_variant(Text(collation=CODE_POINT_ORDER), "postgresql")


def field_column(name: str) -> str:
    """The typed column of the field `name`."""
    return f"f_{name}"


def sort_column(name: str) -> str:
    """The Vietnamese sort key of the sortable text field `name` (see `hub.registries.vietnamese`)."""
    return f"s_{name}"


def table_prefix(registry: str, build: int) -> str:
    return f"r_{registry.replace('-', '_')}_{build}"


def tables_of(definition: Definition, build: int) -> RegistryTables:
    """The tables of build `build` of the registry that `definition` declares."""
    return _tables(_Shape(definition), build)


class _Shape:
    """Compares definitions by what shapes their tables, so that these are made once; candidates may share a version."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        columns = (definition.sortable, definition.indexes, definition.geometry)
        fields = tuple(definition.record.items()).__repr__()
        self.identity = (definition.registry, definition.version, fields, columns)

    def __hash__(self) -> int:
        return hash(self.identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shape) and other.identity == self.identity


@lru_cache(maxsize=512)
def _tables(shape: _Shape, build: int) -> RegistryTables:
    definition = shape.definition
    metadata = MetaData()
    prefix = table_prefix(definition.registry, build)
    return RegistryTables(
        metadata=metadata,
        entries=_entries(prefix, metadata),
        versions=_versions(prefix, metadata, definition),
        effects=_effects(prefix, metadata),
        lineage=_lineage(prefix, metadata),
    )


def _entries(prefix: str, metadata: MetaData) -> Table:
    """What the log said, gapless. `target` leads, entry by entry, to the original of a correction or retraction."""
    return Table(
        f"{prefix}_entries",
        metadata,
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("event_id", text_type(), nullable=False),
        Column("source", text_type(), nullable=False),
        Column("type", text_type(), nullable=False),
        Column("key", text_type(), nullable=False),
        # '' where the source decides, else the source: what it says is a claim
        Column("claimant", text_type(), nullable=False),
        Column("valid_from", BigInteger, nullable=False),
        Column("valid_to", BigInteger, nullable=False),
        Column("correction", SmallInteger, nullable=False),  # 0 changed, 1 corrected, 2 retracted
        Column("target", BigInteger),  # number of the entry that ce_corrects names
        Column("happened_at", BigInteger, nullable=False),
        Column("recorded_at", BigInteger, nullable=False),
        Column("topic", text_type(), nullable=False),
        Column("partition", BigInteger, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("schema_id", BigInteger, nullable=False),
        Column("digest", LargeBinary, nullable=False),  # schemas.event.identity_digest
        Column("headers", LargeBinary, nullable=False),  # hub.registries.rows.pack_headers
        Column("value", LargeBinary, nullable=False),
        UniqueConstraint("event_id", "source", name=f"{prefix}_entries_event"),
        Index(f"{prefix}_entries_key", "key", "valid_from"),
        _ending_index(f"{prefix}_entries_ending"),
        Index(
            f"{prefix}_entries_target",
            "target",
            sqlite_where=text("target IS NOT NULL"),
            postgresql_where=text("target IS NOT NULL"),
        ),
    )


def _versions(prefix: str, metadata: MetaData, definition: Definition) -> Table:
    """Both times of every state of every record; the rows with `current` = 1 are the records valid now.

    `current` is 1 for an active state with a body, without claimant, still believed, and valid at the build's
    `turned_at`; 2 for one that only becomes valid later; 0 for everything else, ceased and absorbed included.

    `body` is the record as canonical JSON in the order of the definition, beginning with `"key"`, all
    classes included. `entry` is the number of the original event that made this state.
    """
    table = Table(f"{prefix}_versions", metadata, *_version_columns(), *_record_columns(definition))
    _index_versions(table)
    _index_records(table, definition)
    return table


def _version_columns() -> list[Column[Any]]:
    """What every registry's versions have."""
    return [
        Column("key", text_type(), nullable=False),
        Column("claimant", text_type(), nullable=False),
        Column("recorded_from", BigInteger, nullable=False),
        Column("recorded_to", BigInteger, nullable=False),
        Column("valid_from", BigInteger, nullable=False),
        Column("valid_to", BigInteger, nullable=False),
        Column("entry", BigInteger, nullable=False),
        Column("state", SmallInteger, nullable=False),  # ACTIVE, CEASED, ABSORBED
        Column("current", SmallInteger, nullable=False),
        Column("successors", text_type()),  # JSON list of keys, where ceased or absorbed
        Column("body", LargeBinary),  # None only where ceased
        Column("search", text_type()),  # hub.registries.vietnamese.search_text of the open search fields
    ]


def _record_columns(definition: Definition) -> list[Column[Any]]:
    """The typed columns of the record's fields, and what its texts sort by."""
    columns: list[Column[Any]] = []
    for field in definition.record.values():
        kind = column_type(field)
        if kind is not None:
            columns.append(Column(field_column(field.name), kind))
        if field.name in definition.sortable and field.kind == "string":
            columns.append(Column(sort_column(field.name), text_type()))
    return columns


def _index_versions(table: Table) -> None:
    """A key's history, and the parts that pinned questions and turns read."""
    Index(f"{table.name}_key", table.c.key, table.c.claimant, table.c.valid_from)
    parts = {
        "current": (table.c.key, f"current = {CURRENT}"),
        "closed": (table.c.recorded_to, f"recorded_to < {OPEN}"),
        "ending": (table.c.valid_to, f"recorded_to = {OPEN} AND valid_to < {OPEN}"),
        "upcoming": (table.c.valid_from, f"current = {UPCOMING}"),
    }
    for name, (column, condition) in parts.items():
        Index(f"{table.name}_{name}", column, sqlite_where=text(condition), postgresql_where=text(condition))


def _index_records(table: Table, definition: Definition) -> None:
    """What the definition wants to be asked and sorted quickly, of the current records alone."""
    current = text(f"current = {CURRENT}")
    for name in definition.indexes:
        sorts_as = sort_column(name) if sort_column(name) in table.c else field_column(name)
        Index(f"{table.name}_{name}", table.c[sorts_as], table.c.key, sqlite_where=current, postgresql_where=current)
    if definition.geometry:
        lon, lat = (table.c[field_column(one)] for one in definition.geometry)
        Index(f"{table.name}_place", lat, lon, sqlite_where=current, postgresql_where=current)


def _effects(prefix: str, metadata: MetaData) -> Table:
    """The further keys an entry touches (merge, separate, split, reorganise)."""
    return Table(
        f"{prefix}_effects",
        metadata,
        Column("key", text_type(), primary_key=True),
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("claimant", text_type(), nullable=False),
        Column("valid_from", BigInteger, nullable=False),
        Column("valid_to", BigInteger, nullable=False),
        Index(f"{prefix}_effects_number", "number"),
        _ending_index(f"{prefix}_effects_ending"),
    )


def _ending_index(name: str) -> Index:
    """Finds the ends of validity of a key, which few entries have."""
    ending = text(f"valid_to < {OPEN}")
    return Index(name, "key", "valid_to", sqlite_where=ending, postgresql_where=ending)


def _lineage(prefix: str, metadata: MetaData) -> Table:
    """From which record another came, as edges with both times. `details` is the edge's JSON."""
    return Table(
        f"{prefix}_lineage",
        metadata,
        Column("from_key", text_type(), nullable=False),
        Column("to_key", text_type()),  # None where `from_key` ended without successor
        Column("kind", text_type(), nullable=False),  # merge, split, reorganise, retire
        Column("valid_from", BigInteger, nullable=False),
        Column("recorded_from", BigInteger, nullable=False),
        Column("recorded_to", BigInteger, nullable=False),
        Column("entry", BigInteger, nullable=False),
        Column("details", Text),
        Index(f"{prefix}_lineage_from", "from_key"),
        Index(f"{prefix}_lineage_to", "to_key"),
        Index(f"{prefix}_lineage_entry", "entry"),
    )
