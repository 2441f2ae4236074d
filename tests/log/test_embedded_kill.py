"""Processes that append to one file and are killed: what was acknowledged is there, once, and nothing is torn."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.log.interface import Partition, Record
from hub.log.open import open_log
from tests.contracts.log_contract import numbered, read_all
from tests.log.appender import KEYS

TOPIC = "van-hoa.things.v1"
PARTITIONS = 3


@dataclass(frozen=True, slots=True)
class Appender:
    """A running `tests.log.appender`; its acknowledgements go to a file."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path

    def acknowledged(self) -> dict[tuple[int, int], bytes]:
        """Value by partition and offset; a line cut short by the kill was not told."""
        whole = self.output.read_text().rpartition("\n")[0].splitlines()
        parts = [tuple(map(int, line.split())) for line in whole]
        return {(partition, offset): f"{self.name}-{number}".encode() for number, partition, offset in parts}


def start(folder: Path, name: str) -> Appender:
    output = folder / f"{name}.txt"
    command = [sys.executable, "-m", "tests.log.appender", f"sqlite:///{folder}/log.db", TOPIC, name]
    with output.open("wb") as file:
        return Appender(name, subprocess.Popen(command, stdout=file), output)


def kill_at_a_random_moment(appender: Appender, chooser: random.Random) -> None:
    """SIGKILL some milliseconds after its first acknowledgement."""
    while appender.process.poll() is None and not appender.output.stat().st_size:
        pass
    with pytest.raises(subprocess.TimeoutExpired):
        appender.process.wait(timeout=chooser.uniform(0.0, 0.1))
    appender.process.send_signal(signal.SIGKILL)
    appender.process.wait()


def read_partitions(folder: Path) -> dict[int, list[Record]]:
    log = open_log(f"sqlite:///{folder}/log.db", create=False)
    return {number: read_all(log, Partition(TOPIC, number)) for number in range(PARTITIONS)}


def check(folder: Path, appenders: list[Appender]) -> int:
    """Every acknowledged record where it was told, offsets without a gap, each key's numbers in order."""
    read = read_partitions(folder)
    stored = {(number, record.offset): record.value for number, records in read.items() for record in records}
    acknowledged = {place: value for appender in appenders for place, value in appender.acknowledged().items()}
    assert acknowledged.items() <= stored.items()
    assert len(set(stored.values())) == len(stored)
    for records in read.values():
        assert [record.offset for record in records] == list(range(len(records)))
    for appender in appenders:
        check_order(appender.name, [record for records in read.values() for record in records])
    return len(acknowledged)


def check_order(name: str, records: list[Record]) -> None:
    """Of each key this appender's records 0, 1, … without a hole up to its last."""
    parts = [(record.value or b"").rpartition(b"-") for record in records]
    mine = [int(number) for owner, _, number in parts if owner == name.encode()]
    for key in range(KEYS):
        numbers = [number for number in mine if number % KEYS == key]
        assert numbers == list(range(key, key + KEYS * len(numbers), KEYS))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    open_log(f"sqlite:///{tmp_path}/log.db").create_topic(TOPIC, PARTITIONS)
    return tmp_path


def test_whatever_was_acknowledged_survives_kill_9(folder: Path, proof: bool) -> None:
    chooser, appenders = random.Random(), []
    for turn in range(100 if proof else 10):
        appenders.append(start(folder, f"turn{turn}"))
        kill_at_a_random_moment(appenders[-1], chooser)
    assert check(folder, appenders) > 100


def test_two_processes_append_side_by_side_while_either_is_killed(folder: Path) -> None:
    chooser, appenders = random.Random(), []
    for turn in range(4):
        pair = [start(folder, f"turn{turn}{side}") for side in "ab"]
        for one in pair:
            kill_at_a_random_moment(one, chooser)
        appenders += pair
    assert check(folder, appenders) > 100


def test_the_next_append_goes_on_after_a_kill(folder: Path) -> None:
    appender = start(folder, "killed")
    kill_at_a_random_moment(appender, random.Random())
    log = open_log(f"sqlite:///{folder}/log.db")
    (end,) = log.ends([Partition(TOPIC, 0)]).values()
    assert log.append(numbered(TOPIC, range(1), partition=0))[0].offset == end
