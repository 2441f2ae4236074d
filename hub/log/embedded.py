"""The embedded log: one SQLite file that several processes append to and read."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.log.embedded_file import OFFSET_BITS, open_file, transaction, translated
from hub.log.errors import OffsetOutOfRange, TopicConflict, UnknownTopic
from hub.log.header_codec import Names, pack_values, unpack_headers
from hub.log.interface import NewRecord, Partition, Position, Record
from hub.log.limits import check_record, check_topic
from hub.log.partitioner import choose_partition

_INSERT = "INSERT INTO records (id, appended_at, key, value, names, headers) VALUES (?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT id, appended_at, key, value, names, headers FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
_LAST = "SELECT max(id) FROM records WHERE id >= ? AND id < ?"
_RANGE_BATCH = 2000
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.01


def now_micros() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class _Topic:
    partitions: int
    first_slot: int


class EmbeddedLog:
    """A `Log` in a SQLite file. May be shared by threads; a forked process opens its own."""

    def __init__(self, path: Path, *, create: bool = True, clock: Callable[[], int] = now_micros) -> None:
        self._path = path
        self._clock = clock
        self._writer, self._writing = open_file(path, create=create), threading.Lock()
        self._reader, self._reading = open_file(path, create=False), threading.RLock()
        self._appended = threading.Condition()
        self._topics: dict[str, _Topic] = {}
        self._names: dict[int, Names] = {}
        self._name_ids: dict[Names, int] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process gets a log of its own on the same file."""
        return EmbeddedLog, (self._path.absolute(),)

    # topics

    def create_topic(self, topic: str, partitions: int = 1) -> None:
        check_topic(topic)
        with self._write() as connection, transaction(connection):
            found = connection.execute("SELECT partitions FROM topics WHERE name = ?", (topic,)).fetchone()
            if found is None:
                _insert_topic(connection, topic, partitions)
            elif found[0] != partitions:
                raise TopicConflict(f"{topic} exists with {found[0]} partitions, not {partitions}")

    def partitions(self, topic: str) -> int:
        return self._topic(topic).partitions

    def topics(self) -> dict[str, int]:
        with self._read() as connection:
            return dict(connection.execute("SELECT name, partitions FROM topics ORDER BY name"))

    # writing

    def append(self, records: Sequence[NewRecord]) -> list[Position]:
        if not records:
            return []
        places = [self._place(record) for record in records]
        with self._write() as connection, transaction(connection):
            ends = {partition: self._end(connection, partition) for partition in set(places)}
            names = self._number_names(connection, records)
            positions = _assign(places, ends)
            connection.executemany(_INSERT, self._rows(records, positions, names))
        self._name_ids |= names
        with self._appended:
            self._appended.notify_all()
        return positions

    def _place(self, record: NewRecord) -> Partition:
        check_record(record)
        count = self._topic(record.topic).partitions
        partition = choose_partition(record.key, count) if record.partition is None else record.partition
        if not 0 <= partition < count:
            raise UnknownTopic(f"{record.topic} has no partition {partition}")
        return Partition(record.topic, partition)

    def _rows(
        self, records: Sequence[NewRecord], positions: Sequence[Position], names: Mapping[Names, int]
    ) -> Iterator[tuple[object, ...]]:
        appended_at = self._clock()
        for record, (topic, partition, offset) in zip(records, positions, strict=True):
            number = names[tuple([name for name, _ in record.headers])]
            start = self._start(Partition(topic, partition))
            yield start + offset, appended_at, record.key, record.value, number, pack_values(record.headers)

    def _number_names(self, connection: sqlite3.Connection, records: Sequence[NewRecord]) -> dict[Names, int]:
        """The number of each tuple of header names; new ones are written, and known to others once committed."""
        numbers = {}
        for names in {tuple([name for name, _ in record.headers]) for record in records}:
            numbers[names] = self._name_ids.get(names) or _insert_names(connection, names)
        return numbers

    # reading

    def read(self, partition: Partition, offset: int, *, max_records: int, timeout_s: float = 0.0) -> list[Record]:
        records = self._read_batch(partition, offset, max_records) if offset >= 0 else []
        if not records:
            self._check_offset(partition, offset)
            if timeout_s > 0 and self.wait({partition: offset}, timeout_s):
                records = self._read_batch(partition, offset, max_records)
        return records

    def read_range(self, partition: Partition, start: int, end: int) -> Iterator[Record]:
        while start < end:
            records = self.read(partition, start, max_records=min(_RANGE_BATCH, end - start))
            if not records:
                return
            yield from records
            start = records[-1].offset + 1

    def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        with self._read() as connection:
            return {partition: self._end(connection, partition) for partition in partitions}

    def wait(self, beyond: Mapping[Partition, int], timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        seen, pause_s = -1, _SHORTEST_PAUSE_S
        while True:
            version = self._data_version()
            if version != seen:
                seen, pause_s = version, _SHORTEST_PAUSE_S
                if self._is_beyond(beyond):
                    return True
            rest_s = deadline - time.monotonic()
            if rest_s <= 0:
                return False
            with self._appended:
                self._appended.wait(min(pause_s, rest_s))
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def close(self) -> None:
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()

    # inside

    def _read_batch(self, partition: Partition, offset: int, max_records: int) -> list[Record]:
        topic, number = partition
        start = self._start(partition)
        with self._read() as connection:
            rows = connection.execute(_SELECT, (start + offset, start + (1 << OFFSET_BITS), max_records)).fetchall()
            unknown = {row[4] for row in rows} - self._names.keys()
            if unknown:
                self._learn_names(connection)
        names = self._names
        return [
            Record(topic, number, at - start, key, value, unpack_headers(names[kind], packed), appended_at)
            for at, appended_at, key, value, kind, packed in rows
        ]

    def _check_offset(self, partition: Partition, offset: int) -> None:
        end = self.ends([partition])[partition]
        if not 0 <= offset <= end:
            raise OffsetOutOfRange(
                f"{partition.topic} {partition.partition} ends at {end}; there is no offset {offset}"
            )

    def _learn_names(self, connection: sqlite3.Connection) -> None:
        for number, text in connection.execute("SELECT id, names FROM header_names"):
            self._names[number] = tuple(json.loads(text))

    def _is_beyond(self, beyond: Mapping[Partition, int]) -> bool:
        ends = self.ends(beyond)
        return any(ends[partition] > offset for partition, offset in beyond.items())

    def _data_version(self) -> int:
        """A number that changes when another connection has committed."""
        with self._read() as connection:
            version: int = connection.execute("PRAGMA data_version").fetchone()[0]
            return version

    def _end(self, connection: sqlite3.Connection, partition: Partition) -> int:
        start = self._start(partition)
        last: int | None = connection.execute(_LAST, (start, start + (1 << OFFSET_BITS))).fetchone()[0]
        return 0 if last is None else last - start + 1

    def _start(self, partition: Partition) -> int:
        topic = self._topic(partition.topic)
        if not 0 <= partition.partition < topic.partitions:
            raise UnknownTopic(f"{partition.topic} has no partition {partition.partition}")
        return (topic.first_slot + partition.partition) << OFFSET_BITS

    def _topic(self, name: str) -> _Topic:
        """Topics are kept for ever with the partitions they have, so what was read once holds."""
        known = self._topics.get(name)
        return known if known is not None else self._look_up(name)

    def _look_up(self, name: str) -> _Topic:
        with self._read() as connection:
            row = connection.execute("SELECT partitions, first_slot FROM topics WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise UnknownTopic(f"there is no topic {name!r}")
        return self._topics.setdefault(name, _Topic(*row))

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._reading, translated(self._path):
            yield self._reader

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._writing, translated(self._path):
            yield self._writer


def _insert_topic(connection: sqlite3.Connection, topic: str, partitions: int) -> None:
    (slot,) = connection.execute("SELECT coalesce(max(first_slot + partitions), 1) FROM topics").fetchone()
    row = (topic, partitions, slot, str(uuid.uuid4()))
    connection.execute("INSERT INTO topics (name, partitions, first_slot, identity) VALUES (?, ?, ?, ?)", row)


def _insert_names(connection: sqlite3.Connection, names: Names) -> int:
    text = json.dumps(names)
    connection.execute("INSERT INTO header_names (names) VALUES (?) ON CONFLICT DO NOTHING", (text,))
    number: int = connection.execute("SELECT id FROM header_names WHERE names = ?", (text,)).fetchone()[0]
    return number


def _assign(places: Sequence[Partition], ends: dict[Partition, int]) -> list[Position]:
    """The next offsets of each partition, in order."""
    positions = []
    for partition in places:
        offset = ends[partition]
        positions.append(Position(partition.topic, partition.partition, offset))
        ends[partition] = offset + 1
    return positions
