"""Topics of a Kafka cluster: created to be kept for ever, and watched for being replaced behind our back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from kafka import KafkaAdminClient
from kafka import errors as kafka_errors
from kafka.admin import ConfigResource, ConfigResourceType

from hub.log.errors import TopicConflict
from hub.log.kafka_clients import LazyClient
from hub.log.kafka_errors import translate
from hub.log.limits import check_topic

RECHECK_S = 60.0
_PAUSE_S = 0.02
_PATIENCE_S = 3.0
_KEPT_FOR_EVER = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",
}
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class _Topic:
    """A topic as it was found: its identity (KIP-516) is another one after it was deleted and created anew."""

    identity: UUID
    partitions: int
    found_at: float


class KafkaTopics:
    """Asks the cluster about topics, and remembers for a minute what it said."""

    def __init__(self, admin: LazyClient[KafkaAdminClient], *, replication: int, recheck_s: float = RECHECK_S) -> None:
        self._admin = admin
        self._replication = replication
        self._recheck_s = recheck_s
        self._known: dict[str, _Topic] = {}

    def create(self, topic: str, partitions: int) -> None:
        """Create `topic`, or see to it that the one there is kept for ever too."""
        check_topic(topic)
        try:
            self.ask(f"creating {topic}", lambda admin: admin.create_topics({topic: self._new_topic(partitions)}))
        except TopicConflict:
            self._check_partitions(topic, partitions)
            self.ask(f"keeping {topic} for ever", lambda admin: _keep_for_ever(admin, topic))
        self.ask(f"creating {topic}", lambda admin: admin.wait_for_topics([topic]))

    def count_partitions(self, topic: str) -> int:
        """The partitions of `topic`; raises `TopicConflict` once it is no longer the topic it was."""
        known = self._known.get(topic)
        if known is None or time.monotonic() - known.found_at > self._recheck_s:
            known = self._look_up(topic, known)
        return known.partitions

    def list_all(self) -> dict[str, int]:
        """Every topic with its partitions, without Kafka's own."""
        found = self.ask("listing topics", lambda admin: admin.describe_topics())
        return {one["name"]: len(one["partitions"]) for one in found if not one["is_internal"]}

    def ask(self, what: str, question: Callable[[KafkaAdminClient], _Answer]) -> _Answer:
        """Put a question, again while a node that went down has no successor yet."""
        admin, deadline = self._admin.get(), time.monotonic() + _PATIENCE_S
        while True:
            try:
                return question(admin)
            except kafka_errors.KafkaError as error:
                if not error.retriable or time.monotonic() > deadline:
                    raise translate(error, what) from error
            time.sleep(_PAUSE_S)

    def _new_topic(self, partitions: int) -> dict[str, Any]:
        in_sync = str(self._replication // 2 + 1)
        return {
            "num_partitions": partitions,
            "replication_factor": self._replication,
            "configs": _KEPT_FOR_EVER | {"min.insync.replicas": in_sync},
        }

    def _check_partitions(self, topic: str, partitions: int) -> None:
        found = self.count_partitions(topic)
        if found != partitions:
            raise TopicConflict(f"{topic} exists with {found} partitions, not {partitions}")

    def _look_up(self, topic: str, before: _Topic | None) -> _Topic:
        (found,) = self.ask(f"looking for {topic}", lambda admin: admin.describe_topics([topic]))
        error = kafka_errors.for_code(found["error_code"])
        if error is not kafka_errors.NoError:
            raise translate(error(topic), f"looking for {topic}")
        now = _Topic(found["topic_id"], len(found["partitions"]), time.monotonic())
        if before is not None and (before.identity, before.partitions) != (now.identity, now.partitions):
            raise TopicConflict(f"{topic} was replaced or repartitioned: positions in it mean nothing any more")
        self._known[topic] = now
        return now


def _keep_for_ever(admin: KafkaAdminClient, topic: str) -> None:
    with contextlib.suppress(kafka_errors.AuthorizationError):
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, _KEPT_FOR_EVER)])
