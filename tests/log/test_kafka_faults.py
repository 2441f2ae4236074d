"""Brokers that stop, crash and come back under load. Slow."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from kafka import KafkaAdminClient

from hub.log.errors import LogError, LogUnavailable
from hub.log.interface import Log, NewRecord, Partition
from hub.log.open import open_log
from ops.kafka.cluster import KafkaCluster
from ops.processes import wait_until
from tests.contracts.log_contract import new_topic, numbered, read_all, values

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]
PARTITIONS = 6
KEYS = 20
BATCH = 20


@dataclass
class Load:
    """A publisher that appends batch after batch and repeats what was not acknowledged, as an outbox does."""

    log: Log
    topic: str
    acknowledged: list[int] = field(default_factory=list)
    failures: list[LogError] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        at = 0
        while not self.stopped.is_set():
            batch = range(at, at + BATCH)
            try:
                self.log.append([NewRecord(self.topic, b"key-%d" % (n % KEYS), b"%d" % n) for n in batch])
            except LogUnavailable as error:
                self.failures.append(error)
                continue
            self.acknowledged += batch
            at += BATCH

    def grows_by(self, count: int) -> None:
        """Return once so many more records are acknowledged."""
        goal = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= goal, timeout_s=120, what="the load did not go on")


@pytest.fixture
def cluster_log(kafka_cluster: KafkaCluster) -> Iterator[Log]:
    log = open_log(f"kafka://{kafka_cluster.bootstrap}?replication=3")
    yield log
    log.close()


def find_busiest_node(cluster: KafkaCluster, topic: str) -> int:
    """The node that leads most partitions of `topic`."""
    with KafkaAdminClient(bootstrap_servers=cluster.bootstrap.split(",")) as admin:
        (described,) = admin.describe_topics([topic])
    leaders = Counter(partition["leader_id"] for partition in described["partitions"])
    return int(leaders.most_common(1)[0][0])


def read_topic(log: Log, topic: str) -> list[int]:
    partitions = [Partition(topic, number) for number in range(PARTITIONS)]
    return [int(record.value or b"-1") for partition in partitions for record in read_all(log, partition)]


def check_order(read: list[int]) -> None:
    for key in range(KEYS):
        numbers = [number for number in read if number % KEYS == key]
        assert numbers == sorted(numbers)


def test_a_topic_with_three_copies_needs_two_in_sync(cluster_log: Log, kafka_cluster: KafkaCluster) -> None:
    topic = new_topic(cluster_log)
    with KafkaAdminClient(bootstrap_servers=kafka_cluster.bootstrap.split(",")) as admin:
        (described,) = admin.describe_topics([topic])
    assert sorted(described["partitions"][0]["replica_nodes"]) == [1, 2, 3]


def test_the_busiest_of_three_nodes_is_killed_under_load(cluster_log: Log, kafka_cluster: KafkaCluster) -> None:
    """Every acknowledged record is there once, in order of each key."""
    topic = new_topic(cluster_log, PARTITIONS)
    load = Load(cluster_log, topic)
    running = threading.Thread(target=load.run)
    running.start()
    load.grows_by(2000)
    killed = find_busiest_node(kafka_cluster, topic)
    kafka_cluster.kill_node(killed)
    load.grows_by(3000)
    kafka_cluster.start_node(killed)
    load.grows_by(1000)
    load.stopped.set()
    running.join()
    read = read_topic(cluster_log, topic)
    check_order(read)
    assert not load.failures
    assert Counter(read) == Counter(load.acknowledged)


def test_with_one_of_three_copies_left_nothing_is_acknowledged(cluster_log: Log, kafka_cluster: KafkaCluster) -> None:
    """What was refused meanwhile is appended again afterwards, and stands there."""
    topic = new_topic(cluster_log)
    cluster_log.append(numbered(topic, range(5)))
    for number in (1, 2):
        kafka_cluster.kill_node(number)
    with pytest.raises(LogUnavailable):
        cluster_log.append(numbered(topic, range(5, 6)))
    for number in (1, 2):
        kafka_cluster.restart_node(number)
    kafka_cluster.wait_ready()
    wait_until(lambda: was_appended(cluster_log, topic, 5), timeout_s=60, what="the log did not recover")
    read = values(read_all(cluster_log, Partition(topic, 0)))
    assert read[:5] == [b"%d" % number for number in range(5)] and set(read[5:]) == {b"5"}


def was_appended(log: Log, topic: str, number: int) -> bool:
    try:
        log.append(numbered(topic, range(number, number + 1)))
    except LogUnavailable:
        return False
    return True


def test_a_killed_node_that_returns_is_read_and_written_again(kafka_node: KafkaCluster) -> None:
    log = open_log(f"kafka://{kafka_node.bootstrap}")
    topic = new_topic(log)
    log.append(numbered(topic, range(5)))
    assert len(log.read(Partition(topic, 0), 0, max_records=5)) == 5
    kafka_node.kill_node(1)
    with pytest.raises(LogUnavailable):
        log.append(numbered(topic, range(5, 6)))
    with pytest.raises(LogUnavailable):
        log.read(Partition(topic, 0), 5, max_records=5)
    kafka_node.start_node(1)
    log.append(numbered(topic, range(6, 8)))
    assert values(log.read(Partition(topic, 0), 5, max_records=5))[-2:] == [b"6", b"7"]
    log.close()
