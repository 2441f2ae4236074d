"""One record by its key, as of an entry and at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, select

from hub.registries.errors import RecordGone, RecordNotFound
from hub.registries.live import LiveBuild
from hub.registries.pins import ANY, Pin, branch_clauses, pin_parameters
from hub.registries.prepared import STATEMENTS
from hub.registries.tables import ABSORBED, ACTIVE, CEASED, text_type
from schemas.times import OPEN, format_instant

STATE_NAMES = {ACTIVE: "active", CEASED: "ceased", ABSORBED: "absorbed"}


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a record; times are microseconds UTC, `recorded_*` entry numbers."""

    key: str
    claimant: str
    state: int
    valid_from: int
    valid_to: int
    recorded_from: int
    recorded_to: int
    entry: int
    successors: tuple[str, ...]
    body: bytes | None

    def facts(self) -> dict[str, Any]:
        """Both times and the state, as answers tell them."""
        return {
            "state": STATE_NAMES[self.state],
            "valid_from": format_instant(self.valid_from),
            "valid_to": None if self.valid_to == OPEN else format_instant(self.valid_to),
            "entry": self.entry,
            "recorded_from": self.recorded_from,
            "recorded_to": None if self.recorded_to == OPEN else self.recorded_to,
            "successors": list(self.successors),
        }


def version_columns(live: LiveBuild) -> list[Any]:
    """The columns of `versions` that make a `Version`, in its order."""
    table = live.versions
    names = ("key", "claimant", "state", "valid_from", "valid_to", "recorded_from", "recorded_to", "entry")
    return [*(table.c[name] for name in names), table.c.successors, table.c.body]


def version_of(row: Sequence[Any]) -> Version:
    """The version in a row of `version_columns`."""
    *plain, successors, body = row
    following = tuple(orjson.loads(successors)) if successors else ()
    return Version(*plain, following, body)  # type: ignore[call-arg]


def find_version(connection: Connection, live: LiveBuild, key: str, *, pin: Pin) -> Version | None:
    """The state of `key` at `pin`, whatever it is; None where it has none."""
    table = live.versions
    identity = ("version", live.identity)
    statement = STATEMENTS.get(
        identity,
        connection.dialect,
        lambda: select(*version_columns(live)).where(
            table.c.key == bindparam("key", type_=text_type()), *branch_clauses(table, ANY)
        ),
    )
    rows = statement.rows(connection, pin_parameters(live, pin) | {"key": key})
    return version_of(rows[0]) if rows else None


def get_record(connection: Connection, live: LiveBuild, key: str, *, pin: Pin) -> Version:
    """The active state of `key` at `pin`; raises `RecordGone` with its successors, or `RecordNotFound`."""
    found = find_version(connection, live, key, pin=pin)
    if found is None:
        raise _absence(connection, live, key, pin=pin)
    if found.state != ACTIVE:
        raise RecordGone(
            f"{live.registry}/{key} has ceased at the asked time",
            key=key,
            since=format_instant(found.valid_from),
            state=STATE_NAMES[found.state],
            successors=list(found.successors),
        )
    return found


def _absence(connection: Connection, live: LiveBuild, key: str, *, pin: Pin) -> RecordNotFound | RecordGone:
    table = live.versions
    known = (
        select(func.min(table.c.valid_from))
        .where(table.c.key == key, table.c.claimant == "")
        .where(table.c.recorded_from <= pin.entry, table.c.recorded_to > pin.entry)
    )
    first = connection.execute(known).scalar()
    if first is None:
        return RecordNotFound(f"{live.registry} knows no record {key!r} as of entry {pin.entry}", key=key)
    if first > pin.instant:
        begins = format_instant(first)
        return RecordNotFound(f"{live.registry}/{key} holds from {begins} on only", key=key, valid_from=begins)
    return RecordGone(f"{live.registry}/{key} has no state at the asked time", key=key, state="ended", successors=[])


def get_known_key(connection: Connection, live: LiveBuild, key: str) -> None:
    """Nothing, where anyone ever said anything of `key`; else raises `RecordNotFound`."""
    table = live.versions
    if connection.execute(select(table.c.key).where(table.c.key == key).limit(1)).first() is None:
        raise RecordNotFound(f"{live.registry} knows no record {key!r}", key=key)
