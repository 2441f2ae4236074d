"""What would become of the open dead letters if they were retried under a candidate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from consumers.acceptance import Acceptance, Accepted, Rejected
from consumers.builds import OpenBuild
from consumers.identity import Identities
from consumers.rehearsals.failures import why_unreadable
from consumers.rehearsals.live import LiveSide
from hub.control.fold import content_guid
from hub.control.state import ControlState, SchemaVersion
from hub.log.interface import Record
from hub.registries.rows import unpack_headers
from hub.registries.writes import find_checkpoint
from schemas.definition import Definition


def judge_letters(build: OpenBuild, side: LiveSide, state: ControlState) -> dict[str, Any]:
    """How many letters would become entries, how many repeat one, and how many stay dead, by reason."""
    state = state_under(state, build.definition)
    acceptance = Acceptance(build.definition)
    accepted = repeats = 0
    dead: Counter[str] = Counter()
    for rows in side.open_letters():
        decided = [acceptance.decide(_record(row), state) for row in rows]
        placed = list(_placed(build, decided))
        repeats += len(decided) - len(placed)
        for one in placed:
            reason = _reason(one, build.definition, state)
            if reason is None:
                accepted += 1
            else:
                dead[reason] += 1
    return {"would_be_accepted": accepted, "repeats": repeats, "still_dead": dict(dead)}


def state_under(state: ControlState, candidate: Definition) -> ControlState:
    """`state` as if the candidate were approved now, with the ids its new schemas would get."""
    after = state.copy()
    for schema in candidate.schemas.values():
        if schema.guid in after.schema_ids:
            continue
        known = after.content_ids.get(content_guid(schema.text))
        number = after.last_schema_id + 1 if known is None or known in after.schemas else known
        version = after.last_versions.get(schema.full_name, 0) + 1
        after.schemas[number] = SchemaVersion(schema.full_name, version, number, schema.guid, schema)
        after.schema_ids[schema.guid] = number
        after.last_schema_id = max(after.last_schema_id, number)
    after.definitions[candidate.registry] = candidate
    return after


def _placed(build: OpenBuild, decided: list[Accepted | Rejected]) -> Iterator[Accepted | Rejected]:
    """As the projection would place them after the candidate's entries: repeats left out."""
    accepted = [one for one in decided if isinstance(one, Accepted)]
    with build.tables.engine.connect() as connection:
        reached = find_checkpoint(connection, build.registry, build.number)
        identities = Identities(build.tables, reached.last_entry if reached else 0)
        identities.look_up(connection, accepted, repeats=True)
    return identities.number(decided)


def _reason(one: Accepted | Rejected, candidate: Definition, state: ControlState) -> str | None:
    if isinstance(one, Rejected):
        return one.code
    unreadable = why_unreadable(candidate, (one.envelope.type, one.schema_id), state)
    return "undecodable" if unreadable is not None else None


def _record(row: Any) -> Record:
    key = None if row.key is None else bytes(row.key)
    value = None if row.value is None else bytes(row.value)
    return Record(row.topic, row.partition, row.offset, key, value, unpack_headers(bytes(row.headers)), row.recorded_at)
