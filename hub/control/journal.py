"""The table `control_events`, the outbox of `hub.control`: commits, appends in order, restores.

Writers of one process share their waits: while one commits or appends for all who stand in line, the others
stand in line. Between processes a row lock orders commits; whoever appends takes along what others left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from uuid_utils import uuid7

from hub.control import claims
from hub.control.claims import Claims
from hub.control.errors import ControlConflict, ControlRefused, ControlUnavailable
from hub.control.events import CONTROL_TOPIC, ControlEvent, decode, encode
from hub.control.reader import CONTROL
from hub.log.errors import LogError
from hub.log.interface import Log, NewRecord
from hub.log.limits import MAX_RECORD_BYTES
from hub.table_creation import create_tables

_BATCH = 1000

metadata = MetaData()
control_events = Table(
    "control_events",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", String, nullable=False, unique=True),
    Column("value", LargeBinary, nullable=False),
    Column("log_offset", BigInteger, index=True),  # None until the log has acknowledged it
)

Change = tuple[str, dict[str, Any]]
Decide = Callable[[Claims], Sequence[Change]]
_ACKNOWLEDGE = (
    update(control_events)
    .where(control_events.c.number == bindparam("of"), control_events.c.log_offset.is_(None))
    .values(log_offset=bindparam("at"))
)


@dataclass(slots=True)
class _Entry:
    decide: Decide
    actor: str
    number: int = 0
    done: bool = False
    error: Exception | None = field(default=None)


class Journal:
    """Stores and appends control events. `acknowledged` is called in the transaction that notes an append."""

    def __init__(
        self,
        engine: Engine,
        log: Log,
        *,
        now: Callable[[], int],
        acknowledged: Callable[[Connection], None] | None = None,
    ) -> None:
        self._engine = engine
        self._log = log
        self._now = now
        self._acknowledged = acknowledged
        self._line: list[_Entry] = []
        self._standing, self._committing, self._relaying = threading.Lock(), threading.Lock(), threading.Lock()
        self._relayed = 0
        create_tables(engine, metadata, claims.metadata)
        log.create_topic(CONTROL_TOPIC, 1)
        self._restore()

    def write(self, decide: Decide, actor: str) -> int:
        """Ask `decide` under the lock, store what it answers, wait for the log; the number of its last event.

        What `decide` raises is raised here. Raises `ControlRefused` for what is too large for the log,
        `ControlUnavailable` where the database or the log is away.
        """
        entry = _Entry(decide, actor)
        with self._standing:
            self._line.append(entry)
        with self._committing:
            if not entry.done:
                self._commit_line()
        if entry.error is not None:
            raise entry.error
        self.wait_for(entry.number)
        return entry.number

    def commit_after(self, number: int, changes: Sequence[Change], actor: str) -> bool:
        """Store `changes` if `number` is still the last; the log does not have them yet."""
        events = self._make_events(number, changes, actor)
        with self._engine.begin() as connection:
            claims.lock(connection)
            if _last_number(connection) != number:
                return False
            _store(connection, events)
        return True

    def wait_for(self, number: int) -> None:
        """Return once the log has every event up to `number`."""
        if self._relayed >= number:
            return
        with self._relaying:
            if self._relayed < number:
                self._relayed = max(self._relay(), number)

    def relay(self) -> None:
        """Append what the log has not acknowledged, in order. Another process may do the same: numbers tell."""
        with self._relaying:
            self._relay()

    def _commit_line(self) -> None:
        with self._standing:
            line, self._line = self._line, []
        try:
            with self._engine.begin() as connection:
                claims.lock(connection)
                last = _last_number(connection)
                for entry in line:
                    last = self._commit_entry(connection, entry, last)
        except SQLAlchemyError as error:
            for entry in line:
                entry.error = ControlUnavailable(f"the database did not take it, so nothing was answered: {error}")
        finally:
            for entry in line:
                entry.done = True

    def _commit_entry(self, connection: Connection, entry: _Entry, last: int) -> int:
        try:
            events = self._make_events(last, entry.decide(Claims(connection)), entry.actor)
        except SQLAlchemyError:
            raise
        except Exception as error:
            entry.error = error
            return last
        if events:
            _store(connection, events)
            entry.number = last + len(events)
        return last + len(events)

    def _make_events(self, last: int, changes: Sequence[Change], actor: str) -> list[tuple[ControlEvent, bytes]]:
        """Events after number `last`, and their bytes."""
        at = self._now()
        events = [
            ControlEvent(number, str(uuid7()), at, actor, kind, facts)
            for number, (kind, facts) in enumerate(changes, last + 1)
        ]
        return [(one, _encoded(one)) for one in events]

    def _relay(self) -> int:
        """Numbers are committed in order: the log has everything up to the one returned."""
        last = self._relayed
        pending = (
            select(control_events.c.number, control_events.c.value)
            .where(control_events.c.log_offset.is_(None))
            .order_by(control_events.c.number)
            .limit(_BATCH)
        )
        while True:
            with self._engine.connect() as connection:
                rows = connection.execute(pending).all()
            if rows:
                self._append(rows)
                last = rows[-1].number
            if len(rows) < _BATCH:
                return last

    def _append(self, rows: Sequence[Row[Any]]) -> None:
        try:
            positions = self._log.append([NewRecord(CONTROL_TOPIC, None, row.value, (), 0) for row in rows])
        except LogError as error:
            raise ControlUnavailable(f"the log did not acknowledge, so nothing was answered: {error}") from error
        with self._engine.begin() as connection:
            marks = [{"of": row.number, "at": one.offset} for row, one in zip(rows, positions, strict=True)]
            connection.execute(_ACKNOWLEDGE, marks)
            if self._acknowledged is not None:
                self._acknowledged(connection)

    def _restore(self) -> None:
        """Fill the tables from the log, as far as they lack what the log has."""
        with self._engine.begin() as connection:
            if not claims.lock(connection):
                _claim_all(connection)  # a database of a time before claims, or a new one
            known = connection.execute(select(func.max(control_events.c.log_offset))).scalar()
        offset = 0 if known is None else known + 1
        end = self._log.ends([CONTROL])[CONTROL]
        while offset < end:
            records = self._log.read(CONTROL, offset, max_records=_BATCH, timeout_s=5.0)
            if not records:
                break
            with self._engine.begin() as connection:
                claims.lock(connection)
                _keep_acknowledged(connection, [(one.offset, one.value) for one in records if one.value is not None])
            offset = records[-1].offset + 1


def _encoded(event: ControlEvent) -> bytes:
    """The bytes of the event; raises `ControlRefused` for what the log would never take: once stored it would bar the
    way of all others."""
    value = encode(event)
    if len(value) > MAX_RECORD_BYTES:
        raise ControlRefused(
            f"the change is too large: its control event ({event.kind}) would have {len(value)} bytes, the log takes "
            f"{MAX_RECORD_BYTES}; propose or register less at once"
        )
    return value


def _store(connection: Connection, events: Sequence[tuple[ControlEvent, bytes]]) -> None:
    rows = [{"number": one.number, "event_id": one.id, "value": value, "log_offset": None} for one, value in events]
    connection.execute(insert(control_events), rows)
    claims.claim(connection, [one for one, _ in events])


def _last_number(connection: Connection) -> int:
    return connection.execute(select(func.max(control_events.c.number))).scalar() or 0


def _claim_all(connection: Connection) -> None:
    rows = connection.execute(select(control_events.c.value).order_by(control_events.c.number)).all()
    claims.claim(connection, [decode(value) for (value,) in rows])


def _keep_acknowledged(connection: Connection, records: Sequence[tuple[int, bytes]]) -> None:
    events = [(offset, value, decode(value)) for offset, value in records]
    numbers = [event.number for _, _, event in events]
    table = control_events.c
    asked = select(table.number, table.event_id, table.log_offset).where(table.number.in_(numbers))
    known = {row.number: row for row in connection.execute(asked)}
    new: dict[int, tuple[dict[str, Any], ControlEvent]] = {}
    marks = []
    for offset, value, event in events:
        row = known.get(event.number)
        if row is not None and row.event_id != event.id:
            raise ControlConflict(
                f"control event {event.number} differs between database and log: this database belongs to another log"
            )
        if row is None:
            columns = {"number": event.number, "event_id": event.id, "value": value, "log_offset": offset}
            new.setdefault(event.number, (columns, event))
        elif row.log_offset is None:
            marks.append({"of": event.number, "at": offset})
    if new:
        connection.execute(insert(control_events), [columns for columns, _ in new.values()])
        claims.claim(connection, [event for _, event in new.values()])
    if marks:
        connection.execute(_ACKNOWLEDGE, marks)
