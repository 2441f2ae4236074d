"""Kafka's errors as the log's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kafka import errors as kafka_errors

from hub.log.errors import (
    LogError,
    LoginRefused,
    LogUnavailable,
    OffsetOutOfRange,
    RecordTooLarge,
    TopicConflict,
    TopicForbidden,
    UnknownTopic,
)

_BY_KIND: tuple[tuple[tuple[type[Exception], ...], type[LogError]], ...] = (
    (
        (
            kafka_errors.SaslAuthenticationFailedError,
            kafka_errors.UnsupportedSaslMechanismError,
            kafka_errors.IllegalSaslStateError,
        ),
        LoginRefused,
    ),
    ((kafka_errors.AuthorizationError,), TopicForbidden),
    ((kafka_errors.UnknownTopicOrPartitionError,), UnknownTopic),
    ((kafka_errors.TopicAlreadyExistsError,), TopicConflict),
    (
        (
            kafka_errors.OffsetOutOfRangeError,
            kafka_errors.LogTruncationError,
            kafka_errors.NoOffsetForPartitionError,
        ),
        OffsetOutOfRange,
    ),
    ((kafka_errors.MessageSizeTooLargeError, kafka_errors.RecordListTooLargeError), RecordTooLarge),
    (
        (
            kafka_errors.RetriableError,
            kafka_errors.ProducerFencedError,
            kafka_errors.OutOfOrderSequenceNumberError,
            kafka_errors.UnknownProducerIdError,
            kafka_errors.UnknownBrokerIdError,
            kafka_errors.IllegalStateError,
        ),
        LogUnavailable,
    ),
)


def translate(error: Exception, what: str) -> LogError:
    """The log's error for one of Kafka's; `what` says what was being done."""
    for kinds, meaning in _BY_KIND:
        if isinstance(error, kinds):
            return meaning(f"{what}: {error}")
    retriable = getattr(error, "retriable", False)
    return (LogUnavailable if retriable else LogError)(f"{what}: {error}")


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn Kafka's errors into the log's."""
    try:
        yield
    except kafka_errors.KafkaError as error:
        raise translate(error, what) from error
