"""`huehub consume` as a process: how it ends."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from consumers.errors import Fenced
from consumers.runner import now_micros
from hub.commands.supervisor import FENCED_EXIT
from hub.registries.tables import builds
from tests.consumers.conftest import Town
from tests.workload import City, definition_text, registered

DEADLINE_S = 40.0
STOP_S = 10.0


@contextmanager
def consume(town: Town, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`huehub consume` over the town's log and database; killed at the end if it still runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    folder: Path = town.folder
    told = {
        "HUB_LOG": f"sqlite:///{folder / 'log.sqlite'}",
        "HUB_DATABASE": str(town.engine.url),
        "HUB_DATA_DIR": str(folder / "data"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "consume", *arguments], env=kept | told, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        threading.Event().wait(0.05)


def is_built(town: Town) -> bool:
    return any(row.registry == town.registry for row in town.rows(builds))


def applied(town: Town) -> int:
    return int(town.checkpoint().last_entry) if is_built(town) else 0


def fence(town: Town, process: subprocess.Popen[str], numbers: Iterator[int]) -> None:
    """Apply events before `process` does, until it lost the race for this registry."""
    for _ in range(200):
        rival = town.runner(clock=now_micros)
        town.city.tell([registered(next(numbers), "a")])
        try:
            rival.step()
        except Fenced:
            continue
        before = applied(town)
        town.city.tell([registered(next(numbers), "b")])
        threading.Event().wait(1.0)
        if applied(town) == before or process.poll() is not None:
            return
    raise AssertionError("the process won every race")


def test_a_process_whose_every_projection_is_fenced_ends_with_its_own_code(town: Town) -> None:
    town.city.store.define_registry(definition_text("shrines"))
    shrines = Town(City(town.log, town.city.store, "shrines"), town.log, town.engine, town.folder)
    numbers = itertools.count(1)
    with consume(town) as process:
        for one in (town, shrines):
            one.city.tell([registered(next(numbers), "first")])
            wait_for(lambda one=one: applied(one) == 1)  # type: ignore[misc]
        fence(town, process, numbers)
        shrines.city.tell([registered(next(numbers), "second")])
        wait_for(lambda: shrines.current() == ["first", "second"])
        assert process.poll() is None
        fence(shrines, process, numbers)
        _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == FENCED_EXIT
    assert errors.splitlines()[-1].startswith("Fenced off: another process applies places, shrines")


def test_sigterm_under_load_ends_the_process_in_time(town: Town) -> None:
    town.city.tell(registered(number, f"k{number % 900}") for number in range(1, 20_001))
    with consume(town) as process:
        wait_for(lambda: applied(town) > 0)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=STOP_S)
    assert (process.returncode, "Traceback" in errors) == (0, False)
    reached = applied(town)
    assert 0 < reached < 20_000, "the load was over before the signal"
    town.runner(clock=now_micros).catch_up()
    assert applied(town) == 20_000
