"""Three versions of a schema through our registry and a real broker: whatever client sends, whatever client reads.

The reader with the first version is an old one that meets new data; the one with the last a new one that meets old.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

pytestmark = [pytest.mark.slow, pytest.mark.kafka]
HERE = Path(__file__).parent
CLIENTS = ("confluent-python", "community-python", "kafkajs", "confluent-js", "franz-go")
FIRST = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
LAST = [
    {"name": "a", "mail": "none", "tier": 0},
    {"name": "b", "mail": "b@c", "tier": 0},
    {"name": "c", "mail": "c@c", "tier": 3},
]
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def run(clients_python: Path, clients_node: Path, franz_exchange: Path) -> Run:
    """Runs a client: `run(client, action, url, brokers, topic, key, secret)`; what it read."""
    commands = {
        "confluent-python": [str(clients_python), str(HERE / "exchange_confluent.py")],
        "community-python": [str(clients_python), str(HERE / "exchange_community.py")],
        "kafkajs": ["node", str(HERE / "exchange_kafkajs.js")],
        "confluent-js": ["node", str(HERE / "exchange_confluent.js")],
        "franz-go": [str(franz_exchange)],
    }

    def run_client(client: str, action: str, url: str, brokers: str, topic: str, *key: str) -> Any:
        users = [str(HERE / "users.json")] if client == "franz-go" else []
        outcome = subprocess.run(
            [*commands[client], action, url, brokers, topic, *users, *key],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | {"NODE_PATH": str(clients_node)},
        )
        assert outcome.returncode == 0, f"{client}: {outcome.stderr[-3000:]}"
        return json.loads(outcome.stdout.splitlines()[-1]) if action == "consume" else None

    return run_client


def make_topic(brokers: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=brokers)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    admin.close()


@pytest.mark.parametrize("producer", CLIENTS)
def test_what_one_client_sends_every_client_reads_with_the_first_and_the_last_version(
    run: Run, registry_url: str, kafka: str, producer: str
) -> None:
    topic = f"from-{producer}"
    make_topic(kafka, topic)
    run(producer, "produce", registry_url, kafka, topic)
    for consumer in CLIENTS:
        found = run(consumer, "consume", registry_url, kafka, topic)
        assert found["last"] == LAST, consumer
        if consumer != "confluent-js" or producer == "confluent-js":  # it chooses an old version by metadata only
            assert found["first"] == FIRST, consumer


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_writes_with_a_key(
    run: Run, guarded_registry: tuple[str, str, str], kafka: str, client: str
) -> None:
    url, *key = guarded_registry
    topic = f"guarded-{client}"
    make_topic(kafka, topic)
    run(client, "produce", url, kafka, topic, *key)
    assert run(client, "consume", url, kafka, topic, *key)["last"] == LAST


def test_a_client_without_a_key_is_refused_and_told_so(
    run: Run, guarded_registry: tuple[str, str, str], kafka: str
) -> None:
    with pytest.raises(AssertionError, match="401"):
        run("confluent-python", "produce", guarded_registry[0], kafka, "guarded-nobody")
