"""The order of a registry: which ranges of which partitions are applied next, under which control state.

Records of `hub.order.<registry>` are Avro in single-object encoding with the schema packaged here.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

from consumers.errors import OrderUnreadable
from hub.log.errors import LogUnavailable
from hub.log.interface import Log, NewRecord, Partition, Reader

TOPIC_PREFIX = "hub.order."
_MARKER = b"\xc3\x01"
_HEAD_BYTES = 10
_READ_AT_ONCE = 200


class Range(NamedTuple):
    """The records of one partition with `start` <= offset < `end`."""

    topic: str
    partition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """What is applied next, under the control events before `control_offset`."""

    control_offset: int
    ranges: tuple[Range, ...]


class Ordered(NamedTuple):
    """An order record and where and when the log took it."""

    offset: int
    appended_at: int
    record: OrderRecord


def order_partition(registry: str) -> Partition:
    """Where the order of `registry` stands."""
    return Partition(TOPIC_PREFIX + registry, 0)


def encode(record: OrderRecord) -> bytes:
    """The bytes of `record`."""
    mark, schema = _schema()
    buffer = io.BytesIO()
    buffer.write(_MARKER + mark)
    ranges = [
        {"topic": one.topic, "partition": one.partition, "from": one.start, "to": one.end} for one in record.ranges
    ]
    fastavro.schemaless_writer(buffer, schema, {"control": record.control_offset, "ranges": ranges})
    return buffer.getvalue()


def decode(data: bytes | None) -> OrderRecord:
    """The record in `data`; raises `OrderUnreadable`."""
    mark, schema = _schema()
    if data is None or data[:_HEAD_BYTES] != _MARKER + mark:
        raise OrderUnreadable("an order record has a schema this version of the hub does not know: update the hub")
    document: Any = fastavro.schemaless_reader(io.BytesIO(data[_HEAD_BYTES:]), schema, None)
    ranges = tuple(Range(one["topic"], one["partition"], one["from"], one["to"]) for one in document["ranges"])
    return OrderRecord(document["control"], ranges)


@cache
def _schema() -> tuple[bytes, Any]:
    document = json.loads((files("consumers") / "order.avsc").read_text(encoding="utf-8"))
    mark = bytes.fromhex(fingerprint(to_parsing_canonical_form(document), "CRC-64-AVRO"))
    return mark, fastavro.parse_schema(document)


class Order:
    """Reads and appends the order of one registry."""

    def __init__(self, log: Log, registry: str) -> None:
        self._log = log
        self.partition = order_partition(registry)

    def append(self, record: OrderRecord) -> int:
        """Append `record`; its offset."""
        return self._log.append([NewRecord(self.partition.topic, None, encode(record), (), 0)])[0].offset

    def end(self) -> int:
        """The offset the next order record will get."""
        return self._log.ends([self.partition])[self.partition]

    def read(self, offset: int, end: int) -> Iterator[Ordered]:
        """The order records from `offset` to before `end`, every one of them; raises `LogUnavailable`."""
        while offset < end:
            wanted = min(_READ_AT_ONCE, end - offset)
            records = self._log.read(self.partition, offset, max_records=wanted, timeout_s=5.0)
            if not records:
                raise LogUnavailable(f"{self.partition.topic} did not give its records from {offset} on")
            for record in records:
                if record.offset < end:
                    yield Ordered(record.offset, record.appended_at, decode(record.value))
            offset = records[-1].offset + 1


def applicable_ranges(record: OrderRecord, positions: Mapping[Partition, int]) -> list[Range]:
    """The ranges that start where their partition stands; `positions` holds the next offset, 0 where absent.

    A range beginning elsewhere was proposed by a rival that knew less, or more: it is ignored.
    """
    at = dict(positions)
    found = []
    for one in record.ranges:
        partition = Partition(one.topic, one.partition)
        if one.start == at.get(partition, 0) and one.end > one.start:
            found.append(one)
            at[partition] = one.end
    return found


def read_ranges(log: Reader, ranges: list[Range]) -> Iterator[Any]:
    """The records of `ranges`, one range after the other."""
    for one in ranges:
        yield from log.read_range(Partition(one.topic, one.partition), one.start, one.end)
