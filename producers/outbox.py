"""The durable outbox of a department's system: what is to be published, and the snapshot it came from.

One SQLite file. An encoded event, its place in the source's gapless sequence and the snapshot it was
derived from commit together; ids are fixed then, so that sending again is harmless. Publishing never
waits for the broker; draining never holds the file while the broker is asked.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from uuid_utils import uuid7

from hub.log.interface import Headers, NewRecord, Position
from producers.drain import BATCH_RECORDS, DrainReport, Pending, Transport, drain
from producers.errors import NotPending, OutboxError, OutboxUsed
from producers.http_source import Fetched

_SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (
    source TEXT NOT NULL, topic TEXT NOT NULL, incarnation INTEGER NOT NULL, last_sequence INTEGER NOT NULL,
    PRIMARY KEY (source, topic)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, topic TEXT NOT NULL,
    sequence INTEGER NOT NULL, key BLOB NOT NULL, value BLOB, headers BLOB, enqueued_at INTEGER NOT NULL,
    sent_at INTEGER, partition INTEGER, offset INTEGER, UNIQUE (source, topic, sequence)
);
CREATE INDEX IF NOT EXISTS events_pending ON events (topic, number) WHERE sent_at IS NULL;
CREATE TABLE IF NOT EXISTS set_aside (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, topic TEXT NOT NULL, sequence INTEGER NOT NULL, key BLOB NOT NULL,
    value BLOB, headers BLOB, reason TEXT NOT NULL, set_aside_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (
    feed TEXT NOT NULL, identity TEXT NOT NULL, content BLOB NOT NULL, event_id TEXT, PRIMARY KEY (feed, identity)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS schemas (
    registry TEXT NOT NULL, event TEXT NOT NULL, subject TEXT NOT NULL, schema_id INTEGER NOT NULL,
    guid TEXT NOT NULL, key_fields TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (registry, event)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fetched (
    url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT, content BLOB NOT NULL
) WITHOUT ROWID;
"""
BUSY_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """The next place in a stream: the source with its incarnation, and the sequence number."""

    source: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of an event: its id, and where it stands once the log has acknowledged it.

    `set_aside` says why it will never be sent.
    """

    id: str
    source: str
    topic: str
    position: Position | None
    set_aside: str | None = None


@dataclass(frozen=True, slots=True)
class CachedSchema:
    """A schema as the hub knew it when it was last asked."""

    subject: str
    schema_id: int
    guid: str
    key: tuple[str, ...]
    text: str


def _now_us() -> int:
    return time.time_ns() // 1000


def _new_id() -> str:
    return str(uuid7())


class Outbox:
    """An outbox at `path`, made where it is not there. Safe between threads and processes.

    `now` gives microseconds UTC, `new_id` the ids of events (UUIDv7).
    """

    def __init__(
        self, path: Path | str, *, now: Callable[[], int] = _now_us, new_id: Callable[[], str] = _new_id
    ) -> None:
        self.path = Path(path)
        self.now = now
        self.new_id = new_id
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._connection().executescript(_SCHEMA)

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = self._open()
        return found

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            raise OutboxError(f"the outbox {self.path.name} cannot be opened: {error}") from error
        with self._lock:
            self._opened.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[OutboxTransaction]:
        """One write: everything put into it commits together, or nothing does."""
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield OutboxTransaction(connection, self.now)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def drain(self, transport: Transport, *, batch_records: int = BATCH_RECORDS) -> DrainReport:
        """Send what is pending over `transport`, a log or an `HttpTransport`; see `producers.drain`."""
        return drain(self, transport, batch_records=batch_records)

    def list_pending_topics(self) -> list[str]:
        """The topics that have unacknowledged events, the longest waiting first."""
        rows = self._connection().execute(
            "SELECT topic FROM events WHERE sent_at IS NULL GROUP BY topic ORDER BY min(number)"
        )
        return [row[0] for row in rows]

    def list_pending(self, topic: str, *, limit: int) -> list[Pending]:
        """The first `limit` unacknowledged events of `topic`, in the order in which they were published."""
        rows = self._connection().execute(
            "SELECT number, key, value, headers, id, sequence FROM events WHERE sent_at IS NULL AND topic = ?"
            " ORDER BY number LIMIT ?",
            (topic, limit),
        )
        return [
            Pending(number, NewRecord(topic, key, value, _unpack(packed)), event_id, sequence)
            for number, key, value, packed, event_id, sequence in rows
        ]

    def count_pending(self) -> int:
        """How many events are not acknowledged yet."""
        found: int = self._connection().execute("SELECT count(*) FROM events WHERE sent_at IS NULL").fetchone()[0]
        return found

    def mark_sent(self, numbers: Sequence[int], positions: Sequence[Position]) -> None:
        """Note that the log has acknowledged these events; their bytes are dropped, ids and positions stay."""
        sent_at = self.now()
        with self.transaction() as transaction:
            transaction.connection.executemany(
                "UPDATE events SET sent_at = ?, partition = ?, offset = ?, value = NULL, headers = NULL"
                " WHERE number = ?",
                [(sent_at, at.partition, at.offset, number) for number, at in zip(numbers, positions, strict=True)],
            )

    def find_delivery(self, event_id: str) -> Delivery | None:
        """What became of the event `event_id`."""
        row = (
            self._connection()
            .execute(
                "SELECT id, source, topic, partition, offset, NULL FROM events WHERE id = ?"
                " UNION ALL SELECT id, source, topic, NULL, NULL, reason FROM set_aside WHERE id = ?",
                (event_id, event_id),
            )
            .fetchone()
        )
        if row is None:
            return None
        position = None if row[4] is None else Position(row[2], row[3], row[4])
        return Delivery(row[0], row[1], row[2], position, row[5])

    def set_aside(self, event_id: str, reason: str) -> None:
        """Never send this pending event, so that those behind it can go out; it is kept here with `reason`.

        Its number in the sequence is not given again: readers see that an event is missing. What it told
        is forgotten, so that a later run of its feed tells it anew; a retirement that was set aside must
        be told by hand. Raises `NotPending` where the event was sent already, or is not known.
        """
        with self.transaction() as transaction:
            transaction.set_aside(event_id, reason)

    def facts(self, feed: str) -> dict[str, dict[str, Any]]:
        """What the feed last published, by key (snapshot feeds) or identity (event feeds), as JSON values."""
        rows = self._connection().execute(
            "SELECT identity, content FROM facts WHERE feed = ? ORDER BY identity", (feed,)
        )
        return {identity: orjson.loads(content) for identity, content in rows}

    def contents(self, feed: str) -> dict[str, bytes]:
        """What the feed last published, by identity, as `dump_content` wrote it."""
        rows = self._connection().execute(
            "SELECT identity, content FROM facts WHERE feed = ? ORDER BY identity", (feed,)
        )
        return dict(rows.fetchall())

    def find_event_id(self, feed: str, identity: str) -> str | None:
        """The id of the event that last told `identity`."""
        row = (
            self._connection()
            .execute("SELECT event_id FROM facts WHERE feed = ? AND identity = ?", (feed, identity))
            .fetchone()
        )
        return None if row is None else row[0]

    def is_used(self, source: str, topic: str) -> bool:
        """Whether this outbox ever published under `source` to `topic`."""
        row = self._connection().execute("SELECT 1 FROM streams WHERE source = ? AND topic = ?", (source, topic))
        return row.fetchone() is not None

    def restart(self, source: str, topic: str, *, feed: str, incarnation: int, state: Mapping[str, Any]) -> None:
        """Begin a new incarnation of `source` in this fresh outbox, after the old one was lost.

        `state` is what the hub knows now (key -> fields as JSON): the feed goes on from it, so that what
        was published before is not published again. Raises `OutboxUsed` where this outbox published already.
        """
        if incarnation < 2:
            raise OutboxError("a new incarnation is 2 or more; 1 is the source without a suffix")
        with self.transaction() as transaction:
            if self.is_used(source, topic):
                raise OutboxUsed(f"this outbox already published as {source} to {topic}; it was not lost")
            transaction.begin_stream(source, topic, incarnation)
            for key, fields in state.items():
                transaction.keep_fact(feed, key, fields)

    def find_schema(self, registry: str, event: str) -> CachedSchema | None:
        """The schema of an event as it was cached."""
        row = (
            self._connection()
            .execute(
                "SELECT subject, schema_id, guid, key_fields, text FROM schemas WHERE registry = ? AND event = ?",
                (registry, event),
            )
            .fetchone()
        )
        return None if row is None else CachedSchema(row[0], row[1], row[2], tuple(orjson.loads(row[3])), row[4])

    def keep_schema(self, registry: str, event: str, schema: CachedSchema) -> None:
        """Cache the schema of an event."""
        with self.transaction() as transaction:
            transaction.connection.execute(
                "INSERT OR REPLACE INTO schemas VALUES (?, ?, ?, ?, ?, ?, ?)",
                (registry, event, schema.subject, schema.schema_id, schema.guid, orjson.dumps(schema.key), schema.text),
            )

    def find_fetched(self, url: str) -> Fetched | None:
        """What `url` last answered."""
        row = (
            self._connection()
            .execute("SELECT content, etag, last_modified FROM fetched WHERE url = ?", (url,))
            .fetchone()
        )
        return None if row is None else Fetched(*row)

    def keep_fetched(self, url: str, fetched: Fetched) -> None:
        """Remember what `url` answered."""
        with self.transaction() as transaction:
            transaction.connection.execute(
                "INSERT OR REPLACE INTO fetched (url, etag, last_modified, content) VALUES (?, ?, ?, ?)",
                (url, fetched.etag, fetched.last_modified, fetched.content),
            )

    def close(self) -> None:
        """Close every connection of this process."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
        self._local = threading.local()


