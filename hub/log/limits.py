"""What both logs refuse alike: records too large or empty, topic names Kafka would not take."""

from __future__ import annotations

import re

from hub.log.errors import BadTopicName, EmptyRecord, RecordTooLarge
from hub.log.interface import NewRecord

MAX_RECORD_BYTES = 1_000_000
_TOPIC = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*\Z")
_TOPIC_BYTES = 249


def check_record(record: NewRecord) -> None:
    """Raises `RecordTooLarge` or `EmptyRecord`: the limit is Kafka's default, less what its framing needs."""
    if record.key is None and record.value is None:
        raise EmptyRecord(f"a record for {record.topic} has neither key nor value")
    size = len(record.key or b"") + len(record.value or b"")
    for name, value in record.headers:
        size += len(name) + len(value)
    if size > MAX_RECORD_BYTES:
        raise RecordTooLarge(f"a record for {record.topic} has {size} bytes, more than {MAX_RECORD_BYTES}")


def check_topic(topic: str) -> None:
    """Raises `BadTopicName`: lower case letters and digits, joined by dots and dashes."""
    if len(topic) > _TOPIC_BYTES or not _TOPIC.match(topic):
        raise BadTopicName(f"{topic!r} is no topic name: lower case letters, digits, dots and dashes")
