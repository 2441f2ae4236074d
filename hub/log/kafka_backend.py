"""The log in a Kafka cluster."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.admin import OffsetSpec
from kafka.protocol.consumer.offsets import IsolationLevel

from hub.log.errors import LogError, LogUnavailable, OffsetOutOfRange, TopicForbidden, UnknownTopic
from hub.log.interface import NewRecord, Partition, Position, Record
from hub.log.kafka_clients import (
    DELIVERY_TIMEOUT_S,
    REQUEST_TIMEOUT_S,
    KafkaAddress,
    LazyClient,
    make_admin,
    make_consumer,
    make_producer,
)
from hub.log.kafka_errors import translate
from hub.log.kafka_reader import KafkaReader
from hub.log.kafka_topics import RECHECK_S, KafkaTopics
from hub.log.limits import check_record
from hub.log.partitioner import choose_partition

_RANGE_BATCH = 2000
_PAUSE_S = 0.02


class KafkaLog:
    """A `Log` in Kafka. Nothing is connected before the first call that needs it."""

    def __init__(self, address: KafkaAddress, *, recheck_s: float = RECHECK_S) -> None:
        self._address = address
        self._admin = LazyClient(lambda: make_admin(address), address)
        self._producer = LazyClient(lambda: make_producer(address), address)
        self._consumer = LazyClient(lambda: make_consumer(address), address)
        self._reader = KafkaReader(self._consumer)
        self._topics = KafkaTopics(self._admin, replication=address.replication, recheck_s=recheck_s)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process gets a log of its own at the same address."""
        return KafkaLog, (self._address,)

    # topics

    def create_topic(self, topic: str, partitions: int = 1) -> None:
        self._topics.create(topic, partitions)

    def partitions(self, topic: str) -> int:
        return self._topics.count_partitions(topic)

    def topics(self) -> dict[str, int]:
        return self._topics.list_all()

    # writing

    def append(self, records: Sequence[NewRecord]) -> list[Position]:
        if not records:
            return []
        places = [self._place(record) for record in records]
        producer = self._producer.get()
        try:
            sent = [_send(producer, record, place) for record, place in zip(records, places, strict=True)]
            deadline = time.monotonic() + DELIVERY_TIMEOUT_S + REQUEST_TIMEOUT_S
            done = [future.get(timeout=max(0.0, deadline - time.monotonic())) for future in sent]
        except kafka_errors.KafkaError as error:
            raise self._failed(producer, error) from error
        return [Position(one.topic, one.partition, one.offset) for one in done]

    def _place(self, record: NewRecord) -> Partition:
        check_record(record)
        count = self.partitions(record.topic)
        partition = choose_partition(record.key, count) if record.partition is None else record.partition
        if not 0 <= partition < count:
            raise UnknownTopic(f"{record.topic} has no partition {partition}")
        return Partition(record.topic, partition)

    def _failed(self, producer: KafkaProducer, error: Exception) -> LogError:
        """The error of an append. After one that is not about the record, the next append begins anew."""
        problem = translate(error, f"appending to {self._address}")
        if not isinstance(problem, TopicForbidden):
            self._producer.drop(producer)
        return problem

    # reading

    def read(self, partition: Partition, offset: int, *, max_records: int, timeout_s: float = 0.0) -> list[Record]:
        deadline = time.monotonic() + timeout_s
        if offset < 0:
            raise OffsetOutOfRange(f"{partition.topic} {partition.partition} has no offset {offset}")
        self._check(partition)
        records = self._reader.take(partition, offset, max_records=max_records)
        if records:
            return records
        end = self.ends([partition])[partition]
        if end < offset:
            raise OffsetOutOfRange(
                f"{partition.topic} {partition.partition} ends at {end}; there is no offset {offset}"
            )
        if end > offset:
            return self._take_existing(partition, offset, max_records=max_records, end=end)
        return self._reader.take_until(partition, offset, max_records=max_records, deadline=deadline)

    def _take_existing(self, partition: Partition, offset: int, *, max_records: int, end: int) -> list[Record]:
        """Records known to stand before `end`; none only if those offsets are gaps."""
        deadline = time.monotonic() + DELIVERY_TIMEOUT_S
        while time.monotonic() < deadline:
            step = time.monotonic() + 1.0
            records = self._reader.take_until(partition, offset, max_records=max_records, deadline=step)
            if records or self._reader.has_passed(partition, offset, end):
                return records
        raise LogUnavailable(f"{self._address} does not hand out {partition.topic} {partition.partition} at {offset}")

    def read_range(self, partition: Partition, start: int, end: int) -> Iterator[Record]:
        while start < end:
            records = self.read(partition, start, max_records=min(_RANGE_BATCH, end - start))
            for record in records:
                if record.offset >= end:
                    return
                yield record
            if not records:
                return
            start = records[-1].offset + 1

    def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        asked = list(partitions)
        for partition in asked:
            self._check(partition)
        if not asked:
            return {}
        specs = {TopicPartition(*one): OffsetSpec.LATEST for one in asked}
        found = self._topics.ask("asking for ends", lambda admin: _list_offsets(admin, specs))
        return {one: found[TopicPartition(*one)].offset for one in asked}

    def wait(self, beyond: Mapping[Partition, int], timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while True:
            ends = self.ends(beyond)
            if any(ends[partition] > offset for partition, offset in beyond.items()):
                return True
            if time.monotonic() >= deadline:
                return False
            tails = {partition: offset for partition, offset in beyond.items() if ends[partition] == offset}
            if not tails:
                time.sleep(_PAUSE_S)
            elif self._reader.await_any(tails, deadline):
                return True

    def _check(self, partition: Partition) -> None:
        if not 0 <= partition.partition < self.partitions(partition.topic):
            raise UnknownTopic(f"{partition.topic} has no partition {partition.partition}")

    def close(self) -> None:
        for client in (self._producer, self._consumer, self._admin):
            client.close()


def _send(producer: KafkaProducer, record: NewRecord, place: Partition) -> Any:
    return producer.send(
        record.topic, key=record.key, value=record.value, headers=list(record.headers), partition=place.partition
    )


def _list_offsets(admin: KafkaAdminClient, specs: dict[TopicPartition, Any]) -> dict[TopicPartition, Any]:
    """Up to the last offset that a reader of committed records is shown."""
    found: dict[TopicPartition, Any] = admin.list_partition_offsets(
        specs, isolation_level=IsolationLevel.READ_COMMITTED, timeout_ms=int(REQUEST_TIMEOUT_S * 1000)
    )
    return found
