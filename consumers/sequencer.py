"""Proposes what is applied next: new records of the registry's topics, as one order record."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from consumers.decided import Chunk
from consumers.order import Order, OrderRecord, Range
from consumers.side_by_side import New, SideBySide, Under
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
        self._decided: dict[Partition, list[Chunk]] = {}

    def put(self, partition: Partition, records: list[Record]) -> None:
        self._records[partition] = records

    def put_decided(self, partition: Partition, chunks: list[Chunk]) -> None:
        self._decided[partition] = chunks

    def clear(self) -> None:
        self._records.clear()
        self._decided.clear()

    def has(self, one: Range) -> bool:
        return Partition(one.topic, one.partition) in self._records

    def take_decided(self, one: Range, control_offset: int, version: int) -> list[Chunk]:
        """The range as it was decided elsewhere under this control state; nothing where it was not just that."""
        chunks = self._decided.pop(Partition(one.topic, one.partition), [])
        if not chunks or chunks[0].start != one.start or chunks[-1].end != one.end:
            return []
        fits = all(chunk.control_offset == control_offset and chunk.version == version for chunk in chunks)
        return chunks if fits else []

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
        self,
        log: Log,
        order: Order,
        control: ControlReader,
        *,
        monotonic: Callable[[], float],
        batch_records: int,
        beside: SideBySide | None = None,
    ) -> None:
        self._log = log
        self._order = order
        self._control = control
        self._monotonic = monotonic
        self._batch_records = batch_records
        self._beside = beside
        self._unknown_since: dict[int, float] = {}
        self._first = 0
        self.holds = False

    def propose(self, definition: Definition, positions: Mapping[str, int], prefetched: Prefetched) -> int | None:
        """Append an order record for what is new; its offset, or None where there is nothing."""
        ranges = []
        left, size = self._batch_records, _MAX_BYTES
        self.holds = False
        prefetched.clear()
        new = self._new(definition, positions)
        for chunks, partition in self._decided(definition, new):
            prefetched.put_decided(partition, chunks)
            ranges.append(Range(*partition, chunks[0].start, chunks[-1].end))
            left -= sum(len(chunk.rows) for chunk in chunks)
            size -= sum(chunk.size for chunk in chunks)
        done = {(one.topic, one.partition) for one in ranges}
        for partition, start, end in new:
            if left <= 0 or size <= 0:
                break
            if partition in done:
                continue
            records = self._read(partition, start, min(end, start + left), size)
            if records:
                prefetched.put(partition, records)
                ranges.append(Range(*partition, start, records[-1].offset + 1))
                left -= len(records)
                size -= sum(len(record.value or b"") for record in records)
        if not ranges:
            return None
        return self._order.append(OrderRecord(self._control.state.offset, tuple(ranges)))

    def _decided(self, definition: Definition, new: Sequence[New]) -> Iterator[tuple[list[Chunk], Partition]]:
        """What other processes have decided: of each partition its share of a batch."""
        if self._beside is None:
            return
        self._beside.look(new)
        share = self._batch_records // max(1, len(new))
        for one in new:
            under = Under(self._control.state.offset, definition.version)
            chunks = self._beside.take(one, under, limit=share)
            if chunks:
                yield chunks, one[0]

    def _new(self, definition: Definition, positions: Mapping[str, int]) -> list[New]:
        """The partitions with new records; another one comes first each time, so that none is starved."""
        found = list_new(self._log, definition, positions)
        self._first += 1
        turn = self._first % len(found) if found else 0
        return found[turn:] + found[:turn]

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


def list_new(log: Log, definition: Definition, positions: Mapping[str, int]) -> list[New]:
    """Where each partition with new records stands, and where it ends."""
    partitions = [place for topic in definition.topics for place in _partitions(log, topic)]
    ends = log.ends(partitions)
    starts = {place: positions.get(f"{place.topic}:{place.partition}", 0) for place in partitions}
    return [(place, starts[place], ends[place]) for place in partitions if ends[place] > starts[place]]


def _partitions(log: Log, topic: str) -> list[Partition]:
    try:
        return [Partition(topic, number) for number in range(log.partitions(topic))]
    except UnknownTopic:
        return []


def _is_known(schema_id: int, state: ControlState) -> bool:
    """Whether the control log has the id, for a registry or a free subject, or no event may ever carry it."""
    return schema_id in state.schemas or state.is_free_schema(schema_id) or state.is_draft_schema(schema_id)
