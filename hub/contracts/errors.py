"""Errors of contracts.

ContractError
├── ContractInvalid      the contract cannot become a registry; names every place with what to add there
├── ContractAmbiguous    several schema objects could be the record; one has to be chosen
└── RegistryUnknown      no registry of that name is defined
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple


class Problem(NamedTuple):
    """What is wrong at a path such as `schema[0].properties[2].classification`, and the way out."""

    path: str
    message: str


class ContractError(Exception):
    """Root: a stable `code`, a `kind`, and whether trying again can help. `facts` may be shown to anyone."""

    code = "contract-error"
    kind = "internal"
    retriable = False
    facts: Mapping[str, Any] = MappingProxyType({})


class ContractInvalid(ContractError):
    code, kind = "contract-invalid", "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{path or 'contract'}: {message}" for path, message in self.problems))


class ContractAmbiguous(ContractError):
    code, kind = "contract-ambiguous", "invalid"

    def __init__(self, names: Sequence[str], *, chosen: str | None = None) -> None:
        listed = ", ".join(names)
        if chosen is None:
            told = f"the contract has several schema objects ({listed}), and a registry holds one kind of record"
            super().__init__(f"schema: {told}: name the one to import (--object)")
        else:
            super().__init__(f"schema: there is no object {chosen!r}; those are {listed}")


class RegistryUnknown(ContractError):
    code, kind = "unknown-registry", "not-found"

    def __init__(self, registry: str, *, known: Iterable[str]) -> None:
        names = sorted(known)
        super().__init__(f"there is no registry {registry!r}; those are {', '.join(names) or 'none yet'}")
        self.facts = {"known": names}
