"""What the control events add up to: schemas, registries, departments, tokens, keys, decisions, governance.

A pure fold. Every process that reads `hub.control` gets the same state at the same offset.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from hub.control.governance import (
    FIRST_DRAFT_ID,
    AccessKey,
    DeclaredConsumer,
    Deprecation,
    LintException,
    Proposal,
)
from schemas.avro import RecordSchema
from schemas.definition import Definition


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """One accepted schema: its subject (full name), version in the subject, id on the wire and GUID."""

    subject: str
    version: int
    id: int
    guid: str
    schema: RecordSchema


@dataclass(frozen=True, slots=True)
class Department:
    """A department: `code` begins its topics, `organisation` stands in its sources (`urn:hue:H57.15:…`)."""

    code: str
    organisation: str
    name_vi: str
    name_en: str
    contact: str


@dataclass(frozen=True, slots=True)
class DeadLetterDecision:
    """`retried` or `discarded` for the dead letter at a position."""

    registry: str
    topic: str
    partition: int
    offset: int
    decision: str
    note: str


@dataclass(slots=True)
class ControlState:
    """The state before control offset `offset`."""

    offset: int = 0
    number: int = 0
    schemas: dict[int, SchemaVersion] = field(default_factory=dict)
    schema_ids: dict[str, int] = field(default_factory=dict)  # by GUID
    subjects: dict[str, list[SchemaVersion]] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)  # by registry: the newest
    definition_texts: dict[str, str] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)  # SHA-256 (hex) of a token -> department code
    keys: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # key id -> (organisation, Ed25519 public key)
    decisions: dict[tuple[str, str, int, int], DeadLetterDecision] = field(default_factory=dict)
    # of the default context, free subjects included: the last id, and what keeps versions and ids apart
    last_schema_id: int = 0
    content_ids: dict[str, int] = field(default_factory=dict)  # Confluent's GUID of a content -> id
    last_versions: dict[str, int] = field(default_factory=dict)  # subject -> its highest version ever
    # governance
    access_keys: dict[str, AccessKey] = field(default_factory=dict)  # SHA-256 (hex) of a secret -> whose it is
    access_key_ids: set[str] = field(default_factory=set)  # of every access key ever issued
    consumers: dict[tuple[str, str], DeclaredConsumer] = field(default_factory=dict)  # by name and subject
    proposals: dict[int, Proposal] = field(default_factory=dict)
    last_draft_id: int = FIRST_DRAFT_ID - 1
    deprecations: dict[tuple[str, int], Deprecation] = field(default_factory=dict)  # by subject and version
    deleted_versions: set[tuple[str, int]] = field(default_factory=set)  # of managed subjects: deleted softly
    subject_levels: dict[str, str] = field(default_factory=dict)  # of managed subjects: their own compatibility level
    lint_levels: dict[str, str] = field(default_factory=dict)  # by rule, where not the packaged one
    lint_exceptions: dict[tuple[str, str], LintException] = field(default_factory=dict)  # by rule and place

    def copy(self) -> ControlState:
        """A state that can be changed while others read this one."""
        copied = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, value in copied.items():
            if isinstance(value, dict | set):
                copied[name] = value.copy()
        copied["subjects"] = {subject: versions.copy() for subject, versions in self.subjects.items()}
        return ControlState(**copied)

    def is_draft_schema(self, schema_id: int) -> bool:
        """Whether the id is one of a draft, or of none: an event never carries such an id."""
        return schema_id >= FIRST_DRAFT_ID

    def is_free_schema(self, schema_id: int) -> bool:
        """Whether the id belongs to a subject that no registry names: known, and never of an event here."""
        return 0 < schema_id <= self.last_schema_id and schema_id not in self.schemas

    def department_of_topic(self, topic: str) -> Department | None:
        """The department whose code begins `topic`."""
        return self.departments.get(topic.split(".", 1)[0])
