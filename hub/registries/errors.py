"""Errors of reading the registries.

RegistriesError
├── QueryInvalid        a value of the question cannot be understood; `parameter` names it
│   ├── UnknownField        the record has no such open field; `known` names those it has
│   └── CursorInvalid       the cursor was made for another question, or is damaged
├── RecordNotFound      no record ever had this key, or none that the question reaches
├── RecordGone          the record has no state of its own at the asked times; `successors` may be asked
├── PositionAhead       an entry or a time was asked for that this registry has not reached
├── RegistryNotReady    the registry has no tables yet, or is being rebuilt for what was asked; retriable
└── DatabaseUnavailable the registries' database cannot be reached now; retriable
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any


class RegistriesError(Exception):
    """Root: a stable `code`, a `kind`, and whether trying again can help. `facts` may be shown to anyone."""

    code = "registries-error"
    kind = "internal"
    retriable = False

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts: Mapping[str, Any] = facts


class QueryInvalid(RegistriesError):
    code, kind = "invalid-query", "invalid"

    def __init__(self, parameter: str, message: str, **facts: Any) -> None:
        super().__init__(message, parameter=parameter, **facts)
        self.parameter = parameter


class UnknownField(QueryInvalid):
    code = "unknown-field"

    def __init__(self, parameter: str, name: str, *, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(
            parameter,
            f"there is no open field {name!r}{suggestion(name, names)}; those are {', '.join(names)}",
            field=name,
            known=names,
        )


class CursorInvalid(QueryInvalid):
    code = "invalid-cursor"


class RecordNotFound(RegistriesError):
    code, kind = "record-not-found", "not-found"


class RecordGone(RegistriesError):
    code, kind = "record-gone", "gone"


class PositionAhead(RegistriesError):
    code, kind = "position-ahead", "invalid"


class RegistryNotReady(RegistriesError):
    code, kind, retriable = "registry-not-ready", "unavailable", True


class DatabaseUnavailable(RegistriesError):
    code, kind, retriable = "database-unavailable", "unavailable", True


def suggestion(name: str, known: Iterable[str]) -> str:
    """` (did you mean …?)` where a known name is near, else nothing."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""
