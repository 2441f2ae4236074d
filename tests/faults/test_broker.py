"""A broker that goes away and comes back, and a cluster that loses its busiest node, lose and double nothing."""

from __future__ import annotations

import collections
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from hub.log.errors import LogError
from hub.log.interface import NewRecord, Partition
from ops.kafka.cluster import KafkaCluster
from producers.catalogue import ControlCatalogue
from producers.feed import Fact, Origin
from producers.outbox import Outbox
from producers.publisher import Publisher
from tests.faults.consumer import start_consumer
from tests.faults.stage import Stage, wait_until
from tests.workload import CULTURE, EPOCH, Told, registered

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(600)]

BEFORE, DURING = 600, 300
ACKNOWLEDGED, CHUNK = 2000, 20


@pytest.fixture
def broker_stage(kafka_node: KafkaCluster, tmp_path: Path) -> Iterator[Stage]:
    database_url = f"sqlite:///{tmp_path / 'registries.sqlite'}"
    stage = Stage(f"kafka://{kafka_node.bootstrap}", database_url, tmp_path, "outage")
    yield stage
    stage.close()


@pytest.fixture
def cluster_stage(kafka_cluster: KafkaCluster, tmp_path: Path, postgres_url: str) -> Iterator[Stage]:
    stage = Stage(f"kafka://{kafka_cluster.bootstrap}?replication=3", postgres_url, tmp_path, "cluster")
    yield stage
    stage.close()


def publish(stage: Stage, outbox: Outbox, numbers: range) -> None:
    """Put plain facts into the outbox; needs no broker."""
    catalogue = ControlCatalogue(lambda: stage.known)
    publisher = Publisher(outbox, CULTURE, f"culture.{stage.registry}.v1", catalogue)
    for number in numbers:
        told = registered(number, f"place-{number % 50}", valid_from=EPOCH + number)
        fact = Fact(told.type, told.key, told.fields, Origin("test", number), valid_from=told.valid_from)
        publisher.publish(fact)


def test_a_broker_stopped_and_started_loses_nothing_and_the_outbox_drains(
    broker_stage: Stage, kafka_node: KafkaCluster, tmp_path: Path
) -> None:
    stage, outbox = broker_stage, Outbox(tmp_path / "outbox.sqlite")
    consumer = start_consumer(stage.registry, stage.log_url, stage.database_url)
    publish(stage, outbox, range(BEFORE))
    draining = threading.Thread(target=outbox.drain, args=(stage.log,), kwargs={"batch_records": 10})
    draining.start()
    stage.wait_for_progress(0)
    kafka_node.stop_node(1)
    publish(stage, outbox, range(BEFORE, BEFORE + DURING))
    draining.join()
    assert outbox.count_pending() >= DURING
    kafka_node.start_node(1)
    wait_until(lambda: outbox.drain(stage.log).is_complete)
    stage.wait_for_end()
    consumer.stop()
    assert stage.entries() == BEFORE + DURING
    assert stage.log_hash() == stage.log_hash(stage.undisturbed())


class Teller(threading.Thread):
    """Appends numbered events until enough are acknowledged, repeating what was not."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.records: list[NewRecord] = stage.city.records(_numbered(ACKNOWLEDGED))
        self.acknowledged: list[int] = []
        self.repeated: set[int] = set()

    def run(self) -> None:
        for at in range(0, ACKNOWLEDGED, CHUNK):
            numbers = range(at, at + CHUNK)
            while not self._append(numbers):
                self.repeated.update(numbers)
            self.acknowledged += numbers

    def _append(self, numbers: range) -> bool:
        try:
            self.stage.log.append([self.records[number] for number in numbers])
        except LogError as error:
            assert error.retriable, error
            return False
        return True


def _numbered(count: int) -> list[Told]:
    return [registered(number, f"place-{number % 40}", valid_from=EPOCH + number) for number in range(count)]


def busiest_node(stage: Stage, cluster: KafkaCluster) -> int:
    """The node that leads most partitions."""
    client = KafkaAdminClient(bootstrap_servers=cluster.bootstrap.split(","))
    leaders = collections.Counter(
        part["leader_id"] for topic in client.describe_topics() for part in topic["partitions"]
    )
    client.close()
    return int(leaders.most_common(1)[0][0])


def read_numbers(stage: Stage) -> Iterator[tuple[str, int]]:
    """(key, number) of every event in the log, in the order of each partition."""
    topic = f"culture.{stage.registry}.v1"
    partitions = [Partition(topic, number) for number in range(stage.log.partitions(topic))]
    for partition, end in stage.log.ends(partitions).items():
        for record in stage.log.read_range(partition, 0, end):
            yield str(record.key), int(dict(record.headers)["ce_id"].split(b"-")[1])


@pytest.mark.postgres
def test_a_cluster_that_loses_its_busiest_node_keeps_every_acknowledged_event_once_and_in_order(
    cluster_stage: Stage, kafka_cluster: KafkaCluster, tmp_path: Path
) -> None:
    stage = cluster_stage
    consumer = start_consumer(stage.registry, stage.log_url, stage.database_url)
    teller = Teller(stage)
    teller.start()
    wait_until(lambda: len(teller.acknowledged) > ACKNOWLEDGED // 4)
    kafka_cluster.kill_node(busiest_node(stage, kafka_cluster))
    assert len(teller.acknowledged) < ACKNOWLEDGED, "the load was over before the node was killed"
    teller.join(120)
    assert len(teller.acknowledged) == ACKNOWLEDGED
    stage.wait_for_end()
    consumer.stop()
    _check_log(stage, teller)
    assert stage.entries() == ACKNOWLEDGED
    assert stage.log_hash() == stage.log_hash(stage.undisturbed())
    assert stage.content_hash() == _calm_content_hash(tmp_path)


def _check_log(stage: Stage, teller: Teller) -> None:
    found = list(read_numbers(stage))
    counts = collections.Counter(number for _, number in found)
    assert counts.keys() == set(teller.acknowledged)
    assert {number for number, count in counts.items() if count > 1} <= teller.repeated
    for _, group in itertools.groupby(sorted(found, key=lambda one: one[0]), key=lambda one: one[0]):
        once = [number for _, number in group if number not in teller.repeated]
        assert once == sorted(once)


def _calm_content_hash(folder: Path) -> str:
    """What a hub without any fault makes of the same events."""
    calm_log, calm_database = f"sqlite:///{folder / 'calm-log.sqlite'}", f"sqlite:///{folder / 'calm.sqlite'}"
    calm = Stage(calm_log, calm_database, folder / "calm", "cluster")
    calm.city.tell(_numbered(ACKNOWLEDGED))
    calm.catch_up()
    found = calm.content_hash()
    calm.close()
    return found
