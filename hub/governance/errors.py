"""Errors of governance.

GovernanceError
├── ProposalInvalid      the request is not one: kind, reason, subject, versions, level, definition; `code` says which
├── NothingChanges       what is asked for stands already
├── ProposalUnknown      there is no proposal of that number
├── ProposalClosed       it was approved, returned or withdrawn before
├── ProposalOutdated     what it was based on has changed since: revise it
├── NotAllowed           the key may not do this: role, organisation, or a proposal of his own
├── ApprovalRefused      something is missing; `missing` lists each piece with the way out
├── SubjectUnknown       no registry has the subject, or not that version
├── ConsumerUnknown      no consumer of that name is declared for the subject
├── DeclarationInvalid   a declared consumer, a deprecation or an exception lacks something or names what is not there
└── RuleUnknown          lint has no rule of that name, or no such level
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class GovernanceError(Exception):
    """Root of the errors of governance: a stable `code`, a `kind`, and whether trying again can help."""

    code = "governance-error"
    kind = "invalid"
    retriable = False


class ProposalInvalid(GovernanceError):
    """`code` names what is wrong: unknown-kind, reason-missing, registry-unknown, definition-missing …"""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NothingChanges(GovernanceError):
    code, kind = "nothing-changes", "conflict"


class ProposalUnknown(GovernanceError):
    code, kind = "unknown-proposal", "not-found"

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no proposal {number}; huehub schema proposals list tells those there are")
        self.number = number


class ProposalClosed(GovernanceError):
    code, kind = "proposal-closed", "conflict"

    def __init__(self, number: int, status: str) -> None:
        way_out = "who made it revises it" if status == "returned" else "make a new one"
        super().__init__(f"proposal {number} is {status} already; {way_out}")
        self.number = number
        self.status = status


class ProposalOutdated(GovernanceError):
    code, kind = "proposal-outdated", "conflict"

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"proposal {number} is based on what stands no more ({what}): revise it")
        self.number = number


class NotAllowed(GovernanceError):
    """`code` is not-yours (the organisation), own-proposal or role-missing."""

    kind = "forbidden"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands between a proposal and its approval."""

    code: str
    message: str
    way_out: str


class ApprovalRefused(GovernanceError):
    code, kind = "approval-refused", "conflict"

    def __init__(self, number: int, missing: Sequence[Missing]) -> None:
        listed = "; ".join(f"{one.message} ({one.way_out})" for one in missing)
        super().__init__(f"proposal {number} cannot be approved: {listed}")
        self.number = number
        self.missing = tuple(missing)
        told = [{"code": one.code, "message": one.message, "wayOut": one.way_out} for one in missing]
        self.facts: Mapping[str, object] = {"missing": told}


class SubjectUnknown(GovernanceError):
    code, kind = "unknown-subject", "not-found"


class ConsumerUnknown(GovernanceError):
    code, kind = "unknown-consumer", "not-found"


class DeclarationInvalid(GovernanceError):
    code = "declaration-invalid"


class RuleUnknown(GovernanceError):
    code, kind = "unknown-rule", "not-found"
