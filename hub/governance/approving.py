"""What an approval needs, and what of it is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from hub.control.governance import APPROVE, CONSUMER, CUSTODIAN, OBJECT, Proposal, Rehearsed
from hub.control.state import ControlState
from hub.governance.checks import SCHEMA_UNNAMED
from hub.governance.concerned import other_custodians
from hub.governance.errors import Missing
from hub.governance.findings import ERROR, CheckFinding
from schemas.classes import CLASS_LOWERED


def needs_rehearsal(state: ControlState, proposal: Proposal) -> bool:
    """Whether there is a history the proposal would be read with."""
    return proposal.kind == "define" and proposal.registry in state.definitions


def list_missing(
    state: ControlState,
    proposal: Proposal,
    *,
    findings: Sequence[CheckFinding],
    legal_basis: str | None,
    overrule: bool,
) -> list[Missing]:
    """Everything that stands between `proposal` and its approval.

    An administrator who overrules passes over objections, answers not given and events that would fail; never over
    an error of the checks, a class lowered without a legal basis, or a rehearsal that was not made.
    """
    missing = list(_errors(findings, legal_basis))
    rehearsed = proposal.rehearsed if needs_rehearsal(state, proposal) else None
    if needs_rehearsal(state, proposal) and rehearsed is None:
        missing.append(_not_rehearsed(proposal))
    if not overrule:
        missing += _failed(rehearsed)
        missing += _objections(proposal)
        missing += _unanswered(proposal, rehearsed)
        missing += _unasked(state, proposal)
    return missing


def broken_consumers(rehearsed: Rehearsed | None) -> list[str]:
    """The names of the consumers that the rehearsal says would break."""
    report: dict[str, Any] = json.loads(rehearsed.report) if rehearsed is not None else {}
    return sorted({one["consumer"] for one in report.get("consumers", ()) if one.get("breaks")})


def _errors(findings: Sequence[CheckFinding], legal_basis: str | None) -> Iterator[Missing]:
    for one in findings:
        if one.level != ERROR:
            continue
        if one.code != CLASS_LOWERED:
            yield Missing(one.code, f"{one.place}: {one.code}: {one.message_en}", _way_out(one.code))
        elif not (legal_basis or "").strip():
            yield Missing(one.code, f"{one.place}: {one.message_en}", "cite the legal basis, or keep the class")


def _way_out(code: str) -> str:
    if code == "incompatible":
        return "revise the schema, or have another compatibility level approved first"
    if code == SCHEMA_UNNAMED:
        return "revise it with a definition that names the schema, or without the schema"
    if code.startswith("version-"):
        return "revise the proposal once nobody uses the version"
    return "revise it, or have an exception granted"


def _not_rehearsed(proposal: Proposal) -> Missing:
    return Missing(
        "not-rehearsed",
        f"revision {proposal.revision} was not rehearsed over the history of {proposal.registry}",
        "huehub consume rehearses open proposals by itself: wait for it, or ask for a rehearsal",
    )


def _failed(rehearsed: Rehearsed | None) -> Iterator[Missing]:
    if rehearsed is not None and not rehearsed.passed:
        yield Missing(
            "rehearsal-failed",
            f"the rehearsal up to entry {rehearsed.pin} did not pass",
            "read its report and revise, or let an administrator overrule it with a reason",
        )


def _objections(proposal: Proposal) -> Iterator[Missing]:
    for one in proposal.reviews:
        if one.verdict == OBJECT:
            who = one.capacity if one.consumer is None else f"consumer {one.consumer}"
            yield Missing(
                "objection",
                f"the {who} ({one.organisation}) objects: {one.reason}",
                "revise it, or let the objection be answered anew",
            )


def _unanswered(proposal: Proposal, rehearsed: Rehearsed | None) -> Iterator[Missing]:
    approved = {one.consumer for one in proposal.reviews if one.capacity == CONSUMER and one.verdict == APPROVE}
    for name in broken_consumers(rehearsed):
        if name not in approved:
            yield Missing(
                "consumer-breaks",
                f"consumer {name} would break and did not approve",
                "its organisation reviews the proposal, or revise it",
            )


def _unasked(state: ControlState, proposal: Proposal) -> Iterator[Missing]:
    """Who decides for one registry does not decide for another that has the schema too."""
    approved = {one.organisation for one in proposal.reviews if one.capacity == CUSTODIAN and one.verdict == APPROVE}
    for organisation in other_custodians(state, proposal):
        if organisation not in approved:
            yield Missing(
                "other-custodian",
                f"{organisation} answers for a schema it changes, or would for the registry, and did not approve",
                f"a steward of {organisation} reviews the proposal",
            )
