"""Applies what the order of a registry tells to one build, from its checkpoint on."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection

from consumers.acceptance import Acceptance, Accepted, Rejected
from consumers.ahead import one_ahead
from consumers.builds import OpenBuild
from consumers.errors import Fenced
from consumers.order import Order, Ordered, Range, applicable_ranges
from consumers.projection import Applied, Projection
from consumers.sequencer import Prefetched, list_new
from consumers.side_by_side import SideBySide, Under
from hub.control.reader import ControlHistory, ControlReader
from hub.control.state import ControlState
from hub.log.interface import Log, Partition, Record
from hub.registries.writes import Checkpoint, find_checkpoint

Decided = list[Accepted | Rejected]


@contextmanager
def paused_collector() -> Iterator[None]:
    """No search for reference cycles while a batch is worked on: it makes many objects and no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Replay:
    """One build and how far it has come. After an error it starts again from what the database says."""

    def __init__(
        self,
        log: Log,
        build: OpenBuild,
        order: Order,
        *,
        batch_records: int,
        beside: SideBySide | None = None,
        history: ControlHistory | None = None,
    ) -> None:
        self._log = log
        self._history = history
        self._order = order
        self._batch_records = batch_records
        self._beside = beside
        self._control = ControlReader(log, history)
        self._acceptance = Acceptance(build.definition)
        self.build = build
        self.projection = Projection(build, self._acceptance, lambda: self._control.state)
        self.checkpoint = self._read_checkpoint()
        self.ahead = self.checkpoint  # where the batch that is being made will end
        self.dead_letters = 0
        self._works_ahead = build.tables.engine.dialect.name != "sqlite"

    def resume(self) -> None:
        """Forget everything but what the database says."""
        self.projection.forget()
        self.checkpoint = self._read_checkpoint()
        self._control = ControlReader(self._log, self._history)

    def apply(self, orders: Iterator[Ordered | None], prefetched: Prefetched, *, now: int) -> int:
        """Apply what `orders` tell, several in one transaction until it says None; the records handled.

        On PostgreSQL the next batch is read and decided while the database is busy with this one. SQLite works
        in this process, where a second thread would only be in its way.
        """
        handled = 0
        batches = self._batches(orders, prefetched)
        if self._works_ahead:
            batches = one_ahead(batches)
        with paused_collector(), closing(batches):
            for decided, after in batches:
                applied = self._apply(decided, after, now=now)
                self.dead_letters += applied.dead_letters
                handled += applied.handled
        return handled

    def look_beside(self) -> None:
        """Start decoders where much is to be applied, stop them where little is left."""
        if self._beside is not None:
            self._beside.look(list_new(self._log, self.build.definition, self.checkpoint.positions))

    def close_beside(self) -> None:
        """End the decoders for good; what they would have decided is decided here."""
        if self._beside is not None:
            self._beside.close()
        self._beside = None

    def take_over_clock(self, connection: Connection, ahead: Checkpoint, *, now: int) -> None:
        """Take over turns and clock of the build at `ahead`, in the transaction of `connection`."""
        self.checkpoint = self.projection.take_over_clock(connection, self.checkpoint, ahead, now=now)

    def rest(self) -> None:
        """Let go of what is remembered to be quick: many registries that are quiet share the memory."""
        self.projection.rest()

    def take_turn(self, *, now: int) -> None:
        """Let the clock change what is current, where it is due."""
        try:
            self.checkpoint = self.projection.take_turn(self.checkpoint, now=now)
        except BaseException:
            self.projection.forget()
            raise

    def _apply(self, decided: Decided, after: Checkpoint, *, now: int) -> Applied:
        before = self.checkpoint
        after = before.advanced(
            order_offset=after.order_offset,
            control_offset=after.control_offset,
            positions=after.positions,
            recorded_at=after.recorded_at,
        )
        applied, self.checkpoint = self.projection.apply(decided, before, after, now=now)
        return applied

    def _batches(
        self, orders: Iterator[Ordered | None], prefetched: Prefetched
    ) -> Generator[tuple[Decided, Checkpoint], None, None]:
        """What is applied in one transaction each, and the checkpoint after it."""
        decided: Decided = []
        applied = self.ahead = self.checkpoint
        for ordered in orders:
            if ordered is not None:
                decided += self._decide(ordered, self.ahead, prefetched)
                self.ahead = self._advanced(ordered, self.ahead)
            if len(decided) >= self._batch_records or (ordered is None and self.ahead is not applied):
                applied = self.ahead
                yield decided, applied
                decided = []
        if self.ahead is not applied:
            yield decided, self.ahead

    def _decide(self, ordered: Ordered, before: Checkpoint, prefetched: Prefetched) -> Decided:
        """The records of an order record, accepted or set aside under the control state it names."""
        after = self._advanced(ordered, before)
        state = self._control.advance_to(after.control_offset)
        decided: Decided = []
        for one in self._ranges(ordered, before):
            for decision in self._decisions(one, state, prefetched):
                if isinstance(decision, Accepted):
                    decision.recorded_at = after.recorded_at
                    decided.append(decision)
                else:
                    decided.append(decision._replace(recorded_at=after.recorded_at))
        return decided

    def _decisions(self, one: Range, state: ControlState, prefetched: Prefetched) -> Iterator[Accepted | Rejected]:
        """Decided here, but for what other processes have decided under the same control state."""

        def decide(record: Record) -> Accepted | Rejected:
            return self._acceptance.decide(record, state)

        under = Under(state.offset, self.build.definition.version)
        chunks = prefetched.take_decided(one, *under)
        if not chunks and self._beside is not None and not prefetched.has(one):
            chunks = self._beside.take_range(one, under)
        if not chunks:
            yield from map(decide, prefetched.take(self._log, one))
        for chunk in chunks:
            yield from chunk.decisions(Partition(one.topic, one.partition), decide)

    def _ranges(self, ordered: Ordered, before: Checkpoint) -> list[Any]:
        positions = {}
        for name, offset in before.positions.items():
            topic, partition = name.rsplit(":", 1)
            positions[Partition(topic, int(partition))] = offset
        return applicable_ranges(ordered.record, positions)

    def _advanced(self, ordered: Ordered, before: Checkpoint) -> Checkpoint:
        positions = dict(before.positions)
        for one in self._ranges(ordered, before):
            positions[f"{one.topic}:{one.partition}"] = one.end
        return before.advanced(
            order_offset=ordered.offset + 1,
            control_offset=max(before.control_offset, ordered.record.control_offset),
            positions=positions,
            recorded_at=max(before.recorded_at, ordered.appended_at),
        )

    def _read_checkpoint(self) -> Checkpoint:
        build = self.build
        with build.tables.engine.connect() as connection:
            found = find_checkpoint(connection, build.registry, build.number)
        if found is None:
            raise Fenced(f"{build.registry}: build {build.number} is no longer written")
        return found
