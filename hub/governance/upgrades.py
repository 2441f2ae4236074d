"""Definitions that come in a folder with all versions of their schemas: asked for as proposals of the hub itself."""

from __future__ import annotations

from hub.control.governance import OPEN, AccessKey, Proposal
from hub.control.state import ControlState
from hub.governance.approving import needs_rehearsal
from hub.governance.desk import GovernanceDesk
from hub.governance.errors import ProposalClosed
from hub.governance.intentions import find_same
from hub.governance.requests import ProposalRequest
from schemas.packaged import PackagedDefinition

UPGRADE = "upgrade"
UPGRADE_REASON = "It comes with this version of the hub."


def request_of(packaged: PackagedDefinition, reason: str) -> ProposalRequest:
    """The request to define a registry as a folder says."""
    texts = tuple(schema.text for schema in packaged.versions)
    return ProposalRequest("define", packaged.definition.registry, reason, definition=packaged.text, schemas=texts)


def key_of_holder(state: ControlState, packaged: PackagedDefinition, *, key_id: str, holder: str) -> AccessKey:
    """The key in whose name whoever holds the database acts; of the custodian's organisation, where that is known."""
    custodian = state.departments.get(packaged.definition.custodian)
    return AccessKey(key_id, "administrator", custodian.organisation if custodian is not None else "", holder)


def propose_once(desk: GovernanceDesk, state: ControlState, *, by: AccessKey, request: ProposalRequest) -> Proposal:
    """The open proposal that asks for the same on what is in force now, else a new one."""
    in_force = state.definitions.get(request.registry)
    same = find_same(state, request)
    if same is not None and same.status == OPEN and same.base == (in_force.version if in_force is not None else 0):
        return same
    return desk.propose(by, request)


def approve_at_once(
    desk: GovernanceDesk,
    state: ControlState,
    proposal: Proposal,
    *,
    by: AccessKey,
    reason: str,
    legal_basis: str | None = None,
    overrule: bool = False,
) -> Proposal:
    """Rehearse in this process what was not rehearsed, then approve in the right of whoever holds the database."""
    if proposal.rehearsed is None and needs_rehearsal(state, proposal):
        desk.rehearse(by, proposal.number)
    return desk.enact(by, proposal.number, reason=reason, legal_basis=legal_basis, overrule=overrule)


def upgrade(desk: GovernanceDesk, state: ControlState, packaged: PackagedDefinition) -> Proposal:
    """Raise a registry to the packaged definition, by a proposal that must pass like any other.

    Raises what `GovernanceDesk.enact` does; the proposal is open then. One that was sent back or withdrawn is not
    made again: `ProposalClosed`.
    """
    by = key_of_holder(state, packaged, key_id=UPGRADE, holder="huehub")
    request = request_of(packaged, UPGRADE_REASON)
    decided = find_same(state, request)
    if decided is not None and decided.key_id == UPGRADE and decided.closing is not None:
        raise ProposalClosed(decided.number, decided.status)
    proposal = propose_once(desk, state, by=by, request=request)
    for other in desk.list(status=OPEN, registry=proposal.registry):
        if other.key_id == UPGRADE and other.number < proposal.number:
            desk.withdraw(by, other.number, reason=f"Proposal {proposal.number} takes its place.")
    return approve_at_once(desk, state, proposal, by=by, reason=UPGRADE_REASON)
