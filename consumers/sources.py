"""What is known of each source: its last sequence, the holes before it, when it was last heard."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert

from consumers.acceptance import Accepted, Rejected
from hub.registries.tables import sources
from hub.registries.writes import source_rows

Hole = tuple[int, int]


@dataclass(slots=True)
class SourceState:
    """One source on one topic. Sequences begin at 1 (0 is taken as well); holes are inclusive and sorted."""

    last_sequence: int = 0
    holes: list[Hole] = field(default_factory=list)
    events: int = 0
    last_happened_at: int = 0
    last_recorded_at: int = 0

    def hear(self, sequences: list[int]) -> None:
        """Sequences that were seen, in any order."""
        missing = self.holes
        for sequence in sorted(set(sequences)):
            if sequence > self.last_sequence:
                if sequence > self.last_sequence + 1:
                    missing.append((self.last_sequence + 1, sequence - 1))
                self.last_sequence = sequence
            elif missing:
                missing = _fill(missing, sequence)
        self.holes = missing


def _fill(holes: list[Hole], sequence: int) -> list[Hole]:
    for index, (first, last) in enumerate(holes):
        if first <= sequence <= last:
            parts = [(first, sequence - 1), (sequence + 1, last)]
            return [*holes[:index], *[part for part in parts if part[0] <= part[1]], *holes[index + 1 :]]
    return holes


class Sources:
    """The sources of one build, kept in memory by its one writer."""

    def __init__(self, registry: str, build: int) -> None:
        self._registry = registry
        self._build = build
        self._states: dict[tuple[str, str], SourceState] | None = None
        self._changed: set[tuple[str, str]] = set()

    def forget(self) -> None:
        self._states = None
        self._changed.clear()

    def hear(self, connection: Connection, heard: Iterable[Accepted | Rejected]) -> None:
        """Note the events of a batch: entries, repeats, and those set aside whose source is sure."""
        states = self._load(connection)
        sequences: dict[tuple[str, str], list[int]] = {}
        for one in heard:
            envelope = one.envelope
            if envelope is None or (isinstance(one, Rejected) and one.code in _UNSURE):
                continue
            identity = (envelope.source, one.record.topic)
            sequences.setdefault(identity, []).append(envelope.sequence)
            state = states.setdefault(identity, SourceState())
            state.events += 1
            state.last_happened_at = max(state.last_happened_at, envelope.happened_at)
            state.last_recorded_at = one.recorded_at
        for identity, found in sequences.items():
            states[identity].hear(found)
        self._changed.update(sequences)

    def write(self, connection: Connection) -> None:
        """Write what changed."""
        states = self._states or {}
        rows = [self._row(identity, states[identity]) for identity in sorted(self._changed)]
        for row in rows:
            same = [sources.c[name] == row[name] for name in ("registry", "build", "source", "topic")]
            connection.execute(delete(sources).where(*same))
        if rows:
            connection.execute(insert(sources), rows)
        self._changed.clear()

    def _row(self, identity: tuple[str, str], state: SourceState) -> dict[str, Any]:
        return {
            "registry": self._registry,
            "build": self._build,
            "source": identity[0],
            "topic": identity[1],
            "last_sequence": state.last_sequence,
            "holes": json.dumps(state.holes),
            "events": state.events,
            "last_happened_at": state.last_happened_at,
            "last_recorded_at": state.last_recorded_at,
        }

    def _load(self, connection: Connection) -> dict[tuple[str, str], SourceState]:
        if self._states is None:
            self._states = {
                (row.source, row.topic): SourceState(
                    row.last_sequence,
                    [(first, last) for first, last in json.loads(row.holes)],
                    row.events,
                    row.last_happened_at,
                    row.last_recorded_at,
                )
                for row in source_rows(connection, self._registry, self._build)
            }
        return self._states


_UNSURE = frozenset({"source-not-allowed", "bad-signature", "signature-missing", "unknown-key", "unknown-event-type"})
