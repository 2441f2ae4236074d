"""`huehub consume` rehearses what is proposed, and `huehub status` says why it could not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.control.governance import Rehearsed
from hub.control.reader import ControlReader
from tests.consumers.wells import Wells, changed_fields, open_wells, surveyed, surveys

DEADLINE_S = 40


@pytest.fixture
def wells(tmp_path: Path) -> Iterator[Wells]:
    found = open_wells(tmp_path)
    found.tell(*surveys(range(1, 30)), surveyed(30, depth=None))
    yield found
    found.close()


def environment(wells: Wells) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    log, database = (f"sqlite:///{wells.folder / name}.sqlite" for name in ("log", "registries"))
    return kept | {"HUB_LOG": log, "HUB_DATABASE": database, "HUB_DATA_DIR": str(wells.folder)}


@contextmanager
def consuming(wells: Wells) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "hub.cli", "consume"], env=environment(wells))
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def status(wells: Wells, *options: str) -> str:
    command = [sys.executable, "-m", "hub.cli", "status", *options]
    return subprocess.run(command, env=environment(wells), capture_output=True, text=True, check=True).stdout


def wait_until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while not (result := found()):
        assert time.monotonic() < deadline, "what was waited for did not come"
        threading.Event().wait(0.1)
    return result


def rehearsed(wells: Wells) -> Rehearsed | None:
    """What the log says: the process writes it from a database of its own."""
    return ControlReader(wells.log).catch_up().proposals[1].rehearsed


def test_consume_rehearses_a_proposal_and_status_tells_why_it_could_not_before(wells: Wells) -> None:
    lock = wells.workspace / "wells.lock"
    lock.mkdir(parents=True)
    wells.propose(1, changed_fields(depth={"type": "int"}))
    with consuming(wells) as process:
        wait_until(lambda: list(wells.workspace.glob("failed-*.json")))
        assert "wells cannot be rehearsed" in status(wells)
        (told,) = json.loads(status(wells, "--json"))
        assert told["failed_rehearsals"][0]["proposal"] == 1
        lock.rmdir()
        found = wait_until(lambda: rehearsed(wells))
        assert (found.pin, found.passed) == (30, False)
        wait_until(lambda: not list(wells.workspace.glob("failed-*.json")))
        assert "wells cannot be rehearsed" not in status(wells)
        process.terminate()
        assert process.wait(DEADLINE_S) == 0
