"""Whom a proposal concerns: who proposed it, the custodian's stewards, the consumers of what it touches."""

from __future__ import annotations

import json

from hub.control.candidates import candidate_of
from hub.control.governance import AccessKey, DeclaredConsumer, Proposal
from hub.control.state import ControlState
from hub.governance.errors import ConsumerUnknown, NotAllowed
from hub.security.access import require_role

PROPOSERS = ("producer", "steward", "administrator")
REVIEWERS = ("reviewer", "steward", "administrator")
DECIDERS = ("steward", "administrator")


def touched_subjects(state: ControlState, proposal: Proposal) -> set[str]:
    """The subjects whose events would be read or written differently.

    Without a new schema those are all of the registry: what its definition says bears on every event.
    """
    if proposal.kind != "define":
        return {json.loads(proposal.change or "{}")["subject"]}
    live = state.definitions.get(proposal.registry)
    before = set(live.schemas) if live is not None else set()
    dropped = before - set(candidate_of(state, proposal).schemas)
    return {one.subject for one in proposal.drafts} | dropped or before


def concerned_consumers(state: ControlState, proposal: Proposal) -> list[DeclaredConsumer]:
    """The declared consumers of what the proposal touches, by name and subject."""
    touched = touched_subjects(state, proposal)
    return [one for key, one in sorted(state.consumers.items()) if key[1] in touched]


def custodian_of(state: ControlState, proposal: Proposal) -> str:
    """The organisation that answers for the registry; of a new one, the one the proposed definition names."""
    live = state.definitions.get(proposal.registry)
    definition = live if live is not None else candidate_of(state, proposal)
    return state.departments[definition.custodian].organisation


def other_custodians(state: ControlState, proposal: Proposal) -> list[str]:
    """The organisations that answer for other registries in force whose schemas the proposal would change, and the
    one that would answer for this registry from then on."""
    changed = (
        {one.subject for one in proposal.drafts} if proposal.kind == "define" else touched_subjects(state, proposal)
    )
    found = {
        state.departments[one.custodian].organisation
        for name, one in state.definitions.items()
        if name != proposal.registry and changed & one.schemas.keys()
    }
    if proposal.kind == "define":
        found.add(state.departments[candidate_of(state, proposal).custodian].organisation)
    return sorted(found - {custodian_of(state, proposal)})


def is_own(by: AccessKey, proposal: Proposal) -> bool:
    """Whether the holder of `by` made the proposal, with this key or another of his."""
    return by.key_id == proposal.key_id or (by.organisation, by.holder) == (proposal.organisation, proposal.holder)


def check_decides(by: AccessKey, state: ControlState, proposal: Proposal) -> None:
    """Raise unless `by` may approve or send back: a steward of the custodian, or an administrator."""
    require_role(by, *DECIDERS)
    _check_not_own(by, proposal)
    if by.role != "administrator":
        _check_custodian(by, state, proposal)


def check_reviews(by: AccessKey, state: ControlState, proposal: Proposal, *, consumer: str | None) -> None:
    """Raise unless `by` may answer: for the custodian, or for the declared `consumer`, of his own organisation."""
    _check_not_own(by, proposal)
    if consumer is None:
        require_role(by, *DECIDERS)
        if by.organisation not in other_custodians(state, proposal):
            _check_custodian(by, state, proposal)
        return
    require_role(by, *REVIEWERS)
    declared = [one for one in concerned_consumers(state, proposal) if one.consumer == consumer]
    if not declared:
        names = sorted({one.consumer for one in concerned_consumers(state, proposal)})
        raise ConsumerUnknown(
            f"proposal {proposal.number} concerns no declared consumer {consumer!r}; it concerns "
            f"{', '.join(names) or 'none'}"
        )
    organisations = {one.organisation for one in declared}
    if by.organisation not in organisations:
        raise NotAllowed(
            "not-yours",
            f"consumer {consumer} belongs to {', '.join(sorted(organisations))}; the key {by.key_id} is of "
            f"{by.organisation}, and each organisation answers for its own consumers",
        )


def check_proposer(by: AccessKey, proposal: Proposal) -> None:
    """Raise unless `by` is who made the proposal."""
    if not is_own(by, proposal):
        raise NotAllowed(
            "not-yours",
            f"proposal {proposal.number} was made by {proposal.organisation}/{proposal.key_id}; only who made it "
            "revises or withdraws it, others review it or send it back",
        )


def _check_not_own(by: AccessKey, proposal: Proposal) -> None:
    if is_own(by, proposal):
        raise NotAllowed(
            "own-proposal",
            f"proposal {proposal.number} is your own: nobody reviews, approves or returns what he proposed. Let "
            "another steward of the custodian or an administrator do it, or withdraw it",
        )


def _check_custodian(by: AccessKey, state: ControlState, proposal: Proposal) -> None:
    custodian = custodian_of(state, proposal)
    if by.organisation != custodian:
        raise NotAllowed(
            "not-yours",
            f"registry {proposal.registry} has the custodian {custodian}; the key {by.key_id} is of "
            f"{by.organisation}: a steward of {custodian} or an administrator decides",
        )
