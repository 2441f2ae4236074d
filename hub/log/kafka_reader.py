"""Reading Kafka partition by partition out of one consumer that fetches ahead for all of them.

A partition is assigned when it is first read and stays so. What a poll brings for any partition is kept in that
partition's buffer; a partition whose buffer is full is paused. A read that goes on where the last one ended
costs no request of its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
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


class KafkaReader:
    """Buffers over one consumer; may be shared by threads."""

    def __init__(self, client: LazyClient[KafkaConsumer]) -> None:
        self._client = client
        self._lock = _FairLock()
        self._buffers: dict[Partition, _Buffer] = {}

    def take(self, partition: Partition, offset: int, *, max_records: int) -> list[Record]:
        """What is already here from `offset` on, after a look at what has arrived."""
        with self._lock:
            buffer = self._place(partition, offset)
            if not buffer.records:
                self._poll(0.0, asked=partition)
            taken = buffer.take(max_records)
            self._resume(partition, buffer)
            return taken

    def take_until(self, partition: Partition, offset: int, *, max_records: int, deadline: float) -> list[Record]:
        """The same, waiting for records to arrive until `deadline` (monotonic)."""
        while True:
            taken = self.take(partition, offset, max_records=max_records)
            if taken or time.monotonic() >= deadline:
                return taken
            self._poll_for({partition}, deadline)

    def passed(self, partition: Partition) -> int:
        """The offset up to which the consumer has come: beyond what was read where the log has gaps."""
        with self._lock, translated(f"position in {partition.topic}"):
            position: int | None = self._client.get().position(TopicPartition(*partition), timeout_ms=1000)
            return -1 if position is None else position

    def await_any(self, beyond: Mapping[Partition, int], deadline: float) -> bool:
        """Whether a record at or after its offset arrived in some partition before `deadline`."""
        while True:
            with self._lock:
                if any(self._place(partition, offset).records for partition, offset in beyond.items()):
                    return True
            if time.monotonic() >= deadline:
                return False
            self._poll_for(beyond, deadline)

    def _poll_for(self, partitions: Iterable[Partition], deadline: float) -> None:
        with self._lock:
            asked = next(iter(partitions))
            self._poll(max(0.0, min(_SLICE_S, deadline - time.monotonic())), asked=asked)

    def _place(self, partition: Partition, offset: int) -> _Buffer:
        """The partition's buffer such that it goes on at `offset`."""
        buffer = self._buffers.get(partition)
        if buffer is not None and buffer.reaches(offset):
            return buffer
        consumer, place = self._client.get(), TopicPartition(*partition)
        with translated(f"reading {partition.topic}"):
            if buffer is None:
                consumer.assign([TopicPartition(*one) for one in {*self._buffers, partition}])
            consumer.seek(place, offset)
            consumer.resume(place)
        self._buffers[partition] = _Buffer(offset)
        return self._buffers[partition]

    def _poll(self, timeout_s: float, *, asked: Partition) -> None:
        """Take what has arrived into the buffers. An error of a partition nobody asked about waits until it is."""
        try:
            consumer = self._client.get()
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
        buffer = self._buffers.get(partition)
        if buffer is None:
            return
        topic, number = partition
        buffer.records.extend(
            [
                Record(topic, number, one.offset, one.key, one.value, tuple(one.headers), one.timestamp * 1000)
                for one in batch
            ]
        )
        if len(buffer.records) >= _FULL_RECORDS:
            self._client.get().pause(TopicPartition(*partition))
            buffer.paused = True

    def _resume(self, partition: Partition, buffer: _Buffer) -> None:
        if buffer.paused and len(buffer.records) < _FULL_RECORDS // 2:
            self._client.get().resume(TopicPartition(*partition))
            buffer.paused = False

    def _forget(self, error: Exception) -> set[Partition]:
        """Unassign what an error is about, so that it does not come again for others; says what that was."""
        named = error.args[0] if error.args else None
        concerned = {one for one in self._buffers if _is_named(one, named)}
        for partition in concerned:
            del self._buffers[partition]
        if concerned:
            self._client.get().assign([TopicPartition(*one) for one in self._buffers])
        return concerned


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
