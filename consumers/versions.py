"""From states to rows of `versions`, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from consumers.fold import Interval, State
from hub.registries.tables import ACTIVE, CURRENT, NOT_CURRENT, UPCOMING
from hub.registries.writes import VERSION_HEAD, Rows
from schemas.times import OPEN

HEAD = len(VERSION_HEAD)
RECORDED_TO, CURRENT_AT = VERSION_HEAD.index("recorded_to"), VERSION_HEAD.index("current")
VersionRow = list[Any]


class VersionLines:
    """Collects the versions of one batch: what it closes and what it opens."""

    def __init__(self, rows: Rows, *, turned_at: int, width: int) -> None:
        self._rows = rows
        self._turned_at = turned_at
        self._nothing = (None,) * width

    def open(self, key: str, claimant: str, interval: Interval, number: int) -> VersionRow:
        """A new version, believed from `number` on; keep what is returned to close it in the same batch."""
        valid_from, valid_to, (state, body, successors, entry) = interval
        current = NOT_CURRENT
        if state == ACTIVE and body is not None and not claimant and valid_to > self._turned_at:
            current = CURRENT if valid_from <= self._turned_at else UPCOMING
        told = orjson.dumps(successors).decode() if state != ACTIVE else None
        row = [key, claimant, number, OPEN, valid_from, valid_to, entry, state, current, told]
        row += self._nothing if body is None else body
        self._rows.versions.append(row)
        return row

    def close(self, row: VersionRow | None, key: str, claimant: str, *, valid_from: int, number: int) -> None:
        """The version at `valid_from` is believed no more; `row` is the one opened in this batch, if it was."""
        if row is None:
            self._rows.closed.append((key, claimant, valid_from, number))
        else:
            row[RECORDED_TO] = number
            row[CURRENT_AT] = NOT_CURRENT


def state_of_row(row: Sequence[Any]) -> State:
    """The state that a row of `versions` keeps."""
    body = tuple(row[HEAD:]) if row[HEAD] is not None else None
    successors = tuple(orjson.loads(row[9])) if row[9] else ()
    return State(row[7], body, successors, row[6])


def interval_of_row(row: Sequence[Any]) -> Interval:
    return Interval(row[4], row[5], state_of_row(row))


def is_same(one: Interval, other: Interval) -> bool:
    """Whether two intervals of a key say the same; their columns follow from the body."""
    if one.valid_from != other.valid_from or one.valid_to != other.valid_to:
        return False
    left, right = one.state, other.state
    return (
        left.entry == right.entry
        and left.state == right.state
        and left.successors == right.successors
        and (left.body[0] if left.body else None) == (right.body[0] if right.body else None)
    )
