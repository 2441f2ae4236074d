"""Errors of the contract.

SchemaError
├── WireError          bytes that are not a Confluent-framed Avro value
├── EnvelopeError      a CloudEvents header is missing or malformed; names the header
├── ValueInvalid       a value does not fit its field's type; names the field
├── AvroInvalid        a schema is not valid Avro, or lacks what the hub asks for; names the place
└── DefinitionError    a registry definition is not acceptable; names file and field
"""

from __future__ import annotations


class SchemaError(Exception):
    """Root of the contract's errors: a stable `code`, a `kind`, and whether trying again can help."""

    code = "schema-error"
    kind = "invalid"
    retriable = False


class WireError(SchemaError):
    """Bytes that are not a Confluent-framed Avro value; `code` is a dead-letter reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class EnvelopeError(SchemaError):
    """A header of the event is missing or malformed; `header` names it, `code` is a dead-letter reason."""

    def __init__(self, code: str, header: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.header = header


class AvroInvalid(SchemaError):
    code = "invalid-schema"

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message


class DefinitionError(SchemaError):
    code = "invalid-definition"

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


class ValueInvalid(SchemaError):
    """A value does not fit the type of its field; `field` is its path (`edges[2].share`)."""

    code = "invalid-value"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message
