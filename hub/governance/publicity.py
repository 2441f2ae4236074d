"""What a proposal would show to more readers than before."""

from __future__ import annotations

from collections.abc import Iterator

from hub.control.state import ControlState
from hub.governance.findings import ERROR, WARNING, CheckFinding
from hub.governance.intentions import Intention
from schemas.avro import RecordSchema
from schemas.classes import CLASS_LOWERED, OPEN, lowered_classes, rank_of
from schemas.definition import Definition

BECOMES_PUBLIC = "becomes-public"


def class_findings(state: ControlState, intention: Intention) -> Iterator[CheckFinding]:
    """Each field whose class is lowered (an error), and each new one that anyone could read (a warning).

    A field of an event is compared with the last version that had it, deleted or not; a field of the record
    with the definition in force.
    """
    told: set[str] = set()
    for index, one in enumerate(intention.schemas):
        drafted = [new.schema for new in intention.schemas[:index] if new.subject == one.subject]
        for change in lowered_classes(one.schema, [*reversed(drafted), *_history(state, one.subject)]):
            told.add(change.path)
            yield _lowered(f"{one.subject}.{change.path}", change.old, change.new)
    live = state.definitions.get(intention.registry)
    if intention.candidate is not None and live is not None:
        yield from _of_record(live, intention.candidate, told)


def _history(state: ControlState, subject: str) -> list[RecordSchema]:
    return [one.schema for one in reversed(state.subjects.get(subject, []))]


def _of_record(live: Definition, candidate: Definition, told: set[str]) -> Iterator[CheckFinding]:
    for name, field in candidate.record.items():
        place = f"{candidate.registry}.yaml: {name}"
        before = live.record.get(name)
        if before is not None and rank_of(field.classification) < rank_of(before.classification):
            if name not in told:
                yield _lowered(place, before.classification, field.classification)
        elif before is None and field.classification == OPEN:
            yield CheckFinding(
                place,
                BECOMES_PUBLIC,
                WARNING,
                "trường mới này ai cũng đọc được",
                "anyone could read this new field",
            )


def _lowered(place: str, old: str | None, new: str | None) -> CheckFinding:
    return CheckFinding(
        place,
        CLASS_LOWERED,
        ERROR,
        f"mức bảo vệ hạ từ {old} xuống {new}: chỉ được phê duyệt khi nêu căn cứ pháp lý",
        f"the class goes from {old} down to {new}: only an approval that cites a legal basis may do this",
    )
