"""A topic of somebody else's that keeps the last record of each key: what other schema registries store in."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from kafka import KafkaAdminClient
from kafka import errors as kafka_errors
from kafka.admin import ConfigResource, ConfigResourceType

from hub.log.errors import TopicConflict
from hub.log.kafka_clients import KafkaAddress, check_login, make_admin
from hub.log.kafka_errors import translated

_POLICY = "cleanup.policy"


def create_compacted_topic(address: KafkaAddress, topic: str) -> None:
    """Create `topic` with one partition, compacted; harmless if it is so already, else `TopicConflict`.

    Raises `LoginRefused`, `LogUnavailable`, `TopicForbidden`. The name is not ours to judge.
    """
    check_login(address)
    with translated(f"creating {topic}"), closing(make_admin(address)) as admin:
        if topic in admin.list_topics():
            _check(admin, topic)
        else:
            wanted = {
                "num_partitions": 1,
                "replication_factor": address.replication,
                "configs": {_POLICY: "compact"},
            }
            _create(admin, topic, wanted)


def _create(admin: KafkaAdminClient, topic: str, wanted: dict[str, Any]) -> None:
    try:
        admin.create_topics({topic: wanted})
        admin.wait_for_topics([topic])
    except kafka_errors.TopicAlreadyExistsError:
        _check(admin, topic)


def _check(admin: KafkaAdminClient, topic: str) -> None:
    found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
    policy = next(iter(found.values()))[topic][_POLICY]["value"]
    if "compact" not in policy:
        raise TopicConflict(
            f"{topic} has {_POLICY}={policy}: a schema registry's topic must be compacted, or it forgets; change the "
            "topic's setting or name another"
        )
