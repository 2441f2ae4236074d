"""Entries as readers see them: what an event was and who told it, never its bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from hub.registries.live import LiveBuild
from schemas.event import CORRECTIONS
from schemas.times import OPEN, format_instant

CHANGED, CORRECTED, RETRACTED = range(3)
_CHUNK = 500
_NAMES = (
    "number", "event_id", "source", "type", "key", "claimant", "valid_from", "valid_to", "correction", "target",
    "happened_at", "recorded_at", "topic",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted event; times are microseconds UTC."""

    number: int
    event_id: str
    source: str
    type: str
    key: str
    claimant: str
    valid_from: int
    valid_to: int
    correction: int
    target: int | None
    happened_at: int
    recorded_at: int
    topic: str

    @property
    def department(self) -> str:
        """The code of the department whose topic it came by."""
        return self.topic.split(".", 1)[0]

    def facts(self) -> dict[str, Any]:
        """The entry as answers tell it."""
        return {
            "entry": self.number,
            "id": self.event_id,
            "type": self.type,
            "source": self.source,
            "department": self.department,
            "correction": CORRECTIONS[self.correction],
            "corrects": self.target,
            "valid_from": format_instant(self.valid_from),
            "valid_to": None if self.valid_to == OPEN else format_instant(self.valid_to),
            "happened_at": format_instant(self.happened_at),
            "recorded_at": format_instant(self.recorded_at),
        }


def select_entries(live: LiveBuild) -> Select[Any]:
    """A select of what makes an `Entry`."""
    return select(*(live.tables.entries.c[name] for name in _NAMES))


def entry_of(row: Sequence[Any]) -> Entry:
    """The entry in a row of `select_entries`."""
    return Entry(*row)


def chunks(values: Iterable[Any]) -> Iterable[list[Any]]:
    """`values` in lists short enough for one IN."""
    ordered = list(values)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))


def entries_by_number(connection: Connection, live: LiveBuild, numbers: Collection[int]) -> dict[int, Entry]:
    """The entries with these numbers."""
    found: dict[int, Entry] = {}
    for chunk in chunks(sorted(set(numbers))):
        rows = connection.execute(select_entries(live).where(live.tables.entries.c.number.in_(chunk)))
        found |= {row[0]: entry_of(row) for row in rows}
    return found


def telling_entries(
    connection: Connection, live: LiveBuild, originals: Collection[int], *, up_to: int
) -> dict[int, Entry]:
    """For each original, the entry whose content holds as of entry `up_to`: itself or its last live correction."""
    known = entries_by_number(connection, live, originals)
    family: dict[int, list[Entry]] = {number: [] for number in known}
    root_of = {number: number for number in known}
    wave = list(known)
    while wave:
        followers = _followers(connection, live, wave, up_to=up_to)
        for entry in followers:
            root_of[entry.number] = root_of[entry.target or 0]
            family[root_of[entry.number]].append(entry)
        wave = [entry.number for entry in followers]
    return {number: _last_live_correction(entry, family[number]) for number, entry in known.items()}


def _followers(connection: Connection, live: LiveBuild, numbers: Sequence[int], *, up_to: int) -> list[Entry]:
    entries = live.tables.entries
    found = []
    for chunk in chunks(numbers):
        asked = select_entries(live).where(entries.c.target.in_(chunk), entries.c.number <= up_to)
        found += [entry_of(row) for row in connection.execute(asked)]
    return found


def _last_live_correction(original: Entry, family: Sequence[Entry]) -> Entry:
    """A retraction comes after what it names, so that going backwards each one's own fate is known first."""
    retracted: set[int] = set()
    best: Entry | None = None
    for entry in sorted(family, key=lambda one: one.number, reverse=True):
        if entry.number in retracted:
            continue
        if entry.correction == RETRACTED and entry.target is not None:
            retracted.add(entry.target)
        elif entry.correction == CORRECTED and best is None:
            best = entry
    return best or original
