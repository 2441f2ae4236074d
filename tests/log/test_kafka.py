"""Kafka keeps the contract, on a real broker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from hub.log.errors import TopicConflict
from hub.log.interface import Log, Partition
from hub.log.kafka_backend import KafkaLog
from hub.log.kafka_clients import KafkaAddress
from hub.log.open import open_log
from tests.contracts.log_contract import LogContract, new_topic, numbered, read_all, unused_name, values

pytestmark = pytest.mark.kafka
KEPT = ("cleanup.policy", "retention.ms", "retention.bytes", "message.timestamp.type")


@pytest.fixture
def log(kafka: str) -> Iterator[Log]:
    log = open_log(f"kafka://{kafka}")
    yield log
    log.close()


@pytest.fixture(scope="module")
def other(kafka: str) -> Iterator[Log]:
    other = open_log(f"kafka://{kafka}")
    yield other
    other.close()


class TestKafkaLog(LogContract):
    """The contract over two connections, as two processes would have."""


def configs_of(topic: str, kafka: str) -> dict[str, str]:
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {name: one["value"] for name, one in described["topic"][topic].items()}


def create_by_hand(topic: str, kafka: str, **options: Any) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1, **options}})
        admin.wait_for_topics([topic])


def test_topics_are_kept_for_ever_and_dated_by_the_broker(log: Log, kafka: str) -> None:
    configs = configs_of(new_topic(log), kafka)
    assert [configs[name] for name in KEPT] == ["delete", "-1", "-1", "LogAppendTime"]


def test_a_topic_somebody_made_to_be_forgotten_is_kept_for_ever_too(log: Log, kafka: str) -> None:
    topic = unused_name()
    create_by_hand(topic, kafka, configs={"retention.ms": "60000", "cleanup.policy": "compact"})
    log.create_topic(topic, 1)
    configs = configs_of(topic, kafka)
    assert [configs[name] for name in KEPT] == ["delete", "-1", "-1", "LogAppendTime"]


def test_a_topic_that_was_deleted_and_created_anew_is_a_conflict(kafka: str) -> None:
    log = KafkaLog(KafkaAddress((kafka,)), recheck_s=0.0)
    topic = new_topic(log)
    log.append(numbered(topic, range(3)))
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.delete_topics([topic])
    create_by_hand(topic, kafka)
    with pytest.raises(TopicConflict):
        log.read(Partition(topic, 0), 0, max_records=5)
    with pytest.raises(TopicConflict):
        log.append(numbered(topic, range(1)))
    log.close()


def test_a_topic_that_was_given_more_partitions_is_a_conflict(kafka: str) -> None:
    log = KafkaLog(KafkaAddress((kafka,)), recheck_s=0.0)
    topic = new_topic(log)
    assert log.partitions(topic) == 1
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        admin.create_partitions({topic: 2})
    with pytest.raises(TopicConflict):
        log.append(numbered(topic, range(1)))
    log.close()


@pytest.fixture
def gappy(log: Log, kafka: str) -> str:
    """A topic with records at 0 to 2, a commit marker at 3, aborted records at 4 and 5, an abort marker at 6."""
    topic = new_topic(log)
    with KafkaProducer(bootstrap_servers=kafka, transactional_id=topic) as producer:
        producer.init_transactions()
        for count, end in ((3, producer.commit_transaction), (2, producer.abort_transaction)):
            producer.begin_transaction()
            for number in range(count):
                producer.send(topic, key=b"key", value=b"%d" % number, partition=0).get(10)
            end()
    return topic


def test_gaps_are_passed_over(log: Log, gappy: str) -> None:
    log.append(numbered(gappy, range(7, 8)))
    read = read_all(log, Partition(gappy, 0))
    assert [(record.offset, record.value) for record in read] == [(0, b"0"), (1, b"1"), (2, b"2"), (7, b"7")]


def test_a_range_that_ends_in_gaps_ends(log: Log, gappy: str) -> None:
    assert log.ends([Partition(gappy, 0)]) == {Partition(gappy, 0): 7}
    assert values(list(log.read_range(Partition(gappy, 0), 1, 7))) == [b"1", b"2"]
    assert log.read(Partition(gappy, 0), 3, max_records=5) == []


def test_many_partitions_read_in_turn_are_read_to_their_ends(log: Log) -> None:
    """More than the buffers hold: partitions are paused and go on."""
    topic = new_topic(log, 12)
    for start in range(0, 5000, 500):
        for partition in range(12):
            log.append(numbered(topic, range(start, start + 500), partition=partition))
    read = dict.fromkeys(range(12), 0)
    while any(offset < 5000 for offset in read.values()):
        for partition, offset in read.items():
            batch = log.read(Partition(topic, partition), offset, max_records=300 + 50 * partition)
            assert [record.offset for record in batch] == list(range(offset, offset + len(batch)))
            read[partition] += len(batch)
    assert set(read.values()) == {5000}


def test_a_thread_that_waits_does_not_keep_another_from_reading(log: Log) -> None:
    quiet, busy = new_topic(log), new_topic(log)
    log.append(numbered(busy, range(20)))
    waiting = threading.Thread(target=log.wait, args=({Partition(quiet, 0): 0}, 60.0))
    waiting.start()
    read = [values(log.read(Partition(busy, 0), offset, max_records=1)) for offset in (19, 3, 7)]
    log.append(numbered(quiet, range(1)))
    waiting.join()
    assert read == [[b"19"], [b"3"], [b"7"]]


def test_a_wait_is_not_ended_by_another_thread_that_reads_what_is_older(log: Log) -> None:
    topic = new_topic(log)
    log.append(numbered(topic, range(20)))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(log.wait, {Partition(topic, 0): 20}, 0.5)
        while not waiting.done():
            log.read(Partition(topic, 0), 3, max_records=1)
        assert waiting.result() is False
