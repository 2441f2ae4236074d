"""Proposes what is applied next: new records of the registry's topics, as one order record."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from consumers.order import Order, OrderRecord, Range
from hub.control.reader import ControlReader
from hub.control.state import ControlState
from hub.log.errors import UnknownTopic
from hub.log.interface import Log, Partition, Record
from schemas.definition import Definition
from schemas.errors import WireError
from schemas.wire import schema_id_of

UNKNOWN_SCHEMA_WAIT_S = 60.0
_MAX_BYTES = 16_000_000
_READ_AT_ONCE = 2000


class Prefetched:
    """Records that were read to be sequenced, kept until they are applied, so that they are read once."""

    def __init__(self) -> None:
        self._records: OrderedDict[Partition, list[Record]] = OrderedDict()

    def put(self, partition: Partition, records: list[Record]) -> None:
        self._records[partition] = records

    def clear(self) -> None:
        self._records.clear()

    def take(self, log: Log, one: Range) -> Iterable[Record]:
        """The records of a range: those kept where they are just these, else read from the log."""
        partition = Partition(one.topic, one.partition)
        kept = self._records.pop(partition, None)
        if kept and kept[0].offset == one.start and kept[-1].offset + 1 == one.end:
            return kept
        return log.read_range(partition, one.start, one.end)


class Sequencer:
    """Proposes ranges. `monotonic` gives seconds, to measure how long a schema has been unknown."""

    def __init__(
        self, log: Log, order: Order, control: ControlReader, *, monotonic: Callable[[], float], batch_records: int
    ) -> None:
        self._log = log
        self._order = order
        self._control = control
        self._monotonic = monotonic
        self._batch_records = batch_records
        self._unknown_since: dict[int, float] = {}
        self._first = 0
        self.holds = False

    def propose(self, definition: Definition, positions: Mapping[str, int], prefetched: Prefetched) -> int | None:
        """Append an order record for what is new; its offset, or None where there is nothing."""
        ranges = []
        left, size = self._batch_records, _MAX_BYTES
        self.holds = False
        prefetched.clear()
        for partition, start, end in self._new(definition, positions):
            if left <= 0 or size <= 0:
                break
            records = self._read(partition, start, min(end, start + left), size)
            if records:
                prefetched.put(partition, records)
                ranges.append(Range(*partition, start, records[-1].offset + 1))
                left -= len(records)
                size -= sum(len(record.value or b"") for record in records)
        if not ranges:
            return None
        return self._order.append(OrderRecord(self._control.state.offset, tuple(ranges)))

    def _new(self, definition: Definition, positions: Mapping[str, int]) -> list[tuple[Partition, int, int]]:
        """The partitions with new records; another one comes first each time, so that none is starved."""
        partitions = [place for topic in definition.topics for place in self._partitions(topic)]
        ends = self._log.ends(partitions)
        found = []
        for partition in partitions:
            start = positions.get(f"{partition.topic}:{partition.partition}", 0)
            if ends[partition] > start:
                found.append((partition, start, ends[partition]))
        self._first += 1
        turn = self._first % len(found) if found else 0
        return found[turn:] + found[:turn]

    def _partitions(self, topic: str) -> list[Partition]:
        try:
            return [Partition(topic, number) for number in range(self._log.partitions(topic))]
        except UnknownTopic:
            return []

    def _read(self, partition: Partition, start: int, end: int, size: int) -> list[Record]:
        """New records, as far as their schemas are known or have been waited for."""
        records: list[Record] = []
        while start < end and size > 0:
            found = self._log.read(partition, start, max_records=min(_READ_AT_ONCE, end - start), timeout_s=1.0)
            if not found:
                break
            for record in found:
                if record.offset >= end or self._must_wait(record):
                    return records
                records.append(record)
                size -= len(record.value or b"")
            start = found[-1].offset + 1
        return records

    def _must_wait(self, record: Record) -> bool:
        """Whether the record names a schema that may still come."""
        try:
            schema_id = schema_id_of(record.value)
        except WireError:
            return False
        if _is_known(schema_id, self._control.state):
            return False
        since = self._unknown_since.get(schema_id)
        now = self._monotonic()
        if since is None:
            since = self._unknown_since[schema_id] = now
            if len(self._unknown_since) > 1000:
                self._unknown_since.pop(next(iter(self._unknown_since)))
        if _is_known(schema_id, self._control.catch_up()):
            return False
        waits = now - since < UNKNOWN_SCHEMA_WAIT_S
        self.holds = self.holds or waits
        return waits


def _is_known(schema_id: int, state: ControlState) -> bool:
    """Whether the control log has the id, be it of a registry's schema or of a free subject."""
    return schema_id in state.schemas or state.is_free_schema(schema_id)
