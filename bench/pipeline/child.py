"""One measurement in a process of its own: reads a task as JSON, applies the events, prints what it took.

`python -m bench.pipeline.child '{"what": "straight", …}'`
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.pipeline.material import Stock
from bench.pipeline.signatures import signing_key
from bench.pipeline.straight import StraightLoop
from bench.pipeline.straight_stores import PostgresStore, SqliteStore
from consumers.runner import ProjectionRunner
from hub.control.reader import ControlReader
from hub.log.open import open_log
from hub.registries.database import open_database
from hub.registries.tables import tables_of

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Task:
    """What to apply, how, and where to."""

    what: str  # runner or straight
    log: str
    database: str
    stocks: list[Stock]


@dataclass(slots=True)
class Took:
    """What it took. `marks` are (events so far, seconds so far, resident MiB)."""

    events: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    marks: list[tuple[int, float, float]] = field(default_factory=list)


def measure(task: Task) -> Took:
    """Apply every stock of `task`, one after the other."""
    took = Took()
    log = open_log(task.log)
    log.topics()
    engine = open_database(task.database)
    started, cpu = time.perf_counter(), time.process_time()

    def mark(events: int) -> None:
        took.marks.append((events, time.perf_counter() - started, resident_mib()))

    for stock in task.stocks:
        if task.what == "runner":
            with_runner = ProjectionRunner(stock.registry, log, engine)
            done = 0
            while done < stock.events:
                done += with_runner.step(timeout_s=1.0)
                mark(took.events + done)
            with_runner.close()
        else:
            definition = ControlReader(log).catch_up().definitions[stock.registry]
            kind = SqliteStore if engine.dialect.name == "sqlite" else PostgresStore
            store = kind(engine, tables_of(definition, 1))
            public = signing_key().public_key() if stock.signed else None
            loop = StraightLoop(definition, store, public_key=public)
            loop.run(task.log.removeprefix("kafka://"), stock.topic, stock.events, progress=mark)
        took.events += stock.events
    took.seconds = time.perf_counter() - started
    took.cpu_seconds = time.process_time() - cpu
    took.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    log.close()
    return took


def resident_mib() -> float:
    """The process's resident memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / MEBIBYTE


def main(text: str) -> None:
    document = json.loads(text)
    stocks = [Stock(**one) for one in document.pop("stocks")]
    print(json.dumps(asdict(measure(Task(**document, stocks=stocks)))))


if __name__ == "__main__":
    main(sys.argv[1])
