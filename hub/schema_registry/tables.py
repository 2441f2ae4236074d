"""What the control events about schemas add up to, as tables: filled in order, droppable, restored from the log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

# the last control event applied; `purges` counts what is deleted or restored: cached answers are dropped
progress = Table(
    "schema_progress",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("applied", BigInteger, nullable=False),
    Column("purges", BigInteger, nullable=False),
)
# `settings`: the last control event that changed any of them
marks = Table(
    "schema_marks",
    metadata,
    Column("name", String, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
SETTINGS_MARK = "settings"
schemas = Table(
    "schema_contents",
    metadata,
    Column("context", String, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("guid", String, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("refs", Text, nullable=False),  # JSON, empty where there are none
    Column("metadata", Text, nullable=False),  # JSON, empty where there is none
    Column("rules", Text, nullable=False),
)
versions = Table(
    "schema_versions",
    metadata,
    Column("subject", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("context", String, nullable=False),
    Column("id", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds
    Index("schema_versions_by_id", "context", "id"),
)
references = Table(
    "schema_references",
    metadata,
    Column("subject", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("to_subject", String, primary_key=True),
    Column("to_version", Integer, primary_key=True, autoincrement=False),
    Index("schema_references_by_target", "to_subject", "to_version"),
)
settings = Table(
    "schema_settings",
    metadata,
    Column("subject", String, primary_key=True),
    Column("config", Text),
    Column("mode", String),
)
managed = Table(
    "schema_managed",
    metadata,
    Column("subject", String, primary_key=True),
    Column("registry", String, nullable=False),
)
associations = Table(
    "schema_associations",
    metadata,
    Column("resource_id", String, primary_key=True),
    Column("resource_type", String, primary_key=True),
    Column("association_type", String, primary_key=True),
    Column("resource_name", String, nullable=False),
    Column("resource_namespace", String, nullable=False),
    Column("subject", String, nullable=False, index=True),
    Column("lifecycle", String, nullable=False),
    Column("frozen", Boolean, nullable=False),
    Column("guid", String, nullable=False),  # the id of the control event that made it
    Column("created_at", BigInteger, nullable=False),  # microseconds
    Column("updated_at", BigInteger, nullable=False),
    Index("schema_associations_by_name", "resource_name", "resource_namespace"),
)
