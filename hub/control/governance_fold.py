"""How the control events about governance change the `ControlState`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hub.control.events import ControlEvent
from hub.control.governance import (
    APPROVED,
    RETURNED,
    WITHDRAWN,
    AccessKey,
    Closing,
    DeclaredConsumer,
    Deprecation,
    Draft,
    LintException,
    Proposal,
    Rehearsed,
    Review,
)
from hub.control.state import ControlState

Apply = Callable[[ControlState, ControlEvent], None]


def _key_issued(state: ControlState, event: ControlEvent) -> None:
    facts = event.facts
    state.access_keys[facts["sha256"]] = AccessKey(
        facts["keyId"], facts["role"], facts["organisation"], facts["holder"]
    )
    state.access_key_ids.add(facts["keyId"])


def _key_revoked(state: ControlState, event: ControlEvent) -> None:
    revoked = [digest for digest, key in state.access_keys.items() if key.key_id == event.facts["keyId"]]
    for digest in revoked:
        del state.access_keys[digest]


def _consumer_declared(state: ControlState, event: ControlEvent) -> None:
    facts = event.facts
    state.consumers[facts["consumer"], facts["subject"]] = DeclaredConsumer(
        consumer=facts["consumer"],
        organisation=facts["organisation"],
        title=facts["title"],
        contact=facts["contact"],
        subject=facts["subject"],
        reader_schema=facts["readerSchema"],
        fields=tuple(facts["fields"]),
    )


def _consumer_withdrawn(state: ControlState, event: ControlEvent) -> None:
    state.consumers.pop((event.facts["consumer"], event.facts["subject"]), None)


def _proposal_made(state: ControlState, event: ControlEvent) -> None:
    facts = event.facts
    drafts = tuple(Draft(**one) for one in facts["drafts"])
    in_force = state.definitions.get(facts["registry"])
    state.proposals[facts["proposal"]] = Proposal(
        number=facts["proposal"],
        revision=facts["revision"],
        kind=facts["kind"],
        registry=facts["registry"],
        definition=facts["definition"],
        drafts=drafts,
        change=facts["change"],
        reason=facts["reason"],
        organisation=facts["organisation"],
        key_id=facts["keyId"],
        holder=facts["holder"],
        findings=facts["findings"],
        made_at=event.at,
        base=in_force.version if in_force is not None else 0,
    )
    state.last_draft_id = max([state.last_draft_id, *(one.id for one in drafts)])


def _rehearsal_requested(state: ControlState, event: ControlEvent) -> None:
    _change(state, event, rehearsal_requested=True)


def _proposal_rehearsed(state: ControlState, event: ControlEvent) -> None:
    facts = event.facts
    rehearsed = Rehearsed(
        pin=facts["pin"],
        order_offset=facts["orderOffset"],
        passed=facts["passed"],
        report=facts["report"],
        sha256=facts["sha256"],
        at=event.at,
    )
    _change(state, event, rehearsed=rehearsed, rehearsal_requested=False)


def _proposal_reviewed(state: ControlState, event: ControlEvent) -> None:
    """A later answer in the same capacity replaces the earlier one; each custodian has its own."""
    facts = event.facts
    review = Review(
        capacity=facts["capacity"],
        consumer=facts["consumer"],
        verdict=facts["verdict"],
        reason=facts["reason"],
        organisation=facts["organisation"],
        key_id=facts["keyId"],
        at=event.at,
    )
    others = tuple(
        one for one in state.proposals[facts["proposal"]].reviews if _answers_for(one) != _answers_for(review)
    )
    _change(state, event, reviews=(*others, review))


def _answers_for(review: Review) -> tuple[str, str]:
    return review.capacity, review.organisation if review.consumer is None else review.consumer


def _closed(status: str) -> Apply:
    def close(state: ControlState, event: ControlEvent) -> None:
        facts = event.facts
        closing = Closing(
            reason=facts["reason"],
            organisation=facts.get("organisation", ""),
            key_id=facts["keyId"],
            at=event.at,
            legal_basis=facts.get("legalBasis"),
            overruled=facts.get("overruled", False),
        )
        _change(state, event, status=status, closing=closing)

    return close


def _change(state: ControlState, event: ControlEvent, **changes: Any) -> None:
    number = event.facts["proposal"]
    state.proposals[number] = replace(state.proposals[number], **changes)


def _schema_deprecated(state: ControlState, event: ControlEvent) -> None:
    facts = event.facts
    version = (facts["subject"], facts["version"])
    if facts["until"] is None:
        state.deprecations.pop(version, None)
    else:
        state.deprecations[version] = Deprecation(*version, facts["until"], facts["reason"], event.at)


def _lint_level_set(state: ControlState, event: ControlEvent) -> None:
    if event.facts["level"] is None:
        state.lint_levels.pop(event.facts["rule"], None)
    else:
        state.lint_levels[event.facts["rule"]] = event.facts["level"]


def _lint_exception_granted(state: ControlState, event: ControlEvent) -> None:
    facts = event.facts
    place = (facts["rule"], facts["place"])
    if facts["until"] is None:
        state.lint_exceptions.pop(place, None)
    else:
        state.lint_exceptions[place] = LintException(*place, facts["until"], facts["reason"])


GOVERNANCE: dict[str, Apply] = {
    "AccessKeyIssued": _key_issued,
    "AccessKeyRevoked": _key_revoked,
    "ConsumerDeclared": _consumer_declared,
    "ConsumerWithdrawn": _consumer_withdrawn,
    "ProposalMade": _proposal_made,
    "RehearsalRequested": _rehearsal_requested,
    "ProposalRehearsed": _proposal_rehearsed,
    "ProposalReviewed": _proposal_reviewed,
    "ProposalApproved": _closed(APPROVED),
    "ProposalReturned": _closed(RETURNED),
    "ProposalWithdrawn": _closed(WITHDRAWN),
    "SchemaDeprecated": _schema_deprecated,
    "LintLevelSet": _lint_level_set,
    "LintExceptionGranted": _lint_exception_granted,
}
