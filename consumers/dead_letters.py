"""Dead letters: list them, show one, append its bytes to the log again, or let it go.

A decision is a control event; the letter's status follows from it (`consumers.decisions`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Engine, Select, and_, literal, select, tuple_

from consumers.errors import DeadLetterDecided, DeadLetterNotFound
from hub.control.state import ControlState
from hub.log.interface import Headers, Log, NewRecord, Position
from hub.registries.rows import unpack_headers
from hub.registries.tables import builds, dead_letters

OPEN_STATUS, RETRIED, DISCARDED = "open", "retried", "discarded"


class Decide(Protocol):
    """`ControlStore`, as far as dead letters need it."""

    @property
    def state(self) -> ControlState: ...

    def decide_dead_letter(
        self, registry: str, topic: str, partition: int, offset: int, *, decision: str, note: str
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that was set aside, with its bytes. `recorded_at` in microseconds UTC."""

    registry: str
    topic: str
    partition: int
    offset: int
    reason: str
    message: str
    event_id: str | None
    source: str | None
    key: bytes | None
    headers: Headers
    value: bytes | None
    recorded_at: int
    status: str
    status_note: str | None

    @property
    def position(self) -> Position:
        return Position(self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class LetterPage:
    """Some letters in the order of their positions; `next` is where the next page begins after, if there is one."""

    letters: list[DeadLetter]
    next: Position | None


def list_dead_letters(
    engine: Engine,
    *,
    registry: str | None = None,
    status: str | None = OPEN_STATUS,
    reason: str | None = None,
    after: Position | None = None,
    limit: int = 100,
) -> LetterPage:
    """The letters of the live builds; `status=None` for all."""
    letters = dead_letters.c
    place = (letters.topic, letters.partition, letters.offset)
    question = _live_letters().order_by(*place).limit(limit + 1)
    for column, value in ((letters.registry, registry), (letters.status, status), (letters.reason, reason)):
        if value is not None:
            question = question.where(column == value)
    if after is not None:
        question = question.where(tuple_(*place) > tuple_(*(literal(one) for one in after)))
    with engine.connect() as connection:
        found = [_letter(row) for row in connection.execute(question)]
    more = len(found) > limit
    return LetterPage(found[:limit], found[limit - 1].position if more else None)


def get_dead_letter(engine: Engine, position: Position, *, registry: str | None = None) -> DeadLetter:
    """The letter at `position`; raises `DeadLetterNotFound`."""
    letters = dead_letters.c
    question = _live_letters().where(
        letters.topic == position.topic, letters.partition == position.partition, letters.offset == position.offset
    )
    if registry is not None:
        question = question.where(letters.registry == registry)
    with engine.connect() as connection:
        row = connection.execute(question).first()
    if row is None:
        raise DeadLetterNotFound(f"no dead letter stands at {position.topic}:{position.partition}:{position.offset}")
    return _letter(row)


def retry_dead_letter(engine: Engine, log: Log, store: Decide, position: Position, *, note: str = "") -> Position:
    """Append the letter's bytes to its topic again, and record it; where the record stands now.

    Between the two a crash may leave the letter open: the second retry is then a repeat, which changes nothing.
    """
    letter = _undecided(engine, store, position)
    record = NewRecord(letter.topic, letter.key, letter.value, letter.headers, letter.partition)
    appended = log.append([record])[0]
    store.decide_dead_letter(letter.registry, *position, decision=RETRIED, note=note)
    return appended


def discard_dead_letter(engine: Engine, store: Decide, position: Position, *, note: str) -> DeadLetter:
    """Record that the letter is let go, and why; its bytes stay in the log."""
    letter = _undecided(engine, store, position)
    store.decide_dead_letter(letter.registry, *position, decision=DISCARDED, note=note)
    return letter


def retry_all(
    engine: Engine,
    log: Log,
    store: Decide,
    *,
    registry: str,
    reason: str | None = None,
    note: str = "",
    progress: Callable[[Position], None] | None = None,
) -> int:
    """Retry every open letter of a registry, or those with `reason`; how many."""
    after, count = None, 0
    while True:
        page = list_dead_letters(engine, registry=registry, reason=reason, after=after)
        for letter in page.letters:
            if _decision(store, letter) is None:
                appended = retry_dead_letter(engine, log, store, letter.position, note=note)
                count += 1
                if progress is not None:
                    progress(appended)
        if page.next is None:
            return count
        after = page.next


def _undecided(engine: Engine, store: Decide, position: Position) -> DeadLetter:
    letter = get_dead_letter(engine, position)
    decided = _decision(store, letter)
    if decided is not None:
        raise DeadLetterDecided(f"this dead letter was {decided} already")
    return letter


def _decision(store: Decide, letter: DeadLetter) -> str | None:
    found = store.state.decisions.get((letter.registry, *letter.position))
    return found.decision if found is not None else None


def _live_letters() -> Select[Any]:
    same = and_(builds.c.registry == dead_letters.c.registry, builds.c.build == dead_letters.c.build)
    return select(dead_letters).join(builds, same).where(builds.c.status == "live")


def _letter(row: Any) -> DeadLetter:
    return DeadLetter(
        row.registry,
        row.topic,
        row.partition,
        row.offset,
        row.reason,
        row.message,
        row.event_id,
        row.source,
        row.key,
        unpack_headers(row.headers),
        row.value,
        row.recorded_at,
        row.status,
        row.status_note,
    )
