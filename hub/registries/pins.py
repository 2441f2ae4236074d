"""The two times at which a question is answered, and the branches of `versions` that answer it.

What is current now is read by the index `current`. A question pinned to an earlier entry or instant takes
from there what already held, and adds what was superseded since (index `closed`) and what ended since
(index `ending`), or, for an instant yet to come, what begins until then (index `upcoming`). Its cost grows
with what changed since, never with the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Table, bindparam, select, text

from hub.registries.errors import PositionAhead
from hub.registries.live import LiveBuild
from hub.registries.prepared import STATEMENTS
from hub.registries.tables import CURRENT, UPCOMING
from schemas.times import OPEN, format_instant

NOW, HELD, COMING, CLOSED, ENDED, ANY = "now", "held", "coming", "closed", "ended", "any"


@dataclass(frozen=True, slots=True)
class Pin:
    """What was known at entry `entry` about what is valid at `instant` (microseconds UTC)."""

    entry: int
    instant: int


@dataclass(frozen=True, slots=True)
class AsOf:
    """An entry number, or the instant (microseconds UTC) at which one asks what the hub knew."""

    entry: int | None = None
    instant: int | None = None


def newest_pin(live: LiveBuild) -> Pin:
    """What is known and valid now."""
    return Pin(live.last_entry, live.turned_at)


def resolve_pin(connection: Connection, live: LiveBuild, *, valid_at: int | None, as_of: AsOf | None) -> Pin:
    """The pin of `valid_at` and `as_of`, each by default the newest; raises `PositionAhead`."""
    entry = live.last_entry if as_of is None else _entry_of(connection, live, as_of)
    return Pin(entry, live.turned_at if valid_at is None else valid_at)


def _entry_of(connection: Connection, live: LiveBuild, as_of: AsOf) -> int:
    if as_of.instant is not None:
        return entry_at(connection, live, as_of.instant)
    entry = as_of.entry or 0
    if entry > live.last_entry:
        raise PositionAhead(
            f"entry {entry} is not there yet: {live.registry} stands at entry {live.last_entry}",
            last_entry=live.last_entry,
        )
    return entry


def entry_at(connection: Connection, live: LiveBuild, instant: int) -> int:
    """The last entry recorded at or before `instant`; 0 before the first. Numbers are gapless: a bisection."""
    if instant >= live.recorded_at:
        return live.last_entry
    entries = live.tables.entries
    identity = ("recorded-at", *live.identity)
    statement = STATEMENTS.get(
        identity,
        connection.dialect,
        lambda: select(entries.c.recorded_at).where(entries.c.number == bindparam("number", type_=BigInteger())),
    )
    known, beyond = 0, live.last_entry + 1
    while beyond - known > 1:
        middle = (known + beyond) // 2
        rows = statement.rows(connection, {"number": middle})
        if rows and rows[0][0] <= instant:
            known = middle
        else:
            beyond = middle
    return known


def branches(live: LiveBuild, pin: Pin) -> tuple[str, ...]:
    """The branches that together hold each version true at `pin` exactly once."""
    if pin == newest_pin(live):
        return (NOW,)
    if pin.instant > live.turned_at:
        return (HELD, COMING, CLOSED)
    return (HELD, CLOSED, ENDED)


def branch_clauses(table: Table, branch: str) -> list[Any]:
    """The conditions of `branch`. Literals stand where a partial index must be recognised."""
    if branch == NOW:
        return [text(f"current = {CURRENT}")]
    entry, instant, turned_at = (
        bindparam(f"pin_{name}", type_=BigInteger()) for name in ("entry", "instant", "turned")
    )
    known: list[Any] = [table.c.recorded_from <= entry, table.c.valid_from <= instant, table.c.valid_to > instant]
    if branch == HELD:
        return [text(f"current = {CURRENT}"), *known]
    if branch == COMING:
        return [text(f"current = {UPCOMING}"), *known]
    known.append(table.c.claimant == text("''"))
    if branch == CLOSED:
        return [text(f"recorded_to < {OPEN}"), table.c.recorded_to > entry, *known]
    if branch == ENDED:
        ended = [text(f"recorded_to = {OPEN} AND valid_to < {OPEN}"), table.c.valid_to <= turned_at]
        return [*ended, *known]
    return [table.c.recorded_to > entry, *known]


def pin_parameters(live: LiveBuild, pin: Pin) -> dict[str, int]:
    """The values of the parameters that `branch_clauses` binds."""
    return {"pin_entry": pin.entry, "pin_instant": pin.instant, "pin_turned": live.turned_at}


def pin_facts(pin: Pin) -> dict[str, Any]:
    """`pin` as answers tell it."""
    return {"entry": pin.entry, "valid_at": format_instant(pin.instant)}
