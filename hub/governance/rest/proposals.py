"""/proposals and /checks: changes that are asked for, looked at and decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response

from hub.control.governance import OPEN, Proposal
from hub.control.state import ControlState
from hub.governance.concerned import concerned_consumers, custodian_of, other_custodians
from hub.governance.errors import ProposalUnknown
from hub.governance.rest.answers import address, answer, tagged
from hub.governance.rest.bodies import Body, parameters, proposal_request, verdict_of, whole_number
from hub.governance.rest.context import GovernanceContext
from hub.governance.rest.described import describe_proposal, describe_whole
from hub.governance.rest.errors import NotRehearsed, ParameterInvalid

_STATUSES = ("open", "approved", "returned", "withdrawn")
_MOST, _DEFAULT = 500, 100
_LAST = 2**31 - 1


class ProposalViews:
    """The views about proposals. Whoever changes something shows an access key."""

    def __init__(self, context: GovernanceContext) -> None:
        self._context = context

    def list_all(self) -> Response:
        """Proposals by number, a page at a time."""
        given = parameters("status", "registry", "after", "limit")
        status = given.get("status")
        if status is not None and status not in _STATUSES:
            raise ParameterInvalid("status", f"status={status} is not one of {', '.join(_STATUSES)}")
        after = whole_number(given, "after", 0, most=_LAST)
        limit = max(1, whole_number(given, "limit", _DEFAULT, most=_MOST))
        rest = [
            one
            for number, one in sorted(self._context.control().proposals.items())
            if number > after and status in (None, one.status) and given.get("registry") in (None, one.registry)
        ]
        page = rest[:limit]
        told = [describe_proposal(self._context.base_url, one) for one in page]
        following = page[-1].number if len(rest) > limit else None
        return answer({"proposals": told, "next": self._next(given, following)})

    def _next(self, given: Mapping[str, str], after: int | None) -> str | None:
        if after is None:
            return None
        kept = {**given, "after": str(after)}
        query = "&".join(f"{name}={value}" for name, value in sorted(kept.items()))
        return f"{address(self._context.base_url, 'proposals')}?{query}"

    def make(self) -> Response:
        """Propose a change."""
        by = self._context.caller()
        made = self._context.desk().propose(by, proposal_request())
        return self._told(made, status=201, new=True)

    def show(self, proposal: int) -> Response:
        """A proposal with everything that was said about it, and what it still needs."""
        parameters()
        return self._told(self._get(proposal))

    def revise(self, proposal: int) -> Response:
        """Propose it anew; reviews and rehearsal begin again."""
        by = self._context.caller()
        return self._told(self._context.desk().revise(by, proposal, proposal_request()), status=201, new=True)

    def ask_rehearsal(self, proposal: int) -> Response:
        """Ask for a rehearsal; a process that consumes does it."""
        by = self._context.caller()
        Body()
        asked = self._context.desk().request_rehearsal(by, proposal)
        where = address(self._context.base_url, "proposals", proposal, "rehearsal")
        return answer(self._document(asked), status=202, location=where)

    def show_rehearsal(self, proposal: int) -> Response:
        """The whole report of the last rehearsal, as the hub recorded it; its ETag is its SHA-256."""
        parameters()
        found = self._get(proposal)
        if found.rehearsed is None:
            raise NotRehearsed(proposal, found.kind, status=found.status)
        return tagged(found.rehearsed.report.encode(), found.rehearsed.sha256)

    def review(self, proposal: int) -> Response:
        """Answer as custodian, or for a declared consumer."""
        by = self._context.caller()
        body = Body("verdict", "reason", "consumer")
        verdict, reason = verdict_of(body), body.text("reason")
        made = self._context.desk().review(
            by, proposal, verdict=verdict, reason=reason, consumer=body.find_text("consumer")
        )
        return self._told(made, status=201)

    def approve(self, proposal: int) -> Response:
        """Put a proposal in force."""
        by = self._context.caller()
        body = Body("reason", "legalBasis", "overrule")
        made = self._context.desk().approve(
            by,
            proposal,
            reason=body.text("reason"),
            legal_basis=body.find_text("legalBasis"),
            overrule=body.flag("overrule"),
        )
        return self._told(made)

    def send_back(self, proposal: int) -> Response:
        """Send a proposal back with the reason."""
        by = self._context.caller()
        return self._told(self._context.desk().send_back(by, proposal, reason=Body("reason").text("reason")))

    def withdraw(self, proposal: int) -> Response:
        """Take an own proposal back."""
        by = self._context.caller()
        return self._told(self._context.desk().withdraw(by, proposal, reason=Body("reason").text("reason")))

    def check(self) -> Response:
        """What a proposal would be told; nothing is kept."""
        findings = [asdict(one) for one in self._context.desk().check(proposal_request())]
        refused = any(one.get("level") == "error" for one in findings)
        return answer({"refused": refused, "findings": findings})

    def _get(self, number: int) -> Proposal:
        found = self._context.control().proposals.get(number)
        if found is None:
            raise ProposalUnknown(number)
        return found

    def _told(self, proposal: Proposal, *, status: int = 200, new: bool = False) -> Response:
        where = address(self._context.base_url, "proposals", proposal.number) if new else None
        return answer(self._document(proposal), status=status, location=where)

    def _document(self, proposal: Proposal) -> dict[str, Any]:
        told = describe_whole(self._context.base_url, proposal)
        concerned = _concerned(self._context.control(), proposal)
        return told | {"concerned": concerned, "missing": self._missing(proposal)}

    def _missing(self, proposal: Proposal) -> list[dict[str, str]]:
        """What an approval without overruling would still need; nothing where it is decided."""
        if proposal.status != OPEN:
            return []
        found = self._context.desk().list_missing(proposal.number)
        return [{"code": one.code, "message": one.message, "wayOut": one.way_out} for one in found]


def _concerned(state: ControlState, proposal: Proposal) -> dict[str, Any] | None:
    """Who answers: the custodian of the registry, and the declared consumers of what is touched; None once decided."""
    if proposal.status != OPEN:
        return None
    consumers = [
        {"consumer": one.consumer, "organisation": one.organisation, "subject": one.subject, "contact": one.contact}
        for one in concerned_consumers(state, proposal)
    ]
    others = other_custodians(state, proposal)
    return {"custodian": custodian_of(state, proposal), "otherCustodians": others, "consumers": consumers}
