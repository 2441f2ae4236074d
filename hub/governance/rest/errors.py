"""Errors of the address space itself.

GovernanceRequestError
├── BodyInvalid          the body is not the JSON this takes; `member` names what is wrong in it
├── ParameterInvalid     a parameter of the address is unknown or cannot be understood
├── VersionUnknown       the subject has no such version
└── NotRehearsed         the proposal has no rehearsal yet, or takes none
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class GovernanceRequestError(Exception):
    """Root: a stable `code`, a `kind`, whether trying again can help; `facts` may be shown to anyone."""

    code = "governance-request-error"
    kind = "internal"
    retriable = False

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts: Mapping[str, Any] = facts


class BodyInvalid(GovernanceRequestError):
    code, kind = "invalid-body", "invalid"

    def __init__(self, member: str, message: str) -> None:
        super().__init__(f"{member}: {message}" if member else message, member=member)


class ParameterInvalid(GovernanceRequestError):
    code, kind = "invalid-parameter", "invalid"

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message, parameter=parameter)


class VersionUnknown(GovernanceRequestError):
    code, kind = "unknown-version", "not-found"

    def __init__(self, subject: str, version: str, *, known: Iterable[int]) -> None:
        listed = ", ".join(str(one) for one in known) or "none"
        super().__init__(f"{subject} has no version {version}; those are {listed}", known=list(known))


class NotRehearsed(GovernanceRequestError):
    code, kind = "not-rehearsed", "not-found"

    def __init__(self, proposal: int, kind: str, *, status: str) -> None:
        wanted = "a proposal of this kind is not rehearsed"
        if kind == "define":
            wanted = "ask again when the rehearsal is done" if status == "open" else f"it was {status} before"
        super().__init__(f"proposal {proposal} ({kind}) has no rehearsal: {wanted}")
