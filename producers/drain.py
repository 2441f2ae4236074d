"""Sends what an outbox holds: in order, in batches, one drainer at a time, sent only once acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hub.log.errors import LogError, LoginRefused, LogUnavailable
from hub.log.interface import NewRecord, Position
from producers.errors import DrainRunning, IntakeRefused

BATCH_RECORDS = 500


@dataclass(frozen=True, slots=True)
class Pending:
    """An event that is not acknowledged yet; `sequence` is its place in its source's sequence."""

    number: int
    record: NewRecord
    event_id: str = ""
    sequence: int = 0


class Drained(Protocol):
    """What is asked of an outbox; `producers.outbox.Outbox` is one."""

    path: Path

    def list_pending_topics(self) -> list[str]: ...

    def list_pending(self, topic: str, *, limit: int) -> list[Pending]: ...

    def count_pending(self) -> int: ...

    def mark_sent(self, numbers: Sequence[int], positions: Sequence[Position]) -> None: ...


class Transport(Protocol):
    """A way to the hub: the log itself, or `producers.http_transport.HttpTransport`."""

    def append(self, records: Sequence[NewRecord]) -> list[Position]: ...


@dataclass(frozen=True, slots=True)
class DrainFailure:
    """Why a topic could not be drained now; what is retriable will go out with a later drain.

    `event_id` names the one event that is refused for good: it and those behind it wait until somebody
    does what `message` says at its end.
    """

    topic: str
    code: str
    message: str
    retriable: bool
    event_id: str | None = None


@dataclass(slots=True)
class DrainReport:
    """What a drain did: `sent` events acknowledged, `pending` still waiting."""

    sent: int = 0
    pending: int = 0
    failures: list[DrainFailure] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not self.failures and not self.pending


def drain(outbox: Drained, transport: Transport, *, batch_records: int = BATCH_RECORDS) -> DrainReport:
    """Send every pending event. Failures are reported, not raised: the events stay where they are.

    An event that is refused for good is named, and those before it are sent. A topic that is refused does
    not hold up the others; a broker that is away or refuses the login ends the drain. Raises `DrainRunning`
    where another process drains this outbox.
    """
    report = DrainReport()
    with _alone(outbox.path):
        for topic in outbox.list_pending_topics():
            failure = _drain_topic(outbox, transport, topic, batch_records=batch_records, report=report)
            if failure is not None:
                report.failures.append(failure)
                if failure.code in (LogUnavailable.code, LoginRefused.code):
                    break
    report.pending = outbox.count_pending()
    return report


def _drain_topic(
    outbox: Drained, transport: Transport, topic: str, *, batch_records: int, report: DrainReport
) -> DrainFailure | None:
    while pending := outbox.list_pending(topic, limit=batch_records):
        try:
            _send(outbox, transport, pending, report=report)
        except (LogError, IntakeRefused) as error:
            if not _is_about_an_event(error):
                return DrainFailure(topic, error.code, str(error), error.retriable)
            failure = _send_singly(outbox, transport, pending, report=report)
            if failure is not None:
                return failure
    return None


def _send(outbox: Drained, transport: Transport, pending: Sequence[Pending], *, report: DrainReport) -> None:
    positions = transport.append([one.record for one in pending])
    outbox.mark_sent([one.number for one in pending], positions)
    report.sent += len(pending)


def _is_about_an_event(error: LogError | IntakeRefused) -> bool:
    """Whether some of the events were refused for good, and not the login or the topic."""
    return not error.retriable and error.kind in ("invalid", "conflict")


def _send_singly(
    outbox: Drained, transport: Transport, pending: Sequence[Pending], *, report: DrainReport
) -> DrainFailure | None:
    """Send those before the event that is refused, and say which it is; None where one by one all are taken."""
    for one in pending:
        try:
            _send(outbox, transport, [one], report=report)
        except (LogError, IntakeRefused) as error:
            if not _is_about_an_event(error):
                return DrainFailure(one.record.topic, error.code, str(error), error.retriable)
            return _refused(one, error)
    return None


def _refused(one: Pending, error: LogError | IntakeRefused) -> DrainFailure:
    message = (
        f"the event {one.event_id} (number {one.sequence} of its source) is refused for good: {error}. "
        f"The events behind it wait. Outbox.set_aside({one.event_id!r}, reason) takes it out of the way; "
        "its number stays empty, which readers see; correct the source and publish again"
    )
    return DrainFailure(one.record.topic, error.code, message, retriable=False, event_id=one.event_id)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds the drainer's lock: an exclusive SQLite transaction beside the outbox, which a kill releases."""
    with closing(sqlite3.connect(path.with_name(path.name + "-drain"), timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise DrainRunning(f"another process drains {path.name} now") from error
        yield
