"""Rehearses a candidate: the registry's history replayed through the projection, as an approval would rebuild it.

The replay stands in a temporary SQLite file (`consumers.rehearsals.workspace`) and goes as far as the live build has
come: the pin. docs/reference/rehearsal.md says what the report holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from consumers.builds import OpenBuild
from consumers.errors import RehearsalImpossible, RehearsalWaits
from consumers.order import Order, Ordered
from consumers.rehearsals.consumers import judge_consumers
from consumers.rehearsals.failures import Failures, Listing, entry_kinds
from consumers.rehearsals.letters import judge_letters
from consumers.rehearsals.live import LiveBuildGone, LiveSide, Pin, find_live_side
from consumers.rehearsals.openness import Openness, list_published
from consumers.rehearsals.records import RecordComparison, candidate_records
from consumers.rehearsals.workspace import LOCK_WAIT_S, held_registry, in_workspace, open_candidate, workspace_file
from consumers.replay import Replay
from consumers.sequencer import Prefetched
from hub.control.governance import DeclaredConsumer, Rehearsed
from hub.control.reader import ControlHistory, ControlReader
from hub.log.errors import UnknownTopic
from hub.log.interface import Log
from schemas.definition import Definition
from schemas.times import format_instant

BATCH_RECORDS = 2000
_ATTEMPTS = 3
_ORDERS_AT_ONCE = 200
_FARTHEST_BEHIND = 100
_NOTHING = Pin(entry=0, order_offset=0, recorded_at=0, turned_at=0)
Members = dict[str, Any]


def rehearse(
    log: Log,
    engine: Engine,
    candidate: Definition,
    *,
    live: Definition | None,
    consumers: Collection[DeclaredConsumer],
    workspace: Path,
    now: Callable[[], int],
    stop: threading.Event | None = None,
    wait_s: float = LOCK_WAIT_S,
) -> Rehearsed:
    """What the candidate would make of everything the live build has applied; `live` is the definition in force.

    Another rehearsal of the registry is waited for, `wait_s` seconds.

    Raises `RehearsalWaits` where trying again later helps (also where `stop` was set meanwhile), `RehearsalImpossible`
    where the workspace cannot be written.
    """
    about = _about(candidate, live, consumers)
    for _ in range(_ATTEMPTS):
        try:
            side = find_live_side(engine, live) if live is not None else None
            _check_lag(log, candidate.registry, side)
            if live is None or side is None:
                return _rehearsed(_NOTHING, about | _nothing(), now=now())
            run = _Run(log, candidate, live, side, workspace, now, stop, wait_s)
            return _rehearsed(side.pin, about | run.members(), now=now())
        except LiveBuildGone:
            continue
    raise RehearsalWaits(f"the live build of {candidate.registry} was replaced while it was read: try again")


def _about(candidate: Definition, live: Definition | None, consumers: Collection[DeclaredConsumer]) -> Members:
    """The members of the report that need no replay."""
    return {
        "registry": candidate.registry,
        "candidate": candidate.version,
        "base": live.version if live is not None else None,
        "consumers": judge_consumers(consumers, candidate, live),
    }


class _Run:
    """One rehearsal as of one pin."""

    def __init__(
        self,
        log: Log,
        candidate: Definition,
        live: Definition,
        side: LiveSide,
        workspace: Path,
        now: Callable[[], int],
        stop: threading.Event | None,
        wait_s: float,
    ) -> None:
        self._log = log
        self._candidate = candidate
        self._live = live
        self._side = side
        self._workspace = workspace
        self._now = now
        self._stop = stop
        self._wait_s = wait_s
        self._history = ControlHistory()

    def members(self) -> Members:
        """The members of the report that the replay tells."""
        with held_registry(self._workspace, self._candidate.registry, wait_s=self._wait_s, stop=self._stop):
            return in_workspace(workspace_file(self._workspace, self._candidate), self._candidate, self._replayed)

    def _replayed(self, engine: Engine) -> Members:
        build = open_candidate(engine, self._candidate, self._side, now=self._now())
        entries = self._follow(build)
        state = ControlReader(self._log, self._history).catch_up()
        openness = Openness(self._live, self._candidate)
        failures = Failures(build, self._side, state, openness)
        failing, keys = failures.list_failing(), failures.list_other_keys(self._live)
        letters = judge_letters(build, self._side, state)
        return {
            "counts": self._counts(failing, entries, letters),
            "failing": failing.first(),
            "other_keys": {"count": keys.count, "samples": keys.first()},
            "without_effect": self._without_effect(build),
            "dead_letters": letters,
            **self._compared(build, openness),
        }

    def _follow(self, build: OpenBuild) -> int:
        """Apply the order up to the pin, as a rebuild does; the entries there are then."""
        pin, order = self._side.pin, Order(self._log, build.registry)
        replay = Replay(self._log, build, order, batch_records=BATCH_RECORDS, history=self._history)
        while replay.checkpoint.order_offset < pin.order_offset:
            start = replay.checkpoint.order_offset
            orders = order.read(start, min(pin.order_offset, start + _ORDERS_AT_ONCE))
            replay.apply(self._until_stopped(orders), Prefetched(), now=pin.turned_at)
            if self._is_stopped():
                raise RehearsalWaits(f"the rehearsal of {build.registry} was stopped; it goes on where it stands")
            if replay.checkpoint.order_offset <= start:
                raise RehearsalImpossible(f"{build.registry}: the order from {start} on was not applied")
        return replay.checkpoint.last_entry

    def _until_stopped(self, orders: Iterator[Ordered]) -> Iterator[Ordered]:
        for one in orders:
            if self._is_stopped():
                return
            yield one

    def _is_stopped(self) -> bool:
        return self._stop is not None and self._stop.is_set()

    def _counts(self, failing: Listing, entries: int, letters: Members) -> Members:
        events = self._side.pin.entry
        dead = letters["would_be_accepted"] + letters["repeats"] + sum(letters["still_dead"].values())
        return {
            "events": events,
            "accepted": events - failing.count,
            "failing": failing.count,
            "entries": entries,
            "deadLetters": dead,
        }

    def _without_effect(self, build: OpenBuild) -> dict[str, int]:
        """How many entries there are of each event type that the candidate no longer names."""
        found: dict[str, int] = {}
        for (event_type, _), count in entry_kinds(build).items():
            if event_type not in self._candidate.events and event_type in self._live.events:
                found[event_type] = found.get(event_type, 0) + count
        return found

    def _compared(self, build: OpenBuild, openness: Openness) -> Members:
        published = list_published(self._live, self._candidate)
        comparison = RecordComparison(self._live, self._candidate, openness, published)
        comparison.compare(self._side.records(), candidate_records(build, self._side))
        return {"records": comparison.as_json(), "becomes_public": comparison.published_as_json()}


def _check_lag(log: Log, registry: str, side: LiveSide | None) -> None:
    """A live build that is being filled says too little: wait for it."""
    try:
        end = Order(log, registry).end()
    except UnknownTopic:
        return
    behind = end - (side.pin.order_offset if side is not None else 0)
    if behind > _FARTHEST_BEHIND:
        raise RehearsalWaits(f"the live build of {registry} is {behind} order records behind: wait until it is filled")


def _nothing() -> Members:
    """Of a registry to which nothing was applied."""
    return {
        "counts": {"events": 0, "accepted": 0, "failing": 0, "entries": 0, "deadLetters": 0},
        "failing": [],
        "other_keys": {"count": 0, "samples": []},
        "without_effect": {},
        "dead_letters": {"would_be_accepted": 0, "repeats": 0, "still_dead": {}},
        "records": _no_records(),
        "becomes_public": [],
    }


def _no_records() -> Members:
    numbers = dict.fromkeys(("before", "after", "changed", "appeared", "disappeared"), 0)
    lists: Members = {name: [] for name in ("new_fields", "removed_fields", "samples")}
    return {**numbers, **lists, "fields": {}, "appeared_keys": [], "disappeared_keys": []}


def _rehearsed(pin: Pin, members: Members, *, now: int) -> Rehearsed:
    recorded_at = format_instant(pin.recorded_at) if pin.entry else None
    members["pin"] = {"entry": pin.entry, "orderOffset": pin.order_offset, "recordedAt": recorded_at}
    members["passed"] = members["counts"]["failing"] == 0
    report = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
    return Rehearsed(
        pin=pin.entry,
        order_offset=pin.order_offset,
        passed=members["passed"],
        report=report.decode(),
        sha256=sha256(report).hexdigest(),
        at=now,
    )
