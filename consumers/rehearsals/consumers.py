"""Which declared consumers a candidate breaks, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from hub.control.governance import DeclaredConsumer
from schemas.avro import RecordSchema
from schemas.consumption import UNREADABLE, Break, breaks
from schemas.definition import Definition
from schemas.errors import AvroInvalid

SUBJECT_GONE = "subject-gone"


def judge_consumers(
    consumers: Collection[DeclaredConsumer], candidate: Definition, live: Definition | None
) -> list[dict[str, Any]]:
    """Each declared consumer of a subject that the candidate changes, with the reasons why it breaks, if it does."""
    before = live.schemas if live is not None else {}
    touched = _touched_subjects(candidate, before)
    return [
        _judged(one, touched[one.subject], before.get(one.subject))
        for one in sorted(consumers, key=lambda one: (one.consumer, one.subject))
        if one.subject in touched
    ]


def _touched_subjects(candidate: Definition, before: Mapping[str, RecordSchema]) -> Mapping[str, RecordSchema | None]:
    """The subjects whose newest schema the candidate changes: their new schema, None where it names them no more."""
    changed = {
        name: schema
        for name, schema in candidate.schemas.items()
        if name not in before or before[name].guid != schema.guid
    }
    return changed | dict.fromkeys(before.keys() - candidate.schemas.keys())


def _judged(consumer: DeclaredConsumer, new: RecordSchema | None, old: RecordSchema | None) -> dict[str, Any]:
    reasons = _breaks(consumer, new, old)
    return {
        "consumer": consumer.consumer,
        "organisation": consumer.organisation,
        "title": consumer.title,
        "contact": consumer.contact,
        "subject": consumer.subject,
        "breaks": bool(reasons),
        "reasons": [asdict(one) for one in reasons],
    }


def _breaks(consumer: DeclaredConsumer, new: RecordSchema | None, old: RecordSchema | None) -> list[Break]:
    if new is None:
        vi = f"không còn sự kiện nào được ghi bằng {consumer.subject}"
        return [Break(SUBJECT_GONE, None, "", vi, f"no event is written with {consumer.subject} any more")]
    try:
        return breaks(consumer.reader_schema, consumer.fields, new, old=old)
    except AvroInvalid as error:
        vi, en = f"lược đồ đọc không hợp lệ: {error}", f"the reader schema is not valid: {error}"
        return [Break(UNREADABLE, None, error.place, vi, en)]
