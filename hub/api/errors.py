"""Errors of the API's own.

ApiError
├── UnknownRegistry      no registry of that name is defined
├── UnknownParameter     the address does not take this parameter; names those it takes
├── ParameterInvalid     a parameter's value cannot be understood
└── ParameterRepeated    a parameter that may stand once stands twice
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.registries.errors import suggestion


class ApiError(Exception):
    """Root: a stable `code`, a `kind`, and whether trying again can help. `facts` may be shown to anyone."""

    code = "api-error"
    kind = "internal"
    retriable = False

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts: Mapping[str, Any] = facts


class UnknownRegistry(ApiError):
    code, kind = "unknown-registry", "not-found"

    def __init__(self, registry: str, *, known: Iterable[str]) -> None:
        names = sorted(known)
        listed = ", ".join(names) or "none yet"
        super().__init__(
            f"there is no registry {registry!r}{suggestion(registry, names)}; those are {listed}", known=names
        )


class UnknownParameter(ApiError):
    code, kind = "unknown-parameter", "invalid"

    def __init__(self, name: str, *, known: Iterable[str]) -> None:
        names = sorted(known)
        listed = ", ".join(names) or "none"
        message = f"there is no parameter {name!r} here{suggestion(name, names)}; known are: {listed}"
        super().__init__(message, parameter=name, known=names)


class ParameterInvalid(ApiError):
    code, kind = "invalid-parameter", "invalid"

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message, parameter=parameter)


class ParameterRepeated(ApiError):
    code, kind = "repeated-parameter", "invalid"

    def __init__(self, parameter: str) -> None:
        super().__init__(f"{parameter} stands more than once", parameter=parameter)
