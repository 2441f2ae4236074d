"""Where changes to registries and their schemas are asked for, answered and decided.

What is decided is decided on the newest state of the control log and committed at once or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from hub.control.governance import (
    APPROVE,
    CONSUMER,
    CUSTODIAN,
    OBJECT,
    OPEN,
    RETURNED,
    AccessKey,
    DeclaredConsumer,
    Proposal,
    Rehearsed,
)
from hub.control.journal import Change
from hub.control.state import ControlState
from hub.control.store import ControlStore
from hub.governance import carrying_out, declarations
from hub.governance.approving import list_missing, needs_rehearsal
from hub.governance.checks import Moment, Writers, run_checks
from hub.governance.concerned import PROPOSERS, check_decides, check_proposer, check_reviews
from hub.governance.errors import (
    ApprovalRefused,
    Missing,
    NotAllowed,
    ProposalClosed,
    ProposalInvalid,
    ProposalOutdated,
    ProposalUnknown,
)
from hub.governance.findings import CheckFinding
from hub.governance.intentions import Intention, find_asked, intend
from hub.governance.requests import ProposalRequest
from hub.security.access import actor_of, require_role

Findings = list[CheckFinding]
Decide = Callable[[ControlState, Proposal], Sequence[Change]]


def _nobody(subject: str, version: int) -> Mapping[str, int]:
    return {}


class GovernanceDesk:
    """`rehearse` replays a registry's history under a proposal; `now` gives microseconds UTC, `today` the day here.

    `writers` tells which sources wrote a version of a subject, and when last.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        rehearse: Callable[[ControlState, Proposal], Rehearsed],
        now: Callable[[], int],
        today: Callable[[], date],
        writers: Writers = _nobody,
    ) -> None:
        self._store = store
        self._rehearse = rehearse
        self._now = now
        self._today = today
        self._writers = writers

    def get(self, number: int) -> Proposal:
        """The proposal of that number; raises `ProposalUnknown`."""
        return _known(self._store.state, number)

    def list(self, *, status: str | None = None, registry: str | None = None) -> list[Proposal]:
        """The proposals, the newest first."""
        return [
            one
            for _, one in sorted(self._store.state.proposals.items(), reverse=True)
            if status in (None, one.status) and registry in (None, one.registry)
        ]

    def check(self, request: ProposalRequest) -> Findings:
        """What the automatic checks find; nothing is written. Raises as `propose` does."""
        state = self._store.state
        return self._check(state, intend(state, request))

    def list_missing(self, number: int) -> Sequence[Missing]:
        """What an approval of an open proposal would lack now, without a legal basis and without overruling."""
        state = self._store.state.copy()
        try:
            self._judge(state, _open(state, number), legal_basis=None, overrule=False)
        except ApprovalRefused as refusal:
            return refusal.missing
        except ProposalOutdated as error:
            return (Missing(error.code, str(error), "revise it"),)
        return ()

    def propose(self, by: AccessKey, request: ProposalRequest) -> Proposal:
        """Ask for a change; what the same key asked already, and is open, is that proposal.

        Raises `ProposalInvalid` and what else `intentions.intend` names.
        """
        require_role(by, *PROPOSERS)
        number = 0

        def decide(state: ControlState) -> Sequence[Change]:
            nonlocal number
            asked = find_asked(state, intend(state, request), by.key_id)
            if asked is not None:
                number = asked.number
                return []
            number = max(state.proposals, default=0) + 1
            return [self._made(state, request, by=by, number=number, revision=1)]

        return self._store.commit(decide, actor=actor_of(by)).proposals[number]

    def revise(self, by: AccessKey, number: int, request: ProposalRequest) -> Proposal:
        """Ask for something else under the same number, also after it was sent back; reviews and rehearsal fall
        away. Raises as `propose` does, `NotAllowed`, `ProposalClosed`."""
        require_role(by, *PROPOSERS)

        def decide(state: ControlState, proposal: Proposal) -> Sequence[Change]:
            check_proposer(by, proposal)
            if (request.kind, request.registry) != (proposal.kind, proposal.registry):
                raise ProposalInvalid(
                    "other-proposal",
                    f"kind, registry: proposal {number} is to {proposal.kind} {proposal.registry}; make a new one",
                )
            return [self._made(state, request, by=by, number=number, revision=proposal.revision + 1)]

        return self._decide(by, number, decide, statuses=(OPEN, RETURNED))

    def request_rehearsal(self, by: AccessKey, number: int) -> Proposal:
        """Have the history replayed under the proposal (again); the job that consumes does it."""

        def decide(state: ControlState, proposal: Proposal) -> Sequence[Change]:
            _check_rehearsable(state, proposal)
            facts = {"proposal": number, "revision": proposal.revision, "keyId": by.key_id}
            return [] if proposal.rehearsal_requested else [("RehearsalRequested", facts)]

        return self._decide(by, number, decide)

    def rehearse(self, by: AccessKey, number: int) -> Proposal:
        """Replay the history under the proposal in this process, and keep what it came to."""
        state = self._store.state.copy()
        proposal = _open(state, number)
        _check_rehearsable(state, proposal)
        outcome = self._rehearse(state, proposal)

        def decide(state: ControlState, newest: Proposal) -> Sequence[Change]:
            _check_revision(proposal, newest)
            return [carrying_out.rehearsed(newest, outcome)]

        return self._decide(by, number, decide)

    def review(self, by: AccessKey, number: int, *, verdict: str, reason: str, consumer: str | None = None) -> Proposal:
        """Answer for the custodian, or for a declared `consumer`; a later answer replaces the one before."""
        if verdict not in (APPROVE, OBJECT):
            raise ProposalInvalid("unknown-verdict", f"verdict: {verdict!r} is neither {APPROVE} nor {OBJECT}")
        _check_reason(reason)

        def decide(state: ControlState, proposal: Proposal) -> Sequence[Change]:
            check_reviews(by, state, proposal, consumer=consumer)
            facts = {
                "proposal": number,
                "revision": proposal.revision,
                "capacity": CUSTODIAN if consumer is None else CONSUMER,
                "consumer": consumer,
                "verdict": verdict,
                "reason": reason.strip(),
                "organisation": by.organisation,
                "keyId": by.key_id,
            }
            return [("ProposalReviewed", facts)]

        return self._decide(by, number, decide)

    def approve(
        self, by: AccessKey, number: int, *, reason: str, legal_basis: str | None = None, overrule: bool = False
    ) -> Proposal:
        """Put the proposal in force, after rehearsing what came since its rehearsal.

        Raises `ApprovalRefused` listing what is missing, `ProposalOutdated`, `NotAllowed`. `overrule` is an
        administrator's.
        """
        state = self._store.state
        check_decides(by, state, _open(state, number))
        if overrule and by.role != "administrator":
            raise NotAllowed("not-yours", f"only an administrator overrules; the key {by.key_id} is a {by.role}'s")
        return self.enact(by, number, reason=reason, legal_basis=legal_basis, overrule=overrule)

    def enact(
        self, by: AccessKey, number: int, *, reason: str, legal_basis: str | None = None, overrule: bool = False
    ) -> Proposal:
        """Approve where the right comes from holding the database (terminal, upgrade), not from a key.

        All that `approve` asks of the proposal is asked here too; nothing over HTTP leads here but through it.
        """
        _check_reason(reason)
        state = self._store.state.copy()
        proposal = _open(state, number)
        self._judge(state, proposal, legal_basis=legal_basis, overrule=overrule)
        fresh = self._rehearse(state, proposal) if needs_rehearsal(state, proposal) else None
        topics: set[str] = set()

        def decide(state: ControlState, newest: Proposal) -> Sequence[Change]:
            _check_revision(proposal, newest)
            rehearsed = carrying_out.rehearsed_since(newest, fresh)
            current = replace(newest, rehearsed=fresh) if fresh is not None else newest
            intention, overruled = self._judge(state, current, legal_basis=legal_basis, overrule=overrule)
            if intention.candidate is not None:
                self._store.create_topics(intention.candidate, topics)
            approved = carrying_out.approved(newest, by, reason=reason, legal_basis=legal_basis, overruled=overruled)
            return [*rehearsed, approved, *carrying_out.carried_out(state, intention)]

        return self._decide(by, number, decide)

    def send_back(self, by: AccessKey, number: int, *, reason: str) -> Proposal:
        """Give the proposal back to who made it, to be revised."""
        _check_reason(reason)

        def decide(state: ControlState, proposal: Proposal) -> Sequence[Change]:
            check_decides(by, state, proposal)
            return [("ProposalReturned", {**carrying_out.closing(proposal, by, reason), "revision": proposal.revision})]

        return self._decide(by, number, decide)

    def withdraw(self, by: AccessKey, number: int, *, reason: str) -> Proposal:
        """Take a proposal of one's own back."""
        _check_reason(reason)

        def decide(state: ControlState, proposal: Proposal) -> Sequence[Change]:
            check_proposer(by, proposal)
            return [("ProposalWithdrawn", {"proposal": number, "reason": reason.strip(), "keyId": by.key_id})]

        return self._decide(by, number, decide, statuses=(OPEN, RETURNED))

    def declare_consumer(self, by: AccessKey, consumer: DeclaredConsumer) -> None:
        """Declare who reads a subject, so that he is asked about changes of it."""
        self._commit(by, lambda state: declarations.consumer_declared(state, by, consumer))

    def withdraw_consumer(self, by: AccessKey, consumer: str, subject: str) -> None:
        """Take a declaration back; raises `ConsumerUnknown`."""
        self._commit(by, lambda state: declarations.consumer_withdrawn(state, by, consumer=consumer, subject=subject))

    def deprecate(self, by: AccessKey, subject: str, version: int, *, until: date | None, reason: str) -> None:
        """Tell until when a version may be written; without a day, take that back."""
        today = self._today()
        self._commit(
            by,
            lambda state: declarations.version_deprecated(
                state, by, subject, version=version, until=until, reason=reason, today=today
            ),
        )

    def set_lint_level(self, by: AccessKey, rule: str, *, level: str | None, reason: str) -> None:
        """Give a lint rule another level; None gives the packaged one back."""
        self._commit(by, lambda state: declarations.lint_level_set(by, rule, level=level, reason=reason))

    def grant_exception(self, by: AccessKey, rule: str, place: str, *, until: date | None, reason: str) -> None:
        """Let a finding of lint pass up to and with a day; without a day, take that back."""
        today = self._today()
        self._commit(
            by,
            lambda state: declarations.exception_granted(
                state, by, rule, place=place, until=until, reason=reason, today=today
            ),
        )

    def _commit(self, by: AccessKey, decide: Callable[[ControlState], Sequence[Change]]) -> ControlState:
        return self._store.commit(decide, actor=actor_of(by))

    def _decide(self, by: AccessKey, number: int, decide: Decide, *, statuses: tuple[str, ...] = (OPEN,)) -> Proposal:
        state = self._commit(by, lambda state: decide(state, _open(state, number, statuses)))
        return state.proposals[number]

    def _made(
        self, state: ControlState, request: ProposalRequest, *, by: AccessKey, number: int, revision: int
    ) -> Change:
        others = {name: one for name, one in state.proposals.items() if name != number}
        intention = intend(state, request)
        return carrying_out.made(
            intention,
            number=number,
            revision=revision,
            reason=request.reason,
            by=by,
            findings=self._check(replace(state, proposals=others), intention),
            last_draft_id=state.last_draft_id,
        )

    def _check(self, state: ControlState, intention: Intention) -> Findings:
        return run_checks(state, intention, at=Moment(self._today(), self._now()), writers=self._writers)

    def _judge(
        self, state: ControlState, proposal: Proposal, *, legal_basis: str | None, overrule: bool
    ) -> tuple[Intention, bool]:
        """What the proposal would do, and whether something was passed over for it; raises `ApprovalRefused` where
        something is missing."""
        intention = carrying_out.still_intended(state, proposal)
        findings = self._check(state, intention)
        missing = list_missing(state, proposal, findings=findings, legal_basis=legal_basis, overrule=False)
        kept = list_missing(state, proposal, findings=findings, legal_basis=legal_basis, overrule=overrule)
        if kept:
            raise ApprovalRefused(proposal.number, kept)
        return intention, bool(missing)


def _known(state: ControlState, number: int) -> Proposal:
    if number not in state.proposals:
        raise ProposalUnknown(number)
    return state.proposals[number]


def _open(state: ControlState, number: int, statuses: tuple[str, ...] = (OPEN,)) -> Proposal:
    proposal = _known(state, number)
    if proposal.status not in statuses:
        raise ProposalClosed(number, proposal.status)
    return proposal


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ProposalInvalid("reason-missing", "reason: say in a sentence why")


def _check_rehearsable(state: ControlState, proposal: Proposal) -> None:
    if not needs_rehearsal(state, proposal):
        raise ProposalInvalid(
            "no-history",
            f"proposal {proposal.number}: only a new definition of a registry that has a history is rehearsed",
        )


def _check_revision(seen: Proposal, newest: Proposal) -> None:
    if newest.revision != seen.revision:
        raise ProposalClosed(seen.number, f"at revision {newest.revision}")