class OutboxTransaction:
    """What may be written together."""

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], int]) -> None:
        self.connection = connection
        self._now = now

    def begin_stream(self, source: str, topic: str, incarnation: int) -> None:
        """Begin the sequence of `source` in `topic`; its first event will have the number 1."""
        self.connection.execute("INSERT INTO streams VALUES (?, ?, ?, 0)", (source, topic, incarnation))

    def next_place(self, source: str, topic: str) -> Place:
        """The next place of `source` in `topic`; taken only if the transaction commits."""
        row = self.connection.execute(
            "INSERT INTO streams VALUES (?, ?, 1, 1) ON CONFLICT DO UPDATE SET last_sequence = last_sequence + 1"
            " RETURNING incarnation, last_sequence",
            (source, topic),
        ).fetchone()
        return Place(source if row[0] == 1 else f"{source};{row[0]}", row[1])

    def enqueue(self, record: NewRecord, *, event_id: str, place: Place) -> None:
        """Put an encoded event at its place."""
        self.connection.execute(
            "INSERT INTO events (id, source, topic, sequence, key, value, headers, enqueued_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event_id,
                place.source,
                record.topic,
                place.sequence,
                record.key,
                record.value,
                _pack(record.headers),
                self._now(),
            ),
        )

    def set_aside(self, event_id: str, reason: str) -> None:
        """Take a pending event out of what is to be sent."""
        moved = self.connection.execute(
            "INSERT INTO set_aside SELECT id, source, topic, sequence, key, value, headers, ?, ? FROM events"
            " WHERE id = ? AND sent_at IS NULL",
            (reason, self._now(), event_id),
        )
        if moved.rowcount != 1:
            raise NotPending(f"the event {event_id} does not wait to be sent, so it cannot be set aside")
        self.connection.execute("DELETE FROM events WHERE id = ?", (event_id,))
        self.connection.execute("DELETE FROM facts WHERE event_id = ?", (event_id,))

    def keep_fact(
        self, feed: str, identity: str, content: Mapping[str, Any] | bytes, *, event_id: str | None = None
    ) -> None:
        """Note what was last published of `identity`."""
        dumped = content if isinstance(content, bytes) else dump_content(content)
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", (feed, identity, dumped, event_id))

    def drop_fact(self, feed: str, identity: str) -> None:
        """Forget `identity`: it was retired."""
        self.connection.execute("DELETE FROM facts WHERE feed = ? AND identity = ?", (feed, identity))


def dump_content(content: Mapping[str, Any]) -> bytes:
    """`content` as an outbox keeps it: equal contents are equal bytes."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _pack(headers: Headers) -> bytes:
    return orjson.dumps([[name, value.decode()] for name, value in headers])


def _unpack(packed: bytes) -> Headers:
    return tuple((name, value.encode()) for name, value in orjson.loads(packed))
