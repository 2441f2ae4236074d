"""Kafka keeps the contract, on a real broker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from hub.log.interface import Log, Partition
from hub.log.open import open_log
from tests.contracts.log_contract import LogContract, new_topic, numbered, read_all, values

pytestmark = pytest.mark.kafka


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


def test_topics_are_kept_for_ever_and_dated_by_the_broker(log: Log, kafka: str) -> None:
    topic = new_topic(log)
    with KafkaAdminClient(bootstrap_servers=kafka) as admin:
        described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    configs = described["topic"][topic]
    kept = {name: configs[name]["value"] for name in ("retention.ms", "retention.bytes", "cleanup.policy")}
    assert kept == {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
    assert configs["message.timestamp.type"]["value"] == "LogAppendTime"


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
