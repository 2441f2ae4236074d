"""Events decided in another process, as plain tuples on their way to the one that applies them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from consumers.acceptance import Acceptance, Accepted, Rejected
from consumers.effects import Effects
from consumers.fold import RETRACTED
from consumers.history import CORRECTION_CODES
from hub.control.state import ControlState
from hub.log.interface import Partition, Record
from hub.registries.rows import RowMaker
from schemas.definition import Definition
from schemas.event import Envelope
from schemas.times import OPEN

Row = tuple[Any, ...]
_RAW = 5
_PUTS = ("put", "append")


@dataclass(frozen=True, slots=True)
class Chunk:
    """The records of `start` <= offset < `end`, decided under the control events before `control_offset`."""

    start: int
    end: int
    control_offset: int
    version: int
    size: int
    rows: list[Row]

    def split(self, at: int) -> tuple[Chunk, Chunk]:
        """The records before the offset `at`, and the others."""
        first = [row for row in self.rows if row[0] < at]
        rest = self.rows[len(first) :]
        return replace(self, end=at, rows=first), replace(self, start=at, rows=rest)

    def decisions(
        self, partition: Partition, decide: Callable[[Record], Accepted | Rejected]
    ) -> list[Accepted | Rejected]:
        """What was decided; `decide` is asked about what could not be told in plain tuples."""
        topic, number = partition
        return [
            decide(Record(topic, number, *row)) if len(row) == _RAW else _accepted(topic, number, row)
            for row in self.rows
        ]


def _accepted(topic: str, number: int, row: Row) -> Accepted:
    offset, value, appended_at, headers, envelope, schema_id, claimant, digest, fields, payload = row
    told = Envelope(*envelope)
    record = Record(topic, number, offset, told.subject.encode(), value, (), appended_at)
    return Accepted(record, told, schema_id, fields, claimant, digest, headers, payload=payload)


class Teller:
    """Decides records and tells the decisions as rows of a `Chunk`."""

    def __init__(self, definition: Definition, state: ControlState) -> None:
        self._acceptance = Acceptance(definition)
        self._effects = Effects(definition, RowMaker(definition))
        self._puts = frozenset(name for name, rule in definition.events.items() if rule.operation in _PUTS)
        self._state = state

    def row(self, record: Record) -> Row:
        """An accepted event; any other record as it stands in the log."""
        one = self._acceptance.decide(record, self._state)
        if isinstance(one, Rejected):
            return record[2:]
        told, fields, payload = one.envelope, one.fields, None
        if told.type in self._puts and CORRECTION_CODES[told.correction] != RETRACTED:
            payload = self._effects.changes(told.type, told.subject, fields)[told.subject].body
            fields = {}
        return (
            record.offset, record.value, record.appended_at, one.headers, _spread(told), one.schema_id, one.claimant,
            one.digest, fields, payload,
        )  # fmt: skip


def _spread(told: Envelope) -> Row:
    """What the applying process reads of an envelope, in the order of its fields."""
    head = (
        told.id, told.source, told.type, told.subject, told.happened_at, told.sequence, told.dataschema,
        told.valid_from,
    )  # fmt: skip
    if told.valid_to == OPEN and told.corrects is None:
        return head
    return (*head, told.valid_to, told.correction, told.corrects)
