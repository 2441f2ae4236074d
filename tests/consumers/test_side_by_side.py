"""Deciding in processes of their own: the same rows, whatever becomes of those processes."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from consumers.builds import open_live_build
from consumers.hashes import log_hash
from consumers.order import Order
from consumers.replay import Replay
from consumers.runner import ProjectionRunner
from consumers.sequencer import Prefetched, list_new
from consumers.side_by_side import SideBySide
from hub.registries.database import open_database
from tests.consumers.conftest import NOW, Town
from tests.workload import DAY, EPOCH, TOURISM, Told, changed, registered

EVENTS = 4_500


def wait_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def story() -> Iterator[Told]:
    """Puts, patches, claims, closures, late, corrected and repeated events, and one that nobody can read."""
    for one in range(1, EVENTS):
        key, moment = f"k{one % 700}", EPOCH + one * 7919 % 90 * DAY
        if one % 5 == 0:
            yield changed(one, key, valid_from=moment, name=f"Chùa {one}")
        elif one % 11 == 0:
            yield registered(one, key, valid_from=moment, name="claimed", source=TOURISM)
        elif one % 13 == 0:
            fields = {"code": key, "successors": None}
            yield Told(f"closed-{one}", "PlaceClosed", key, fields, moment)
        else:
            yield registered(one, key, valid_from=moment, name=f"Đình {one}")
    corrected = registered(1, "k1", name="Đình làng")
    yield Told("corrected", "PlaceRegistered", "k1", corrected.fields, EPOCH, correction="corrected", corrects="none")
    yield registered(1, "k1", name="another under a known id")


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    yield engine
    engine.dispose()


@pytest.fixture
def beside(town: Town) -> Iterator[SideBySide]:
    town.tell(*story())
    made = SideBySide(town.log, town.registry, batch_records=2000, start_events=100)
    yield made
    made.close()


def replay(town: Town, engine: Engine, beside: SideBySide) -> str:
    """The log hash of everything ordered, applied with the decoders ready."""
    build, _ = open_live_build(engine, town.definition, now=NOW)
    order = Order(town.log, town.registry)
    made = Replay(town.log, build, order, batch_records=500, beside=beside)
    made.apply(order.read(0, order.end()), Prefetched(), now=NOW)
    return log_hash(engine, town.definition, build.number)


def start(town: Town, beside: SideBySide) -> None:
    beside.look(list_new(town.log, town.definition, {}))
    wait_until(beside.is_ready)


def test_what_decoders_decided_gives_the_same_log_hash(town: Town, other: Engine, beside: SideBySide) -> None:
    start(town, beside)
    assert replay(town, other, beside) == town.hash()
    assert beside.taken > EVENTS // 10


def test_what_is_sequenced_with_decoders_is_the_same_without(town: Town, other: Engine) -> None:
    town.city.tell(story())
    beside = SideBySide(town.log, town.registry, batch_records=400, start_events=100)
    start(town, beside)
    runner = town.runner(beside=beside, batch_records=400)
    runner.catch_up()
    assert beside.taken > EVENTS // 10
    alone = ProjectionRunner(town.registry, town.log, other, clock=lambda: NOW)
    alone.catch_up()
    assert log_hash(other, town.definition, 1) == town.hash()


def test_a_decoder_that_is_killed_changes_nothing(town: Town, other: Engine, beside: SideBySide) -> None:
    start(town, beside)
    for pid in beside.pids:
        os.kill(pid, signal.SIGKILL)
    assert replay(town, other, beside) == town.hash()
    assert beside.pids == []


def test_no_decoder_starts_for_little(town: Town) -> None:
    town.tell(registered(1, "a"), registered(2, "b"))
    few = SideBySide(town.log, town.registry, batch_records=2000)
    few.look(list_new(town.log, town.definition, {}))
    assert few.pids == []


def test_decoders_end_when_nothing_is_left(town: Town, beside: SideBySide) -> None:
    start(town, beside)
    beside.look([])
    assert beside.pids == []


_PARENT = """
import pickle, sys, time
log, registry, new = pickle.load(sys.stdin.buffer)
from consumers.side_by_side import SideBySide
beside = SideBySide(log, registry, batch_records=2000, start_events=100)
beside.look(new)
while not beside.is_ready():
    time.sleep(0.02)
print(*beside.pids, flush=True)
time.sleep(600)
"""


def test_decoders_end_with_a_parent_that_is_killed(town: Town, beside: SideBySide) -> None:
    root = str(Path(__file__).parents[2])
    code = f"import sys; sys.path.insert(0, {root!r})\n{_PARENT}"
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdin is not None and parent.stdout is not None
    parent.stdin.write(pickle.dumps((town.log, town.registry, list_new(town.log, town.definition, {}))))
    parent.stdin.close()
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert pids
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() and not _is_zombie(pid) for pid in pids))


def _is_zombie(pid: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
