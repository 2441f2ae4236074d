"""Runs a feed: reads its source, maps it, and puts exactly the new events into the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from producers.catalogue import SchemaCatalogue
from producers.declarations import load_implementation
from producers.feed import BatchQuarantined, Fact, FeedContext, FeedDeclaration, Finding
from producers.field_values import from_json_fields, to_json_fields
from producers.http_source import HttpSource
from producers.mapping import map_rows
from producers.outbox import Outbox, OutboxTransaction
from producers.publisher import Publisher, Sign
from producers.reading import Reading
from producers.report import PublishReport
from producers.source import Fetch, open_source
from producers.steps import Step, Steps
from schemas.avro import RecordSchema

EVENTS_PER_TRANSACTION = 2000
PROGRESS_ROWS = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `stage` is read or publish; `total` is None while it is not known."""

    stage: str
    done: int
    total: int | None = None


OnProgress = Callable[[Progress], None]


def topic_of(feed: FeedDeclaration) -> str:
    """The topic a feed writes to."""
    return f"{feed.department}.{feed.registry}.v1"


def publish_feed(
    declaration: FeedDeclaration,
    context: FeedContext,
    outbox: Outbox,
    catalogue: SchemaCatalogue,
    *,
    source: str,
    dry_run: bool = False,
    progress: OnProgress | None = None,
    schema_url: str = "urn:hub:schemas",
    sign: Sign | None = None,
    fetch: Fetch | None = None,
) -> PublishReport:
    """Publish what is new in a feed into `outbox`, and tell what became of its rows.

    `source` is the `ce_source` (`DepartmentDeclaration.source_of`). With `dry_run` everything is checked
    and nothing is written. A quarantined source is told in the report. Raises `DeclarationError`,
    `SourceError` and `SchemaUnknown`, for then no row could be judged.
    """
    publisher = Publisher(outbox, source, topic_of(declaration), catalogue, schema_url=schema_url, sign=sign)
    run = _Run(declaration, context, publisher, PublishReport(declaration.name, dry_run), progress or _say_nothing)
    try:
        steps, total = run.steps(fetch or HttpSource(outbox).fetch)
    except BatchQuarantined as error:
        run.report.quarantined = str(error)
        return run.report
    run.commit(steps, total)
    return run.report


def restart_feed(
    declaration: FeedDeclaration,
    outbox: Outbox,
    *,
    source: str,
    incarnation: int,
    catalogue: SchemaCatalogue,
    state_of: Callable[[str], dict[str, dict[str, Any]]],
) -> int:
    """Begin `source;<incarnation>` in a fresh outbox after the old one was lost; returns the records read back.

    `state_of(registry)` gives what the hub knows now: key -> fields as JSON. A feed of mode events reads
    nothing back: its facts are told again, under the new incarnation.
    """
    state = state_of(declaration.registry) if declaration.mode == "snapshot" else {}
    found = catalogue.find(declaration.registry, declaration.events.get("created", ""))
    if found is not None:
        state = {key: _read_back(found.schema, fields) for key, fields in state.items()}
    outbox.restart(source, topic_of(declaration), feed=declaration.known_as, incarnation=incarnation, state=state)
    return len(state)


class _Run:
    """One run of one feed."""

    def __init__(
        self,
        feed: FeedDeclaration,
        context: FeedContext,
        publisher: Publisher,
        report: PublishReport,
        progress: OnProgress,
    ) -> None:
        self.feed = feed
        self.reading = Reading(self._count, report.take)
        self.context = replace(context, options={**feed.options, **context.options}, take=self.reading.take)
        self.publisher = publisher
        self.outbox = publisher.outbox
        self.report = report
        self.progress = progress

    def steps(self, fetch: Fetch) -> tuple[Iterator[Step], int]:
        """The events to publish, and how many facts they are made of. Raises `BatchQuarantined` before any is."""
        steps = Steps(self.feed, self.publisher, self.report, self.context.options)
        if self.feed.withdrawn:
            return steps.of_withdrawal(), len(self.outbox.contents(self.feed.known_as))
        facts = self._facts(fetch)
        return (steps.of_events(facts) if self.feed.mode == "events" else steps.of_snapshot(facts)), len(facts)

    def commit(self, steps: Iterator[Step], total: int) -> None:
        """Put the events and what they were derived from into the outbox, some at a time."""
        done = 0
        while batch := list(islice(steps, EVENTS_PER_TRANSACTION)):
            if not self.report.dry_run:
                self._write(batch)
            self.report.published.update(step.prepared.fact.event for step in batch)
            done += len(batch)
            self.progress(Progress("publish", done, total))
        self.progress(Progress("publish", done, done))

    def _write(self, batch: list[Step]) -> None:
        with self.outbox.transaction() as transaction:
            for step in batch:
                event_id = self.publisher.enqueue(transaction, step.prepared)
                self._remember(transaction, step, event_id)

    def _remember(self, transaction: OutboxTransaction, step: Step, event_id: str) -> None:
        if step.content is None:
            transaction.drop_fact(self.feed.known_as, step.identity)
        else:
            transaction.keep_fact(self.feed.known_as, step.identity, step.content, event_id=event_id)

    def _facts(self, fetch: Fetch) -> list[Fact]:
        facts = []
        for finding in self._findings(fetch):
            self.report.take(finding)
            if isinstance(finding, Fact):
                facts.append(finding)
        self.progress(Progress("read", self.reading.count, self.reading.count))
        for event in {fact.event: fact for fact in facts if fact.event}.values():
            self.publisher.schema_of(event)
        return facts

    def _findings(self, fetch: Fetch) -> Iterator[Finding]:
        if self.feed.implementation is None:
            return map_rows(self.feed, self.context.take(open_source(self.feed.source, self.context.data, fetch=fetch)))
        return load_implementation(self.feed.implementation)(self.context)

    def _count(self, rows: int) -> None:
        self.report.read = rows
        if rows % PROGRESS_ROWS == 0:
            self.progress(Progress("read", rows))


def _read_back(schema: RecordSchema, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A record as the API shows it, as the outbox keeps it: the fields of the created event, decimals as text."""
    known = {name: value for name, value in fields.items() if name in schema.fields}
    return to_json_fields(from_json_fields(schema, known))


def _say_nothing(progress: Progress) -> None:
    pass
