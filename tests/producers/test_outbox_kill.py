from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from hub.log.interface import Log, Partition
from producers.outbox import Outbox
from schemas.event import from_headers
from tests.producers.places_registry import TOPIC

ROUNDS = 5


def run_and_kill(folder: Path, events: int) -> list[str]:
    """Start a publisher, kill it with SIGKILL after it told `events` ids, and return all that it told."""
    command = [sys.executable, "-m", "tests.producers.killed_publisher", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(events)]
        process.kill()
        return told + [line.strip() for line in process.stdout if line.endswith("\n")]


@pytest.mark.slow
def test_killed_publishers_lose_nothing_and_leave_no_hole(tmp_path: Path, log: Log) -> None:
    chooser = random.Random(7)
    told = [event_id for _ in range(ROUNDS) for event_id in run_and_kill(tmp_path, chooser.randint(1, 40))]
    report = Outbox(tmp_path / "outbox.sqlite").drain(log)
    partition = Partition(TOPIC, 0)
    envelopes = [from_headers(one.headers) for one in log.read_range(partition, 0, log.ends([partition])[partition])]
    by_id = {one.id: one.sequence for one in envelopes}
    assert report.is_complete
    assert set(told) <= set(by_id)
    assert sorted(by_id.values()) == list(range(1, len(by_id) + 1))
    first_seen = list(dict.fromkeys(one.sequence for one in envelopes))
    assert first_seen == sorted(first_seen)
