"""What a registry would be under a proposal."""

from __future__ import annotations

from hub.control.errors import ControlRefused
from hub.control.governance import Proposal
from hub.control.state import ControlState
from schemas.avro import RecordSchema, parse_record_schema
from schemas.definition import Definition, parse_definition


def candidate_of(state: ControlState, proposal: Proposal) -> Definition:
    """The definition that approving `proposal` would put in force; raises `ControlRefused` for another kind."""
    if proposal.definition is None:
        raise ControlRefused(f"proposal {proposal.number} ({proposal.kind}) proposes no definition")
    drafts = {one.subject: parse_record_schema(one.text, one.subject) for one in proposal.drafts}
    return parse_definition(proposal.definition, newest_schemas(state) | drafts)


def newest_schemas(state: ControlState) -> dict[str, RecordSchema]:
    """The newest version of every managed subject that stands, by full name."""
    found = {}
    for subject, versions in state.subjects.items():
        standing = [one for one in versions if (subject, one.version) not in state.deleted_versions]
        if standing:
            found[subject] = standing[-1].schema
    return found
