"""The log: topics of partitions of records that are bytes. It does not know Avro.

Two bodies implement it: the embedded SQLite log and Kafka. Above this interface nobody can
tell which one runs; `tests/contracts/log_contract.py` holds the behaviour both inherit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Headers = tuple[tuple[str, bytes], ...]


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class Position(NamedTuple):
    """Where a record stands: topic, partition and offset together."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to append. Without `partition`, the key chooses it (murmur2, as Kafka's clients)."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


class Record(NamedTuple):
    """A stored record. `appended_at` is the log's append time in microseconds since 1970, UTC."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    appended_at: int


class Reader(Protocol):
    """Reads records and bounds; what projections and waiting requests are handed."""

    def partitions(self, topic: str) -> int:
        """The number of partitions of `topic`; raises `UnknownTopic`."""
        ...

    def topics(self) -> dict[str, int]:
        """Every topic with its number of partitions."""
        ...

    def read(self, partition: Partition, offset: int, *, max_records: int, timeout_s: float = 0.0) -> list[Record]:
        """Records from `offset` on, in order, at most `max_records`.

        An empty list means there was nothing for `timeout_s`. Offsets may have gaps on Kafka.
        Raises `OffsetOutOfRange` where `offset` lies before the first record kept or after the end.
        """
        ...

    def read_range(self, partition: Partition, start: int, end: int) -> Iterable[Record]:
        """Every record with `start` <= offset < `end`; ends even if the last offsets are gaps."""
        ...

    def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset the next record of each partition will get."""
        ...

    def wait(self, beyond: Mapping[Partition, int], timeout_s: float) -> bool:
        """True as soon as some partition's end lies beyond the offset given; False after `timeout_s`."""
        ...


class Log(Reader, Protocol):
    """The whole log."""

    def create_topic(self, topic: str, partitions: int = 1) -> None:
        """Create `topic`, kept for ever. Harmless if it exists with as many partitions, else `TopicConflict`."""
        ...

    def append(self, records: Sequence[NewRecord]) -> list[Position]:
        """Append in order; returns when every record is durable (Kafka: acks=all, each future checked).

        Raises `LogUnavailable` (retriable), `LoginRefused`, `TopicForbidden`, `UnknownTopic`,
        `RecordTooLarge`. After an error some records may be in the log: repeat with the same event ids.
        """
        ...

    def close(self) -> None: ...
