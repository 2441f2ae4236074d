"""Kafka keeps the contract, on a real broker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from hub.log.interface import Log
from hub.log.open import open_log
from tests.contracts.log_contract import LogContract, new_topic

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
