"""What is asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProposalRequest:
    """A change that somebody asks for.

    `kind` is define (`definition`, a YAML text, or `schemas`, Avro texts, or both), configure (`level` of
    `subject`; None takes its own level away), delete or restore (`versions` of `subject`).
    """

    kind: str
    registry: str
    reason: str
    definition: str | None = None
    schemas: tuple[str, ...] = ()
    subject: str | None = None
    level: str | None = None
    versions: tuple[int, ...] = ()
