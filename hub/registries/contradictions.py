"""What other sources claim, beside what the registry holds.

Compared are the states at one pin. Names that differ only in case or in where a tone stands are the same
name, and a field a source leaves empty claims nothing. A source that is `complete` in the definition
denies what it does not list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from hub.registries.cursors import Cursor, read_cursor, write_cursor
from hub.registries.live import LiveBuild
from hub.registries.pins import Pin
from hub.registries.records import STATE_NAMES, Version, get_known_key, version_columns, version_of
from hub.registries.tables import ACTIVE
from hub.registries.vietnamese import name_key
from schemas.definition import Claims, Text
from schemas.times import OPEN

_BATCH = 2000
MAX_KEYS_READ = 50_000


@dataclass(frozen=True, slots=True)
class ContradictionsPage:
    """Contradictions by key and source, and the cursor that goes on."""

    items: list[dict[str, Any]]
    pin: Pin
    next: str | None


def record_contradictions(connection: Connection, live: LiveBuild, key: str, *, pin: Pin) -> list[dict[str, Any]]:
    """What other sources claim of `key` at `pin` that the registry does not say; raises `RecordNotFound`."""
    get_known_key(connection, live, key)
    states = _states(connection, live, pin, keys=(key, key))
    return [item for one in states for item in _compare(live, one, pin=pin)]


def list_contradictions(
    connection: Connection, live: LiveBuild, *, pin: Pin, limit: int, cursor: str | None, source: str | None = None
) -> ContradictionsPage:
    """Contradictions of the whole registry at `pin`; raises `CursorInvalid`. A page holds whole records."""
    question = f"contradictions {live.registry} {source}"
    place = read_cursor(cursor, question) if cursor else None
    pin = place.pin if place else pin
    items: list[dict[str, Any]] = []
    after, read = (place.after[0] if place else ""), 0
    for states in _all_states(connection, live, pin, after=after):
        if len(items) >= limit or read >= MAX_KEYS_READ:
            return ContradictionsPage(items, pin, write_cursor(Cursor(pin, None, 0, (after,)), question))
        found = _compare(live, states, pin=pin)
        items += [item for item in found if source is None or item["source"] == source]
        after, read = states.key, read + 1
    return ContradictionsPage(items, pin, None)


@dataclass(slots=True)
class _States:
    """The states of one key at a pin: the registry's (None: it has none), and each claimant's."""

    key: str
    held: Version | None
    claims: dict[str, Version]


def _all_states(connection: Connection, live: LiveBuild, pin: Pin, *, after: str) -> Iterator[_States]:
    """By key, read in batches so that memory stays flat."""
    while True:
        keys = _next_keys(connection, live, after)
        if not keys:
            return
        yield from _states(connection, live, pin, keys=(keys[0], keys[-1]))
        after = keys[-1]


def _next_keys(connection: Connection, live: LiveBuild, after: str) -> list[str]:
    table = live.versions
    asked = select(table.c.key).where(table.c.key > after).distinct().order_by(table.c.key).limit(_BATCH)
    return list(connection.execute(asked).scalars())


def _states(connection: Connection, live: LiveBuild, pin: Pin, *, keys: tuple[str, str]) -> Iterator[_States]:
    table = live.versions
    asked = (
        select(*version_columns(live))
        .where(table.c.key >= keys[0], table.c.key <= keys[1])
        .where(table.c.recorded_from <= pin.entry, table.c.recorded_to > pin.entry)
        .where(table.c.valid_from <= pin.instant, table.c.valid_to > pin.instant)
        .order_by(table.c.key, table.c.claimant)
    )
    states: _States | None = None
    for version in map(version_of, connection.execute(asked)):
        if states is None or states.key != version.key:
            if states is not None:
                yield states
            states = _States(version.key, None, {})
        if version.claimant:
            states.claims[version.claimant] = version
        else:
            states.held = version
    if states is not None:
        yield states


def _compare(live: LiveBuild, states: _States, *, pin: Pin) -> list[dict[str, Any]]:
    declared = {rule.source: rule for rule in live.definition.claims}
    heard = {source: declared.get(source) or _undeclared(source) for source in states.claims}
    complete = {source: rule for source, rule in declared.items() if rule.complete}
    found: list[dict[str, Any]] = []
    for _, rule in sorted((complete | heard).items()):
        if rule.start <= pin.instant < rule.end:
            found += _compare_source(live, states, rule)
    return found


def _undeclared(source: str) -> Claims:
    return Claims(source=source, title=Text(source, source), start=-OPEN, end=OPEN)


def _compare_source(live: LiveBuild, states: _States, rule: Claims) -> Iterator[dict[str, Any]]:
    held = states.held if states.held is not None and states.held.state == ACTIVE else None
    claim = states.claims.get(rule.source)
    told = {
        "key": states.key,
        "source": rule.source,
        "title": {"vi": rule.title.vi, "en": rule.title.en},
        "entry": claim.entry if claim else None,
    }
    if held is not None and (claim is None or claim.state != ACTIVE):
        if claim is not None or rule.complete:
            yield told | {"kind": "denied", "claimed_state": STATE_NAMES[claim.state] if claim else "not-listed"}
    elif held is None and claim is not None and claim.state == ACTIVE:
        state = STATE_NAMES[states.held.state] if states.held else "absent"
        yield told | {"kind": "not-held", "held_state": state, "claimed": _shown(live, claim.body, rule)}
    elif held is not None and claim is not None:
        for name, value, claimed in _differences(live, held.body, claim.body, rule=rule):
            yield told | {"kind": "differs", "field": name, "value": value, "claimed": claimed}


def _fields(live: LiveBuild, rule: Claims) -> Iterable[str]:
    return [name for name in (rule.fields or live.open_fields) if name in live.open_fields]


def _shown(live: LiveBuild, body: bytes | None, rule: Claims) -> Mapping[str, Any]:
    record = orjson.loads(body or b"{}")
    return {name: record.get(name) for name in _fields(live, rule)}


def _differences(
    live: LiveBuild, held: bytes | None, claimed: bytes | None, *, rule: Claims
) -> Iterator[tuple[str, Any, Any]]:
    if held == claimed:
        return
    ours, theirs = orjson.loads(held or b"{}"), orjson.loads(claimed or b"{}")
    for name in _fields(live, rule):
        if theirs.get(name) is not None and _comparable(ours.get(name)) != _comparable(theirs[name]):
            yield name, ours.get(name), theirs[name]


def _comparable(value: Any) -> Any:
    if isinstance(value, str):
        return name_key(value)
    return [_comparable(one) for one in value] if isinstance(value, list) else value
