"""Runs a feed: reads its source, maps it, and puts exactly the new events into the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import orjson

from producers.catalogue import SchemaCatalogue
from producers.declarations import load_implementation
from producers.errors import EventInvalid
from producers.feed import BatchQuarantined, Fact, FeedContext, FeedDeclaration, Finding, Origin, Refusal
from producers.field_values import from_json_fields, to_json_fields
from producers.http_source import HttpSource
from producers.mapping import map_rows
from producers.outbox import Outbox, OutboxTransaction
from producers.publisher import Prepared, Publisher, Sign
from producers.reading import Reading
from producers.report import PublishReport
from producers.snapshot import RETIRE_LIMIT, Change, check_retirements, diff, refuse_doubles
from producers.source import Fetch, open_source
from schemas.avro import RecordSchema

EVENTS_PER_TRANSACTION = 500
PROGRESS_ROWS = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: `stage` is read or publish; `total` is None while it is not known."""

    stage: str
    done: int
    total: int | None = None


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class _Step:
    """One event to publish, and what the outbox is to know of its fact afterwards (None: forget it)."""

    prepared: Prepared
    identity: str
    content: dict[str, Any] | None


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
        steps = run.steps(fetch or HttpSource(outbox).fetch)
    except BatchQuarantined as error:
        run.report.quarantined = str(error)
        return run.report
    run.commit(steps)
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

    def steps(self, fetch: Fetch) -> list[_Step]:
        """The events to publish. Raises `BatchQuarantined` before any of them is."""
        known = self.outbox.facts(self.feed.known_as)
        if self.feed.withdrawn:
            return list(self._withdrawals(known))
        facts = self._facts(fetch)
        if self.feed.mode == "events":
            return list(self._events_steps(facts, known))
        return list(self._snapshot_steps(facts, known))

    def commit(self, steps: list[_Step]) -> None:
        """Put the events and what they were derived from into the outbox, some at a time."""
        remaining = iter(steps)
        done = 0
        while batch := list(islice(remaining, EVENTS_PER_TRANSACTION)):
            if not self.report.dry_run:
                self._write(batch)
            self.report.published.update(step.prepared.fact.event for step in batch)
            done += len(batch)
            self.progress(Progress("publish", done, len(steps)))

    def _write(self, batch: list[_Step]) -> None:
        with self.outbox.transaction() as transaction:
            for step in batch:
                event_id = self.publisher.enqueue(transaction, step.prepared)
                self._remember(transaction, step, event_id)

    def _remember(self, transaction: OutboxTransaction, step: _Step, event_id: str) -> None:
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
        return facts

    def _findings(self, fetch: Fetch) -> Iterator[Finding]:
        if self.feed.implementation is None:
            return map_rows(self.feed, self.context.take(open_source(self.feed.source, self.context.data, fetch=fetch)))
        return load_implementation(self.feed.implementation)(self.context)

    def _count(self, rows: int) -> None:
        self.report.read = rows
        if rows % PROGRESS_ROWS == 0:
            self.progress(Progress("read", rows))

    # feeds that tell facts one by one

    def _events_steps(self, facts: list[Fact], known: dict[str, dict[str, Any]]) -> Iterator[_Step]:
        told: dict[str, Fact] = {}
        for fact in facts:
            identity = fact.identity or f"{fact.event}~{fact.key}"
            content = _content(fact)
            first = told.setdefault(identity, fact)
            if first is not fact and _content(first) != content:
                self.report.refused.append(_told_twice(fact, first, identity))
            elif first is not fact or known.get(identity) == content:
                self.report.unchanged += 1
            elif step := self._prepared(fact, identity, content, corrects=self._corrected(fact, identity, known)):
                yield step

    def _corrected(self, fact: Fact, identity: str, known: dict[str, dict[str, Any]]) -> str | None:
        """The id of the event that told this fact of this key otherwise, which the new one corrects."""
        if known.get(identity, {}).get("key") != fact.key:
            return None
        return self.outbox.find_event_id(self.feed.known_as, identity)

    # stand-ins that are not needed any more

    def _withdrawals(self, known: dict[str, dict[str, Any]]) -> Iterator[_Step]:
        """A retraction of each event that told what is known; nothing is read."""
        origin = Origin(f"the outbox of {self.feed.name}", 0)
        for identity, content in known.items():
            corrects = self.outbox.find_event_id(self.feed.known_as, identity)
            if corrects is None:
                continue
            fact = _told(content, origin)
            found, _ = self.publisher.schema_of(fact)
            fact = replace(fact, fields=from_json_fields(found.schema, fact.fields))
            prepared = self.publisher.prepare(fact, correction="retracted", corrects=corrects)
            self.report.withdrawn += 1
            yield _Step(prepared, identity, None)

    # feeds that list all they know

    def _snapshot_steps(self, facts: list[Fact], known: dict[str, dict[str, Any]]) -> Iterator[_Step]:
        by_key, doubles = refuse_doubles(facts)
        self.report.refused += doubles
        listed = {key: _rounded(to_json_fields(fact.fields)) for key, fact in by_key.items()}
        kept = self._kept(known, listed, doubled={fact.key for fact in facts} - by_key.keys())
        check_retirements(known, listed | kept, limit=float(self.context.options.get("retire_limit", RETIRE_LIMIT)))
        changes = list(diff(known, listed | kept))
        self.report.unchanged = len(listed) - sum(change.kind != "retired" for change in changes)
        ended_at = max((fact.happened_at or 0 for fact in facts), default=0) or self.outbox.now()
        for change in changes:
            fact = self._fact_of(change, by_key, known, ended_at)
            if fact is None:
                self.report.missing += 1
                continue
            step = self._prepared(fact, change.key, listed.get(change.key))
            if step is not None:
                yield step

    def _kept(
        self, known: dict[str, dict[str, Any]], listed: dict[str, dict[str, Any]], *, doubled: set[str]
    ) -> dict[str, dict[str, Any]]:
        """Known records that stay although the list lacks them: their row may be one that was refused."""
        lacking = {key: fields for key, fields in known.items() if key not in listed}
        if self._lost_rows() and not self.context.options.get("retire_despite_refusals", False):
            self.report.withheld = len(lacking)
            return lacking
        return {key: fields for key, fields in lacking.items() if key in doubled}

    def _lost_rows(self) -> bool:
        return any(refusal.code != "duplicate-key" for refusal in self.report.refused)

    def _fact_of(
        self, change: Change, by_key: dict[str, Fact], known: dict[str, dict[str, Any]], ended_at: int
    ) -> Fact | None:
        """The event of a change; None for a retirement that this feed does not tell."""
        if change.kind == "retired":
            return self._retired(change.key, known[change.key], ended_at)
        fact = by_key[change.key]
        event = self.feed.events.get("changed")
        if change.kind == "created" or event is None:
            return replace(fact, event=fact.event or self.feed.events["created"])
        return self._changed(fact, event, change.changed)

    def _changed(self, fact: Fact, event: str, changed: tuple[str, ...]) -> Fact:
        """A patch: the changed fields and those the schema always asks for. It never holds before its record."""
        fact = replace(fact, event=event)
        found, _ = self.publisher.schema_of(fact)
        always = [name for name, one in found.schema.fields.items() if not one.nullable and name != "changed"]
        fields = {name: fact.fields.get(name) for name in dict.fromkeys([*always, *changed])}
        happened_at = self.outbox.now() if fact.happened_at is None else fact.happened_at
        valid_from = max(happened_at, fact.valid_from or happened_at)
        return replace(
            fact, fields={**fields, "changed": list(changed)}, happened_at=happened_at, valid_from=valid_from
        )

    def _retired(self, key: str, known: dict[str, Any], ended_at: int) -> Fact | None:
        event = self.feed.events.get("retired")
        if event is None:
            return None
        fact = Fact(event, key, {}, Origin(f"the list of {self.feed.name}", 0), happened_at=ended_at)
        found, _ = self.publisher.schema_of(fact)
        needed = {name: known.get(name) for name, one in found.schema.fields.items() if not one.nullable}
        return replace(fact, fields=from_json_fields(found.schema, needed))

    def _prepared(
        self, fact: Fact, identity: str, content: dict[str, Any] | None, *, corrects: str | None = None
    ) -> _Step | None:
        """The step that publishes `fact`; None where it is refused."""
        correction = "changed" if corrects is None else "corrected"
        try:
            prepared = self.publisher.prepare(fact, correction=correction, corrects=corrects)
        except EventInvalid as error:
            if error.kind == "not-found":
                raise
            refusal = Refusal(fact.origin, error.field, error.code, error.reason, "correct it at the source")
            self.report.refused.append(refusal)
            return None
        return _Step(prepared, identity, content)


