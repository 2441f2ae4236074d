"""Runs the projection of one registry: sequence what is new, read the order, apply it, let the clock turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from sqlalchemy import Engine, func, select, update

from consumers.builds import OpenBuild, find_live, open_live_build
from consumers.decisions import note_decisions
from consumers.errors import Fenced, ProjectionStopped, RegistryUndefined, TooManyDeadLetters
from consumers.order import Order, Ordered
from consumers.rebuild import rebuild
from consumers.replay import Replay
from consumers.sequencer import Prefetched, Sequencer
from consumers.side_by_side import SideBySide, open_beside
from hub.control.reader import CONTROL, ControlHistory, ControlReader
from hub.log.interface import Log, Partition
from hub.registries.tables import checkpoints, dead_letters
from schemas.definition import Definition

BATCH_RECORDS = 2000
_PROPOSALS_A_STEP = 5


def now_micros() -> int:
    """The clock: microseconds since 1970, UTC."""
    return time.time_ns() // 1000


class ProjectionRunner:
    """The projection of `registry`; one thread at a time.

    Raises `Fenced` where another consumer won the compare-and-set (start again to go on from what it wrote),
    `TooManyDeadLetters` past the definition's limit, `RegistryUndefined` while the control log knows no definition.
    After any other error the next step starts from what the database says.
    """

    def __init__(
        self,
        registry: str,
        log: Log,
        engine: Engine,
        *,
        clock: Callable[[], int] = now_micros,
        monotonic: Callable[[], float] = time.monotonic,
        batch_records: int = BATCH_RECORDS,
        beside: SideBySide | None = None,
        history: ControlHistory | None = None,
    ) -> None:
        self.registry = registry
        self._log = log
        self._engine = engine
        self._now = clock
        self._batch_records = batch_records
        self._history = history or ControlHistory()
        self._control = ControlReader(log, self._history)
        self._order = Order(log, registry)
        self._prefetched = Prefetched()
        self._beside = beside or open_beside(log, registry, engine, batch_records=batch_records)
        self._sequencer = Sequencer(
            log,
            self._order,
            self._control,
            monotonic=monotonic,
            batch_records=batch_records,
            beside=self._beside,
        )
        self._replay: Replay | None = None
        self._noted = (0, 0)
        self._is_sound = True

    @property
    def definition(self) -> Definition:
        """The newest definition; raises `RegistryUndefined`."""
        found = self._control.state.definitions.get(self.registry)
        if found is None:
            found = self._control.catch_up().definitions.get(self.registry)
        if found is None:
            raise RegistryUndefined(f"the control log defines no registry {self.registry!r}")
        return found

    def step(self, timeout_s: float = 0.0) -> int:
        """Apply what the order tells, or else what is new; waits up to `timeout_s` for it. The events handled."""
        handled = self._step_soundly()
        if handled == 0 and timeout_s > 0 and self._wait(timeout_s):
            handled = self._step_soundly()
        return handled

    def catch_up(self) -> int:
        """Apply everything there is now; the events handled."""
        total = 0
        while True:
            handled = self.step()
            total += handled
            if handled == 0:
                return total

    def run(self, stop: threading.Event, *, wait_s: float = 0.5) -> None:
        """Step until `stop`."""
        while not stop.is_set():
            self.step(wait_s)

    def close(self) -> None:
        """Let go of everything; log and database stay open, they were handed in."""
        self._prefetched.clear()
        self._replay = None
        if self._beside is not None:
            self._beside.close()

    # inside

    def _step_soundly(self) -> int:
        """A step; where a rebuild swapped in another build meanwhile, the step is done on that one."""
        try:
            return self._step()
        except Fenced:
            self._is_sound = False
            if self._replay is None or self._is_live(self._replay):
                raise
        except BaseException:
            self._is_sound = False
            raise
        return self._step()

    def _step(self) -> int:
        self._control.catch_up()
        replay = self._sound_replay()
        self._check_limit(replay)
        handled = replay.apply(self._orders(replay), self._prefetched, now=self._now())
        if handled == 0:
            replay.take_turn(now=self._now())
            replay.rest()
        self._note_decisions(replay)
        self._check_limit(replay)
        return handled

    def _orders(self, replay: Replay) -> Iterator[Ordered | None]:
        """What was ordered and is not applied yet; where there is nothing, what this runner orders itself.

        Each of its own proposals is followed by None: apply it now, do not wait for more.
        """
        offset = replay.checkpoint.order_offset
        end = self._order.end()
        if end > offset:
            replay.look_beside()
            yield from self._order.read(offset, end)
            return
        for _ in range(_PROPOSALS_A_STEP):
            proposed = self._sequencer.propose(self.definition, replay.ahead.positions, self._prefetched)
            if proposed is None:
                return
            yield from self._order.read(offset, proposed + 1)
            yield None
            offset = proposed + 1

    def _sound_replay(self) -> Replay:
        """The replay of the live build; made anew where definition or live build changed, resumed after an error."""
        definition = self.definition
        replay = self._replay
        if replay is None or definition is not replay.build.definition or not self._is_live(replay):
            replay = self._replay = self._open(definition)
        elif not self._is_sound:
            replay.resume()
        self._is_sound = True
        return replay

    def _is_live(self, replay: Replay) -> bool:
        if self._is_sound:
            return True
        row = find_live(self._engine, self.registry)
        return row is not None and row.build == replay.build.number

    def _open(self, definition: Definition) -> Replay:
        build, fits = open_live_build(self._engine, definition, now=self._now())
        if not fits:
            rebuild(
                self.registry,
                self._log,
                self._engine,
                expect_difference=True,
                clock=self._now,
                batch_records=self._batch_records,
            )
            build, _ = open_live_build(self._engine, definition, now=self._now())
        self._noted = (0, 0)
        return self._replay_of(build)

    def _replay_of(self, build: OpenBuild) -> Replay:
        replay = Replay(
            self._log,
            build,
            self._order,
            batch_records=self._batch_records,
            beside=self._beside,
            history=self._history,
        )
        replay.dead_letters = self._count_open(build)
        return replay

    # dead letters

    def _note_decisions(self, replay: Replay) -> None:
        """Write the decisions of the control log to the letters they are about."""
        state = self._control.state
        if self._noted == (len(state.decisions), replay.dead_letters):
            return
        if note_decisions(self._engine, replay.build, state):
            replay.dead_letters = self._count_open(replay.build)
        self._noted = (len(state.decisions), replay.dead_letters)

    def _check_limit(self, replay: Replay) -> None:
        limit = replay.build.definition.dead_letter_limit
        if replay.dead_letters <= limit:
            if replay.checkpoint.stopped_reason is not None:
                self._tell_reason(replay, None)
            return
        self._note_decisions(replay)
        replay.dead_letters = self._count_open(replay.build)
        if replay.dead_letters <= limit:
            return
        error = TooManyDeadLetters(self.registry, replay.dead_letters, limit)
        self._tell_reason(replay, str(error))
        raise error

    def _tell_reason(self, replay: Replay, reason: str | None) -> None:
        same = (checkpoints.c.registry == self.registry) & (checkpoints.c.build == replay.build.number)
        with self._engine.begin() as connection:
            connection.execute(update(checkpoints).where(same).values(stopped_reason=reason))
        replay.checkpoint = replay.checkpoint.advanced(stopped_reason=reason)

    def _count_open(self, build: OpenBuild) -> int:
        letters = dead_letters.c
        question = select(func.count()).where(
            letters.registry == self.registry, letters.build == build.number, letters.status == "open"
        )
        with self._engine.connect() as connection:
            return int(connection.execute(question).scalar_one())

    # waiting

    def _wait(self, timeout_s: float) -> bool:
        """Whether there is something new, at the latest after `timeout_s`."""
        replay = self._replay
        if replay is None or self._sequencer.holds:
            return bool(self._stop_briefly(timeout_s))
        positions = replay.checkpoint.positions
        beyond = {self._order.partition: replay.checkpoint.order_offset, CONTROL: self._control.state.offset}
        for topic in self.definition.topics:
            for number in range(self._log.partitions(topic)):
                beyond[Partition(topic, number)] = positions.get(f"{topic}:{number}", 0)
        return self._log.wait(beyond, timeout_s)

    def _stop_briefly(self, timeout_s: float) -> bool:
        return self._log.wait({CONTROL: self._control.state.offset}, timeout_s)


__all__ = ["BATCH_RECORDS", "Fenced", "ProjectionRunner", "ProjectionStopped", "TooManyDeadLetters", "now_micros"]
