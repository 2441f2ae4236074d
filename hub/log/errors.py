"""Errors of the log.

LogError
├── LogUnavailable     the broker or the file cannot be reached now; retriable
├── LoginRefused       the broker answered and refused user or password
├── TopicForbidden     this user may not read or write this topic
├── UnknownTopic       no such topic; topics are created by the hub alone
├── TopicConflict      the topic exists with another number of partitions
├── OffsetOutOfRange   the offset lies before the first record kept or after the end
├── RecordTooLarge     one record is larger than the log takes
├── EmptyRecord        a record with neither key nor value
├── BadTopicName       a name Kafka would not take
├── BadLogAddress      the URL names no log of ours
└── ReservedDepartment a code that cannot be a department's user in Kafka
"""

from __future__ import annotations


class LogError(Exception):
    """Root of the log's errors: a stable `code`, a `kind`, and whether trying again can help."""

    code = "log-error"
    kind = "internal"
    retriable = False


class LogUnavailable(LogError):
    code, kind, retriable = "log-unavailable", "unavailable", True


class LoginRefused(LogError):
    code, kind = "login-refused", "forbidden"


class TopicForbidden(LogError):
    code, kind = "topic-forbidden", "forbidden"


class UnknownTopic(LogError):
    code, kind = "unknown-topic", "not-found"


class TopicConflict(LogError):
    code, kind = "topic-conflict", "conflict"


class OffsetOutOfRange(LogError):
    code, kind = "offset-out-of-range", "conflict"


class RecordTooLarge(LogError):
    code, kind = "record-too-large", "invalid"


class EmptyRecord(LogError):
    code, kind = "empty-record", "invalid"


class BadTopicName(LogError):
    code, kind = "bad-topic-name", "invalid"


class BadLogAddress(LogError):
    code, kind = "bad-log-address", "invalid"


class ReservedDepartment(LogError):
    code, kind = "reserved-department", "conflict"
