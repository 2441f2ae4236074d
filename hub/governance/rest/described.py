"""Proposals, consumers and usage in the words of the answers. Names of persons are not told."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from hub.control.governance import Closing, DeclaredConsumer, Proposal, Rehearsed, Review
from hub.governance.changes import SchemaChange
from hub.governance.rest.answers import address
from hub.governance.usage import SeenKey, Usage, Writer
from schemas.times import format_instant

_SCHEMAS = "/schema-registry"
_CASES = 10  # failing events that a proposal itself names
_RECORDS = ("before", "after", "changed", "appeared", "disappeared")


def describe_proposal(base_url: str, proposal: Proposal) -> dict[str, Any]:
    """A proposal as lists show it."""
    return {
        "proposal": proposal.number,
        "revision": proposal.revision,
        "kind": proposal.kind,
        "registry": proposal.registry,
        "status": proposal.status,
        "reason": proposal.reason,
        "organisation": proposal.organisation,
        "keyId": proposal.key_id,
        "madeAt": format_instant(proposal.made_at),
        "subjects": subjects_of(proposal),
        "links": proposal_links(base_url, proposal),
    }


def subjects_of(proposal: Proposal) -> list[str]:
    """The subjects a proposal would change."""
    if proposal.drafts:
        return [one.subject for one in proposal.drafts]
    change = orjson.loads(proposal.change or "{}")
    return [change["subject"]] if change.get("subject") else []


def proposal_links(base_url: str, proposal: Proposal) -> dict[str, str]:
    """Where to read on about a proposal."""
    links = {"self": address(base_url, "proposals", proposal.number)}
    if proposal.rehearsed is not None:
        links["rehearsal"] = address(base_url, "proposals", proposal.number, "rehearsal")
    if proposal.drafts:
        links["drafts"] = f"{base_url}{_SCHEMAS}/contexts/{quote(proposal.context)}/subjects"
    return links


def describe_whole(base_url: str, proposal: Proposal) -> dict[str, Any]:
    """Everything about a proposal but the full report of its rehearsal."""
    return {
        **describe_proposal(base_url, proposal),
        "context": proposal.context if proposal.drafts else None,
        "drafts": [_draft(base_url, proposal, index) for index in range(len(proposal.drafts))],
        "definition": proposal.definition,
        "change": orjson.loads(proposal.change) if proposal.change else None,
        "findings": orjson.loads(proposal.findings or "[]"),
        "rehearsal": describe_rehearsal(proposal.rehearsed) if proposal.rehearsed else None,
        "rehearsalRequested": proposal.rehearsal_requested,
        "reviews": [_review(one) for one in proposal.reviews],
        "closing": _closing(proposal.closing) if proposal.closing else None,
    }


def _draft(base_url: str, proposal: Proposal, index: int) -> dict[str, Any]:
    draft = proposal.drafts[index]
    return {
        "subject": draft.subject,
        "version": draft.version,
        "id": draft.id,
        "guid": draft.guid,
        "schema": draft.text,
        "link": f"{base_url}{_SCHEMAS}/contexts/{quote(proposal.context)}/schemas/ids/{draft.id}",
    }


def describe_rehearsal(rehearsed: Rehearsed) -> dict[str, Any]:
    """What a rehearsal came to, in short; the report holds the rest."""
    report = orjson.loads(rehearsed.report)
    records = report.get("records", {})
    return {
        "passed": rehearsed.passed,
        "pin": rehearsed.pin,
        "sha256": rehearsed.sha256,
        "at": format_instant(rehearsed.at),
        "counts": report.get("counts", {}),
        "failing": report.get("failing", [])[:_CASES],
        "becomesPublic": report.get("becomes_public", []),
        "breaks": [one["consumer"] for one in report.get("consumers", []) if one.get("breaks")],
        "records": {name: records[name] for name in _RECORDS if name in records},
    }


def _review(review: Review) -> dict[str, Any]:
    return {
        "capacity": review.capacity,
        "consumer": review.consumer,
        "verdict": review.verdict,
        "reason": review.reason,
        "organisation": review.organisation,
        "keyId": review.key_id,
        "at": format_instant(review.at),
    }


def _closing(closing: Closing) -> dict[str, Any]:
    return {
        "reason": closing.reason,
        "legalBasis": closing.legal_basis,
        "overruled": closing.overruled,
        "organisation": closing.organisation or None,
        "keyId": closing.key_id,
        "at": format_instant(closing.at),
    }


def describe_consumer(base_url: str, consumer: DeclaredConsumer) -> dict[str, Any]:
    """A declared consumer."""
    return {
        "consumer": consumer.consumer,
        "subject": consumer.subject,
        "organisation": consumer.organisation,
        "title": consumer.title,
        "contact": consumer.contact,
        "readerSchema": consumer.reader_schema,
        "fields": list(consumer.fields),
        "links": {"self": address(base_url, "consumers", consumer.consumer, "subjects", consumer.subject)},
    }


def describe_usage(base_url: str, usage: Usage) -> dict[str, Any]:
    """Who uses a subject."""
    return {
        "subject": usage.subject,
        "registries": list(usage.registries),
        "writers": [_writer(one) for one in usage.writers],
        "consumers": [describe_consumer(base_url, one) for one in usage.consumers],
        "lastSeen": [_seen(one) for one in usage.seen],
        "writingDeprecated": [_writer(one) for one in usage.late_writers],
    }


def _writer(writer: Writer) -> dict[str, Any]:
    return {
        "registry": writer.registry,
        "version": writer.version,
        "schemaId": writer.schema_id,
        "source": writer.source,
        "department": writer.department,
        "topic": writer.topic,
        "events": writer.events,
        "firstEntry": writer.first_entry,
        "lastEntry": writer.last_entry,
        "firstRecordedAt": format_instant(writer.first_recorded_at),
        "lastRecordedAt": format_instant(writer.last_recorded_at),
    }


def _seen(seen: SeenKey) -> dict[str, Any]:
    return {
        "keyId": seen.key_id,
        "organisation": seen.key.organisation if seen.key else None,
        "role": seen.key.role if seen.key else None,
        "lastSeen": format_instant(seen.last_seen),
    }


def describe_change(base_url: str, change: SchemaChange) -> dict[str, Any]:
    """A change of the feed."""
    return {
        "number": change.number,
        "at": format_instant(change.at),
        "actor": change.actor,
        "kind": change.kind,
        **change.facts,
        "links": change_links(base_url, change),
    }


def change_links(base_url: str, change: SchemaChange) -> dict[str, str]:
    """Where to read on about a change."""
    facts, links = change.facts, {}
    if "proposal" in facts:
        links["proposal"] = address(base_url, "proposals", facts["proposal"])
    if "subject" in facts:
        links["subject"] = address(base_url, "subjects", facts["subject"])
    if "registry" in facts and "proposal" not in facts:
        links["registry"] = f"{base_url}/api/v1/registries/{facts['registry']}"
    return links
