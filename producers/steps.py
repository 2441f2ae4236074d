"""The events that one run publishes: what is new or changed between what a feed told last and its facts now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from producers.errors import EventInvalid
from producers.feed import Fact, FeedDeclaration, Origin, Refusal
from producers.field_values import from_json_fields, to_json_fields
from producers.outbox import dump_content
from producers.publisher import Prepared, Publisher
from producers.report import PublishReport
from producers.snapshot import RETIRE_LIMIT, Change, check_retirements, diff, refuse_doubles


@dataclass(frozen=True, slots=True)
class Step:
    """One event to publish, and what the outbox is to know of its fact afterwards (None: forget it)."""

    prepared: Prepared
    identity: str
    content: bytes | None


class Steps:
    """The steps of one run of `feed`, made as they are asked for; what is refused on the way goes to `report`."""

    def __init__(
        self, feed: FeedDeclaration, publisher: Publisher, report: PublishReport, options: Mapping[str, Any]
    ) -> None:
        self._feed = feed
        self._publisher = publisher
        self._outbox = publisher.outbox
        self._report = report
        self._options = options

    # feeds that tell facts one by one

    def of_events(self, facts: list[Fact]) -> Iterator[Step]:
        """The facts that were not told before, and corrections of those told otherwise."""
        known = self._outbox.contents(self._feed.known_as)
        told: dict[str, Fact] = {}
        for fact in facts:
            identity = fact.identity or f"{fact.event}~{fact.key}"
            content = _content(fact)
            first = told.setdefault(identity, fact)
            if first is not fact and _content(first) != content:
                self._report.refused.append(_told_twice(fact, first, identity))
            elif first is not fact or known.get(identity) == content:
                self._report.unchanged += 1
            else:
                corrects = self._corrected(fact, identity, known.get(identity))
                if step := self._prepared(fact, identity, content, corrects=corrects):
                    yield step

    def _corrected(self, fact: Fact, identity: str, known: bytes | None) -> str | None:
        """The id of the event that told this fact of this key otherwise, which the new one corrects."""
        if known is None or orjson.loads(known).get("key") != fact.key:
            return None
        return self._outbox.find_event_id(self._feed.known_as, identity)

    # stand-ins that are not needed any more

    def of_withdrawal(self) -> Iterator[Step]:
        """A retraction of each event that told what is known; nothing is read."""
        for identity, content in self._outbox.contents(self._feed.known_as).items():
            corrects = self._outbox.find_event_id(self._feed.known_as, identity)
            if corrects is not None:
                fact = self._told(orjson.loads(content))
                prepared = self._publisher.prepare(fact, correction="retracted", corrects=corrects)
                self._report.withdrawn += 1
                yield Step(prepared, identity, None)

    def _told(self, content: dict[str, Any]) -> Fact:
        """The fact that was told with `content`."""
        fields = content.pop("fields")
        origin = Origin(f"the outbox of {self._feed.name}", 0)
        fact = Fact(fields={}, origin=origin, happened_at=content["valid_from"], **content)
        found, _ = self._publisher.schema_of(fact)
        return replace(fact, fields=from_json_fields(found.schema, fields))

    # feeds that list all they know

    def of_snapshot(self, facts: list[Fact]) -> Iterator[Step]:
        """The events between what was listed last and `facts`. Raises `BatchQuarantined` before the first."""
        known = self._outbox.facts(self._feed.known_as)
        by_key, doubles = refuse_doubles(facts)
        self._report.refused += doubles
        listed = {key: _rounded(to_json_fields(fact.fields)) for key, fact in by_key.items()}
        kept = self._kept(known, listed, doubled={fact.key for fact in facts} - by_key.keys())
        check_retirements(known, listed | kept, limit=float(self._options.get("retire_limit", RETIRE_LIMIT)))
        changes = list(diff(known, listed | kept))
        self._report.unchanged = len(listed) - sum(change.kind != "retired" for change in changes)
        ended_at = max((fact.happened_at or 0 for fact in facts), default=0) or self._outbox.now()
        wanted = ((change, self._fact_of(change, by_key, known, ended_at)) for change in changes)
        return self._snapshot_steps(wanted, listed)

    def _snapshot_steps(
        self, wanted: Iterable[tuple[Change, Fact | None]], listed: dict[str, dict[str, Any]]
    ) -> Iterator[Step]:
        for change, fact in wanted:
            if fact is None:
                self._report.missing += 1
            elif step := self._prepared(fact, change.key, _bytes(listed.get(change.key))):
                yield step

    def _kept(
        self, known: dict[str, dict[str, Any]], listed: dict[str, dict[str, Any]], *, doubled: set[str]
    ) -> dict[str, dict[str, Any]]:
        """Known records that stay although the list lacks them: their row may be one that was refused."""
        lacking = {key: fields for key, fields in known.items() if key not in listed}
        if self._lost_rows():
            self._report.withheld = len(lacking)
            return lacking
        return {key: fields for key, fields in lacking.items() if key in doubled}

    def _lost_rows(self) -> bool:
        """Whether a refused row may have been one of the records that the list lacks."""
        harmless = {"duplicate-key", *self._options.get("retire_despite", ())}
        return any(refusal.code not in harmless for refusal in self._report.refused)

    def _fact_of(
        self, change: Change, by_key: dict[str, Fact], known: dict[str, dict[str, Any]], ended_at: int
    ) -> Fact | None:
        """The event of a change; None for a retirement that this feed does not tell."""
        if change.kind == "retired":
            return self._retired(change.key, known[change.key], ended_at)
        fact = by_key[change.key]
        event = self._feed.events.get("changed")
        if change.kind == "created" or event is None:
            return replace(fact, event=fact.event or self._feed.events["created"])
        return self._changed(fact, event, change.changed)

    def _changed(self, fact: Fact, event: str, changed: tuple[str, ...]) -> Fact:
        """A patch: the changed fields and those the schema always asks for. It never holds before its record."""
        fact = replace(fact, event=event)
        found, _ = self._publisher.schema_of(fact)
        always = [name for name, one in found.schema.fields.items() if not one.nullable and name != "changed"]
        fields = {name: fact.fields.get(name) for name in dict.fromkeys([*always, *changed])}
        happened_at = self._outbox.now() if fact.happened_at is None else fact.happened_at
        valid_from = max(happened_at, fact.valid_from or happened_at)
        return replace(
            fact, fields={**fields, "changed": list(changed)}, happened_at=happened_at, valid_from=valid_from
        )

    def _retired(self, key: str, known: dict[str, Any], ended_at: int) -> Fact | None:
        event = self._feed.events.get("retired")
        if event is None:
            return None
        fact = Fact(event, key, {}, Origin(f"the list of {self._feed.name}", 0), happened_at=ended_at)
        found, _ = self._publisher.schema_of(fact)
        needed = {name: known.get(name) for name, one in found.schema.fields.items() if not one.nullable}
        return replace(fact, fields=from_json_fields(found.schema, needed))

    def _prepared(
        self, fact: Fact, identity: str, content: bytes | None, *, corrects: str | None = None
    ) -> Step | None:
        """The step that publishes `fact`; None where it is refused."""
        correction = "changed" if corrects is None else "corrected"
        try:
            prepared = self._publisher.prepare(fact, correction=correction, corrects=corrects)
        except EventInvalid as error:
            if error.kind == "not-found":
                raise
            refusal = Refusal(fact.origin, error.field, error.code, error.reason, "correct it at the source")
            self._report.refused.append(refusal)
            return None
        return Step(prepared, identity, content)


def _told_twice(fact: Fact, first: Fact, identity: str) -> Refusal:
    message = f"{identity!r} is told otherwise in {first.origin}"
    return Refusal(fact.origin, None, "duplicate-identity", message, "keep one of the two rows")


def _content(fact: Fact) -> bytes:
    return dump_content(
        {
            "event": fact.event,
            "key": fact.key,
            "fields": to_json_fields(fact.fields),
            "valid_from": fact.valid_from,
            "valid_to": fact.valid_to,
            "legal_basis": fact.legal_basis,
        }
    )


def _bytes(document: dict[str, Any] | None) -> bytes | None:
    return None if document is None else dump_content(document)


def _rounded(document: dict[str, Any]) -> dict[str, Any]:
    """`document` as it comes back from the outbox."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(document))
    return found
