"""Errors of the producers.

ProducerError
├── DeclarationError      a department.yaml is not acceptable; names file and field
├── SourceError           a source cannot be read as what it claims to be; names file and row
│   ├── EncodingUnknown   the bytes are in no encoding that the evidence supports
│   └── SourceUnavailable the address or database does not answer now; retriable
├── CatalogueRefused      the hub does not say what its schemas are
├── ValueRefused          a rule cannot make sense of a cell; becomes a `Refusal` of its row
├── EventInvalid          an event breaks its schema or envelope; names origin and field
│   └── SchemaUnknown     no schema of that event is known to the hub
├── OutboxError           the outbox cannot be used as asked
│   ├── DrainRunning      another process drains this outbox now; retriable
│   ├── NotPending        an event that was sent, or is not known, was to be set aside
│   └── OutboxUsed        a new incarnation was asked of an outbox that already published
└── IntakeRefused         the HTTP intake does not take an event; names its index and field

`BatchQuarantined` (a whole source contradicts itself) stands in `producers.feed`.
"""

from __future__ import annotations


class ProducerError(Exception):
    """Root of the producers' errors: a stable `code`, a `kind`, and whether trying again can help."""

    code = "producer-error"
    kind = "invalid"
    retriable = False


class DeclarationError(ProducerError):
    code = "invalid-declaration"

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


class SourceError(ProducerError):
    code = "unreadable-source"

    def __init__(self, file: str, message: str, *, row: int | None = None, way_out: str = "") -> None:
        where = file if row is None else f"{file}, row {row}"
        super().__init__(f"{where}: {message}" + (f" ({way_out})" if way_out else ""))
        self.file = file
        self.row = row
        self.way_out = way_out


class EncodingUnknown(SourceError):
    code = "encoding-unknown"


class SourceUnavailable(SourceError):
    code, kind, retriable = "source-unavailable", "unavailable", True


class CatalogueRefused(ProducerError):
    code, kind = "catalogue-refused", "internal"

    def __init__(self, registry: str, message: str) -> None:
        super().__init__(f"schemas of {registry}: {message}")
        self.registry = registry


class ValueRefused(ProducerError):
    """Raised by a rule; `code` names the rule's complaint, `way_out` says what the department can do."""

    code = "value-refused"

    def __init__(self, code: str, message: str, *, way_out: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.way_out = way_out


class EventInvalid(ProducerError):
    code = "invalid-event"

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message if field is None else f"{field}: {message}")
        self.field = field
        self.reason = message
        if code is not None:
            self.code = code


class SchemaUnknown(EventInvalid):
    code, kind = "unknown-schema", "not-found"


class OutboxError(ProducerError):
    code, kind = "outbox-error", "internal"


class DrainRunning(OutboxError):
    code, kind, retriable = "drain-running", "conflict", True


class NotPending(OutboxError):
    code, kind = "not-pending", "conflict"


class OutboxUsed(OutboxError):
    code, kind = "outbox-used", "conflict"


class IntakeRefused(ProducerError):
    """An event the intake does not take; `index` is its place in a batch, `code` the dead-letter reason."""

    def __init__(
        self, code: str, message: str, *, kind: str = "invalid", field: str | None = None, index: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.kind = kind
        self.field = field
        self.index = index
