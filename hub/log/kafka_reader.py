"""Reading Kafka partition by partition out of one consumer that fetches ahead for all of them.

A partition is assigned when it is first read and stays so. What a poll brings for any partition is kept in that
partition's buffer; a partition whose buffer is full is paused. A read that goes on where the last one ended
costs no request of its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors

from hub.log.interface import Partition, Record
from hub.log.kafka_clients import LazyClient
from hub.log.kafka_errors import translate, translated

_POLL_RECORDS = 1000
_FULL_RECORDS = 2000
_SLICE_S = 0.05


class _Buffer:
    """Records fetched and not yet read; `start` is the offset from which on they are complete."""

    __slots__ = ("paused", "records", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.records: deque[Record] = deque()
        self.paused = False

    def reaches(self, offset: int) -> bool:
        """Whether reading can go on at `offset`; what lies before it is forgotten."""
        if offset < self.start:
            return False
        records = self.records
        while records and records[0].offset < offset:
            self.start = records.popleft().offset + 1
        return bool(records) or offset == self.start

    def take(self, max_records: int) -> list[Record]:
        records = self.records
        if len(records) <= max_records:
            taken = list(records)
            records.clear()
        else:
            taken = list(islice(records, max_records))
            for _ in taken:
                records.popleft()
        if taken:
            self.start = taken[-1].offset + 1
        return taken


class _FairLock:
    """A lock that goes to who waits before it goes back to who just had it."""

    def __init__(self) -> None:
        self._turnstile, self._lock = threading.Lock(), threading.Lock()

    def __enter__(self) -> None:
        with self._turnstile:
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def enter_if_free(self) -> bool:
        """Whether the lock was free and is now ours, to be given back with `__exit__`."""
        return self._lock.acquire(blocking=False)


class KafkaReader:
    """Buffers over one consumer, shared by threads.

    One thread at a time uses the consumer (`_consuming`); buffers have a lock of their own (`_arrived`), so that
    what one thread fetched is at once there for the thread that waits for it.
    """

    def __init__(self, client: LazyClient[KafkaConsumer]) -> None:
        self._client = client
        self._consuming = _FairLock()
        self._arrived = threading.Condition()
        self._buffers: dict[Partition, _Buffer] = {}

    def take(self, partition: Partition, offset: int, *, max_records: int, wait_s: float = 0.0) -> list[Record]:
        """Records from `offset` on: those already here, else what arrives within `wait_s`."""
        if taken := self._take_here(partition, offset, max_records):
            return taken
        with self._consuming:
            self._place(partition, offset)
            if not self._has_records(partition):
                self._poll(wait_s, asked=partition)
            return self._take_here(partition, offset, max_records)

    def take_until(self, partition: Partition, offset: int, *, max_records: int, deadline: float) -> list[Record]:
        """The same, waiting for records to arrive until `deadline` (monotonic).

        The consumer is given up between slices, and the place is found again in each: another thread may have
        read this partition elsewhere meanwhile.
        """
        while True:
            taken = self.take(partition, offset, max_records=max_records, wait_s=_slice_s(deadline))
            if taken or time.monotonic() >= deadline:
                return taken

    def has_passed(self, partition: Partition, offset: int, end: int) -> bool:
        """Whether a reader at `offset` came beyond `end` without a record: the log has a gap there."""
        with self._consuming, translated(f"position in {partition.topic}"):
            self._place(partition, offset)
            if self._has_records(partition):
                return False
            position: int | None = self._client.get().position(TopicPartition(*partition), timeout_ms=1000)
            return position is not None and position >= end

    def await_any(self, beyond: Mapping[Partition, int], deadline: float) -> bool:
        """Whether a record at or after its offset arrived in some partition before `deadline`.

        Of many threads that wait, one polls for all; the others wake when something arrived.
        """
        while True:
            if self._stand_ready(beyond):
                return True
            if time.monotonic() >= deadline:
                return False
            if self._consuming.enter_if_free():
                try:
                    self._poll(_slice_s(deadline), asked=next(iter(beyond)))
                finally:
                    self._consuming.__exit__()
            else:
                with self._arrived:
                    self._arrived.wait(_slice_s(deadline))

    def _stand_ready(self, beyond: Mapping[Partition, int]) -> bool:
        """Whether some partition has records at or after its offset; places those that stand elsewhere."""
        with self._arrived:
            found = {one: self._buffers.get(one) for one in beyond}
            elsewhere = [one for one, buffer in found.items() if buffer is None or not buffer.reaches(beyond[one])]
            if any(buffer.records for one, buffer in found.items() if buffer and one not in elsewhere):
                return True
        if elsewhere:
            with self._consuming:
                for one in elsewhere:
                    self._place(one, beyond[one])
        return False

    def _take_here(self, partition: Partition, offset: int, max_records: int) -> list[Record]:
        """What the buffer holds from `offset` on; nothing where it stands elsewhere."""
        with self._arrived:
            buffer = self._buffers.get(partition)
            return buffer.take(max_records) if buffer is not None and buffer.reaches(offset) else []

    def _has_records(self, partition: Partition) -> bool:
        with self._arrived:
            buffer = self._buffers.get(partition)
            return buffer is not None and bool(buffer.records)

    # only while consuming

    def _place(self, partition: Partition, offset: int) -> None:
        """Make the partition's buffer go on at `offset`."""
        with self._arrived:
            buffer = self._buffers.get(partition)
            if buffer is not None and buffer.reaches(offset):
                return
        consumer, place = self._client.get(), TopicPartition(*partition)
        with translated(f"reading {partition.topic}"):
            if buffer is None:
                consumer.assign([TopicPartition(*one) for one in {*self._buffers, partition}])
            consumer.seek(place, offset)
            consumer.resume(place)
        with self._arrived:
            self._buffers[partition] = _Buffer(offset)

    def _poll(self, timeout_s: float, *, asked: Partition) -> None:
        """Take what has arrived into the buffers. An error of a partition nobody asked about waits until it is."""
        try:
            consumer = self._client.get()
            self._resume(consumer)
            _clear_drained(consumer)
            batches = consumer.poll(timeout_ms=int(timeout_s * 1000), max_records=_POLL_RECORDS)
        except kafka_errors.KafkaError as error:
            concerned = self._forget(error)
            if concerned and asked not in concerned:
                return
            raise translate(error, f"reading {asked.topic} {asked.partition}") from error
        for place, batch in batches.items():
            self._keep(Partition(place.topic, place.partition), batch)

    def _keep(self, partition: Partition, batch: list[Any]) -> None:
        topic, number = partition
        records = [
            Record(topic, number, one.offset, one.key, one.value, tuple(one.headers), one.timestamp * 1000)
            for one in batch
        ]
        with self._arrived:
            buffer = self._buffers.get(partition)
            if buffer is None:
                return
            buffer.records.extend(records)
            full = len(buffer.records) >= _FULL_RECORDS
            buffer.paused = buffer.paused or full
            self._arrived.notify_all()
        if full:
            self._client.get().pause(TopicPartition(*partition))

    def _resume(self, consumer: KafkaConsumer) -> None:
        """Let the partitions go on whose buffers have room again."""
        with self._arrived:
            ready = [
                one
                for one, buffer in self._buffers.items()
                if buffer.paused and len(buffer.records) < _FULL_RECORDS // 2
            ]
            for one in ready:
                self._buffers[one].paused = False
        if ready:
            consumer.resume(*(TopicPartition(*one) for one in ready))

    def _forget(self, error: Exception) -> set[Partition]:
        """Unassign what an error is about, so that it does not come again for others; says what that was."""
        named = error.args[0] if error.args else None
        concerned = {one for one in self._buffers if _is_named(one, named)}
        with self._arrived:
            for partition in concerned:
                del self._buffers[partition]
        if concerned:
            self._client.get().assign([TopicPartition(*one) for one in self._buffers])
        return concerned


def _slice_s(deadline: float) -> float:
    """How long to wait at once, so that others get their turn."""
    return max(0.0, min(_SLICE_S, deadline - time.monotonic()))


def _clear_drained(consumer: KafkaConsumer) -> None:
    """Let resumed partitions go on.

    What kafka-python 3.0 had fetched for a partition that was then paused, it takes up again only while no
    other batch is in hand; an exhausted one counts as in hand until something else arrives, which may be never.
    """
    fetcher = consumer._fetcher
    if not fetcher._next_partition_records:
        fetcher._next_partition_records = None


def _is_named(partition: Partition, named: object) -> bool:
    """Whether the consumer's error names this partition, or its topic."""
    if isinstance(named, dict | set | list | tuple):
        return TopicPartition(*partition) in named or partition.topic in named
    return False