def _read_back(schema: RecordSchema, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A record as the API shows it, as the outbox keeps it: the fields of the created event, decimals as text."""
    known = {name: value for name, value in fields.items() if name in schema.fields}
    return to_json_fields(from_json_fields(schema, known))


def _told_twice(fact: Fact, first: Fact, identity: str) -> Refusal:
    message = f"{identity!r} is told otherwise in {first.origin}"
    return Refusal(fact.origin, None, "duplicate-identity", message, "keep one of the two rows")


def _told(content: Mapping[str, Any], origin: Origin) -> Fact:
    """The fact of a feed of events that an outbox remembers as `content`; its fields are JSON."""
    return Fact(
        event=content["event"],
        key=content["key"],
        fields=content["fields"],
        origin=origin,
        happened_at=content["valid_from"],
        valid_from=content["valid_from"],
        valid_to=content["valid_to"],
        legal_basis=content["legal_basis"],
    )


def _content(fact: Fact) -> dict[str, Any]:
    return _rounded(
        {
            "event": fact.event,
            "key": fact.key,
            "fields": to_json_fields(fact.fields),
            "valid_from": fact.valid_from,
            "valid_to": fact.valid_to,
            "legal_basis": fact.legal_basis,
        }
    )


def _rounded(document: dict[str, Any]) -> dict[str, Any]:
    """`document` as it comes back from the outbox."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(document))
    return found


def _say_nothing(progress: Progress) -> None:
    pass
