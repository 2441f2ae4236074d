"""The control events of a proposal: how it is made, and what its approval commits."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hub.control.definitions import definition_changes, new_versions
from hub.control.errors import ControlConflict
from hub.control.governance import AccessKey, Proposal, Rehearsed, rehearsal_facts
from hub.control.journal import Change
from hub.control.state import ControlState
from hub.governance.errors import NothingChanges, ProposalOutdated
from hub.governance.findings import CheckFinding, to_json
from hub.governance.intentions import Intention, intention_of
from schemas.avro import parse_record_schema


def made(
    intention: Intention,
    *,
    number: int,
    revision: int,
    reason: str,
    by: AccessKey,
    findings: Sequence[CheckFinding],
    last_draft_id: int,
) -> Change:
    """The event that a proposal was made or revised."""
    drafts = intention.drafts(last_draft_id)
    facts = {
        "proposal": number,
        "revision": revision,
        "kind": intention.kind,
        "registry": intention.registry,
        "definition": intention.text,
        "drafts": [
            {"subject": one.subject, "version": one.version, "id": one.id, "guid": one.guid, "text": one.text}
            for one in drafts
        ],
        "change": intention.change_text,
        "reason": reason.strip(),
        "organisation": by.organisation,
        "keyId": by.key_id,
        "holder": by.holder,
        "findings": to_json(findings),
    }
    return ("ProposalMade", facts)


def rehearsed(proposal: Proposal, outcome: Rehearsed) -> Change:
    """The event that a rehearsal of the proposal came to `outcome`."""
    return ("ProposalRehearsed", rehearsal_facts(proposal, outcome))


def still_intended(state: ControlState, proposal: Proposal) -> Intention:
    """What the proposal would do now; raises `ProposalOutdated` where its definition, its versions or what it
    changes stand no more as when it was made."""
    in_force = state.definitions.get(proposal.registry)
    if proposal.kind == "define" and proposal.base != (in_force.version if in_force is not None else 0):
        now = "none" if in_force is None else f"version {in_force.version}"
        raise ProposalOutdated(proposal.number, f"definition version {proposal.base} of the registry; now {now}")
    _check_drafts(state, proposal)
    try:
        return intention_of(state, proposal)
    except (NothingChanges, ControlConflict) as error:
        raise ProposalOutdated(proposal.number, str(error)) from error


def _check_drafts(state: ControlState, proposal: Proposal) -> None:
    parsed = [parse_record_schema(one.text, one.subject) for one in proposal.drafts]
    now = [(schema.full_name, version) for schema, version in new_versions(state, parsed)]
    before = [(one.subject, one.version) for one in proposal.drafts]
    if now != before:
        moved = ", ".join(f"{subject} version {version}" for subject, version in sorted(set(before) - set(now)))
        raise ProposalOutdated(proposal.number, f"{moved} is taken")


def carried_out(state: ControlState, intention: Intention) -> list[Change]:
    """The events that put an approved proposal in force."""
    change = intention.change
    if intention.candidate is not None and intention.text is not None:
        schemas = [one.schema for one in intention.schemas]
        return definition_changes(state, intention.candidate, text=intention.text, schemas=schemas)
    if intention.kind == "configure":
        config = json.dumps(change["config"]) if change["config"] else None
        return [("SubjectConfigured", {"subject": change["subject"], "config": config})]
    if intention.kind == "delete":
        return [("SubjectVersionsDeleted", {**change, "permanent": False})]
    return [("VersionsRestored", dict(change))]


def rehearsed_since(proposal: Proposal, fresh: Rehearsed | None) -> Sequence[Change]:
    """The event of a rehearsal that came to more, or to something else, than the one before."""
    before = proposal.rehearsed
    if fresh is None or (before is not None and (before.pin, before.sha256) == (fresh.pin, fresh.sha256)):
        return []
    return [rehearsed(proposal, fresh)]


def approved(proposal: Proposal, by: AccessKey, *, reason: str, legal_basis: str | None, overruled: bool) -> Change:
    """The event that the proposal is approved; those that carry it out come after it."""
    facts = closing(proposal, by, reason)
    more = {"revision": proposal.revision, "legalBasis": (legal_basis or "").strip() or None, "overruled": overruled}
    return ("ProposalApproved", facts | more)


def closing(proposal: Proposal, by: AccessKey, reason: str) -> dict[str, object]:
    """The facts that all ways to end a proposal have."""
    return {
        "proposal": proposal.number,
        "reason": reason.strip(),
        "organisation": by.organisation,
        "keyId": by.key_id,
    }
