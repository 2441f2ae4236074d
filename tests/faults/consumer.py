"""A consumer in a process of its own, forked from a server that has everything loaded: it can be killed often."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, ForkServerProcess
from types import FrameType

from consumers.errors import Fenced
from consumers.runner import ProjectionRunner
from hub.log.errors import LogError
from hub.log.open import open_log
from hub.registries.database import open_database

BATCH_RECORDS = 10


def consume(registry: str, log_url: str, database_url: str) -> None:
    """Apply for ever, as a supervisor would have it: who loses the race starts anew; ends on SIGTERM."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    log = open_log(log_url)
    engine = open_database(database_url)
    while not stop.is_set():
        try:
            runner = ProjectionRunner(registry, log, engine, batch_records=BATCH_RECORDS)
            runner.run(stop)
            runner.close()
        except Fenced:
            continue
        except LogError as error:
            if not error.retriable:
                raise
            stop.wait(0.1)


@dataclass(frozen=True, slots=True)
class Consumer:
    """One running consumer process."""

    process: ForkServerProcess

    def kill(self) -> None:
        """SIGKILL; it must still have been running."""
        assert self.process.exitcode is None, f"the consumer ended by itself with {self.process.exitcode}"
        self.process.kill()
        self.process.join()
        assert self.process.exitcode == -signal.SIGKILL

    def runs_for(self, seconds: float) -> None:
        """Let it run; it must not end."""
        self.process.join(seconds)
        assert self.process.exitcode is None, f"the consumer ended by itself with {self.process.exitcode}"

    def stop(self) -> None:
        """End it tidily."""
        self.process.terminate()
        self.process.join(15)
        assert self.process.exitcode == 0


def server_context() -> ForkServerContext:
    """Processes forked from one that has imported the consumer already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.consumer"])
    return context


def start_consumer(registry: str, log_url: str, database_url: str) -> Consumer:
    process = server_context().Process(target=consume, args=(registry, log_url, database_url), daemon=True)
    process.start()
    return Consumer(process)
