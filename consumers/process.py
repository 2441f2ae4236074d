"""All registries in one process: each defined one has a thread, new ones begin at once, errors are waited out."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection

import structlog
from sqlalchemy import Engine, update
from sqlalchemy.exc import DBAPIError

from consumers.errors import ConsumerError, Fenced, RegistryUndefined, TooManyDeadLetters
from consumers.rebuild import drop_old_builds
from consumers.runner import BATCH_RECORDS, ProjectionRunner, now_micros
from hub.control.reader import CONTROL, ControlHistory, ControlReader
from hub.log.errors import LogError
from hub.log.interface import Log
from hub.registries.tables import checkpoints

_LOOK_S = 0.5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 10.0
_JOIN_S = 9.0
_LOOK_FOR_OLD_BUILDS_S = 600.0
_log = structlog.get_logger("consumers")


def run_consumers(
    log: Log,
    engine: Engine,
    stop: threading.Event,
    *,
    only: Collection[str] | None = None,
    clock: Callable[[], int] = now_micros,
    batch_records: int = BATCH_RECORDS,
) -> None:
    """Run every defined registry (or `only` these) until `stop`; a registry defined later begins at once.

    A projection that is fenced, or has too many dead letters, stops with its reason; the others go on. Raises `Fenced`
    where every one was fenced: another process does all the work.
    """
    _Process(log, engine, stop, only, clock, batch_records).run()


class _Process:
    def __init__(
        self,
        log: Log,
        engine: Engine,
        stop: threading.Event,
        only: Collection[str] | None,
        clock: Callable[[], int],
        batch_records: int,
    ) -> None:
        self._log = log
        self._engine = engine
        self._stop = stop
        self._only = only
        self._clock = clock
        self._batch_records = batch_records
        self._threads: dict[str, threading.Thread] = {}
        self._fenced: set[str] = set()
        self._history = ControlHistory()

    def run(self) -> None:
        control = ControlReader(self._log, self._history)
        swept_at = 0.0
        while not self._stop.is_set():
            self._check_fences()
            try:
                self._begin_new(control)
                if time.monotonic() - swept_at > _LOOK_FOR_OLD_BUILDS_S:
                    self._drop_old_builds(control)
                    swept_at = time.monotonic()
                self._log.wait({CONTROL: control.state.offset}, _LOOK_S)
            except (LogError, DBAPIError) as error:
                _log.warning("control log unreadable, trying again", error=str(error))
                self._stop.wait(_FIRST_PAUSE_S)
        deadline = time.monotonic() + _JOIN_S
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _check_fences(self) -> None:
        if self._threads and self._fenced >= self._threads.keys():
            raise Fenced(f"another process applies {', '.join(sorted(self._fenced))}; this one has nothing left to do")

    def _begin_new(self, control: ControlReader) -> None:
        for registry in control.catch_up().definitions:
            if registry in self._threads or (self._only is not None and registry not in self._only):
                continue
            thread = threading.Thread(
                target=self._project, args=(registry,), name=f"projection {registry}", daemon=True
            )
            self._threads[registry] = thread
            thread.start()

    def _drop_old_builds(self, control: ControlReader) -> None:
        for definition in list(control.state.definitions.values()):
            drop_old_builds(self._engine, definition, now=self._clock())

    def _project(self, registry: str) -> None:
        """Run one projection; what may pass is waited out, with growing pauses."""
        runner = ProjectionRunner(
            registry,
            self._log,
            self._engine,
            clock=self._clock,
            batch_records=self._batch_records,
            history=self._history,
        )
        pause_s = _FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                runner.step(_LOOK_S)
                pause_s = _FIRST_PAUSE_S
            except Exception as error:
                if not may_pass(error):
                    self._stop_projection(runner, registry, error)
                    break
                _log.warning("projection waits", registry=registry, error=str(error), pause_s=pause_s)
                self._stop.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        runner.close()

    def _stop_projection(self, runner: ProjectionRunner, registry: str, error: Exception) -> None:
        code = getattr(error, "code", type(error).__name__)
        _log.error("projection stopped", registry=registry, code=code, error=str(error), exc_info=code == "error")
        if isinstance(error, Fenced):
            self._fenced.add(registry)
        if isinstance(error, Fenced | TooManyDeadLetters):
            return  # the winner goes on; the other has told its reason itself
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    update(checkpoints)
                    .where(checkpoints.c.registry == registry)
                    .values(stopped_reason=f"{code}: {error}"[:2000])
                )
        except DBAPIError as failure:
            _log.error("the reason could not be written", registry=registry, error=str(failure))


def may_pass(error: Exception) -> bool:
    """Whether waiting can help: the log or the database is away, locked or full, or says to try again."""
    if isinstance(error, ConsumerError | LogError):
        return error.retriable or isinstance(error, RegistryUndefined)
    return isinstance(error, DBAPIError | OSError)
