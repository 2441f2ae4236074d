"""A feed: one department's way in. What a source's rows become before they are events.

`producers/departments/<department>/department.yaml` declares a department and its feeds. A feed either
lists the whole of what it knows (mode `snapshot`: two successive lists become the events between them)
or tells facts one by one (mode `events`: a fact told before is not told again).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row was read: file, sheet (workbooks), row (1 is the first line of the file)."""

    file: str
    row: int
    sheet: str | None = None

    def __str__(self) -> str:
        sheet = f", sheet {self.sheet}" if self.sheet else ""
        return f"{self.file}{sheet}, row {self.row}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a source: its cells by column name, as read (text stays text)."""

    values: Mapping[str, Any]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a department states about `key`.

    In a snapshot feed `fields` is the whole record and `event` the name of the creating event; in an
    events feed it is one event, and `identity` tells it from every other fact of the feed (a fact with a
    known identity and equal content is not published again). Times are microseconds UTC. Field values
    are what the Avro schema takes: `datetime.date`, aware `datetime`, `Decimal`, `str`, `int`, `list`…
    """

    event: str
    key: str
    fields: Mapping[str, Any]
    origin: Origin
    identity: str | None = None
    happened_at: int | None = None
    valid_from: int | None = None
    valid_to: int | None = None
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row (or one of its fields) that was not taken, and why; `code` is stable, `way_out` says what to do."""

    origin: Origin
    field: str | None
    code: str
    message: str
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something noticed and normalised or left null by a named rule; the row was taken."""

    origin: Origin
    field: str
    rule: str
    message: str


class BatchQuarantined(Exception):
    """A whole source contradicts itself (it says 190 rows and holds 10): nothing of it is published."""

    code = "batch-quarantined"
    kind = "invalid"
    retriable = False


Finding = Fact | Refusal | Flag


@dataclass(frozen=True, slots=True)
class FeedContext:
    """What a feed's mapping is handed: how to open the files it names, and its declaration's options.

    `data` is the folder of real data, or None where it is absent. Every row of the feed's own sources
    passes through `take`, as `producers.reading.read_rows` sees to: it counts, and composes text.
    """

    data: Path | None
    options: Mapping[str, Any] = field(default_factory=dict)
    take: Callable[[Iterable[Row]], Iterable[Row]] = iter


MappingFunction = Callable[[FeedContext], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class FeedDeclaration:
    """One feed as `department.yaml` declares it.

    `needs` names the folders or files below the data folder that must be present for it to run.
    `events` names the created, changed and retired event types of a snapshot feed. `implementation` is
    `module:function` for a mapping in Python, else `source` and `mapping` are read by the mapping engine.

    `instead_of` names the feed that this one stands in for while the data of that is absent. A stand-in of
    the same system goes on with the same list (`ledger`). One of another system takes back what it told
    once it is not needed: then it is run with `withdrawn`.
    """

    name: str
    department: str
    registry: str
    system: str
    mode: str
    title_vi: str
    title_en: str
    needs: tuple[str, ...] = ()
    instead_of: str | None = None
    events: Mapping[str, str] = field(default_factory=dict)
    implementation: str | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    mapping: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    ledger: str | None = None
    withdrawn: bool = False

    @property
    def known_as(self) -> str:
        """The name under which an outbox remembers what this feed told."""
        return self.ledger or self.name
