"""Errors of the schema registry. `number` is Confluent's `error_code`, which clients read.

SchemaRegistryError
├── NotFound         a subject, version, schema, setting or route that is not there
├── SchemaInvalid    a schema, version, level, mode or subject that cannot be (42201 to 42211)
├── NotPermitted     against the mode, a reference or an id that stands (42205, 42206, 42207)
├── Incompatible     the level of the subject objects; carries the reasons
├── Forbidden        a subject governed by a registry, a draft, or no key that may write
├── AssociationInvalid   an association that cannot be (42212); names the property
├── AssociationConflict  an association or a frozen one stands against it (40902 to 40908)
└── Moved            another writer was first: decide again; never reaches a client
"""

from __future__ import annotations


class SchemaRegistryError(Exception):
    """Root: a stable `code`, a `kind`, whether trying again can help, and Confluent's number."""

    code = "schema-registry-error"
    kind = "internal"
    retriable = False

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


class NotFound(SchemaRegistryError):
    code, kind = "schema-registry-not-found", "not-found"


class SchemaInvalid(SchemaRegistryError):
    code, kind = "schema-registry-invalid", "invalid"


class NotPermitted(SchemaRegistryError):
    code, kind = "schema-registry-not-permitted", "invalid"


class Forbidden(SchemaRegistryError):
    code, kind = "schema-registry-forbidden", "forbidden"


class Incompatible(SchemaRegistryError):
    code, kind = "schema-incompatible", "conflict"

    def __init__(self, subject: str, reasons: list[str]) -> None:
        listed = ", ".join(reasons)
        super().__init__(
            409,
            f'Schema being registered is incompatible with an earlier schema for subject "{subject}", '
            f"details: [{listed}]",
        )
        self.reasons = reasons


class AssociationInvalid(SchemaRegistryError):
    code, kind = "schema-association-invalid", "invalid"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(42212, f"The association specified an invalid value for property: '{name}', detail: {reason}")
        self.name = name


class AssociationConflict(SchemaRegistryError):
    code, kind = "schema-association-conflict", "conflict"


class Moved(Exception):
    """What was decided on has changed since."""

    code, kind, retriable = "schema-registry-moved", "conflict", True


def subject_not_found(subject: str) -> NotFound:
    return NotFound(40401, f"Subject '{subject}' not found.")


def version_not_found(version: object) -> NotFound:
    return NotFound(40402, f"Version {version} not found.")


def schema_not_found(schema_id: object = None) -> NotFound:
    return NotFound(40403, "Schema not found" if schema_id is None else f"Schema {schema_id} not found")
