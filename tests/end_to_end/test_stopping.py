"""SIGTERM at any moment: everything ends within 10 s with exit code 0, and the next start goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.running import RunningHub, wait_for

Moment = Callable[[RunningHub], object]


def when_the_folder_appears(hub: RunningHub) -> object:
    return (hub.folder / "var").exists()


def while_definitions_are_written(hub: RunningHub) -> object:
    return "defined: admin-units" in hub.output


def when_the_children_start(hub: RunningHub) -> object:
    return "Portal:" in hub.output


def during_the_load(hub: RunningHub) -> object:
    return "kttv/" in hub.output or "cucthongke/" in hub.output


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", [when_the_folder_appears, while_definitions_are_written, when_the_children_start, during_the_load]
)
def test_a_stop_ends_cleanly_and_the_next_start_goes_on(tmp_path: Path, moment: Moment) -> None:
    hub = RunningHub(tmp_path)
    try:
        hub.start()
        wait_for(lambda: moment(hub), what=moment.__name__)
        assert hub.stop() == 0, hub.output
        assert "Traceback" not in hub.output
        assert children_of(hub) == []
        hub.start("--no-publish")
        hub.wait_until_ready()
        wait_for(lambda: hub.lag() == 0, what="applied")
        assert hub.stop() == 0
    finally:
        hub.end()


def test_an_idle_hub_ends_cleanly(small_town: RunningHub) -> None:
    small_town.run("publish", "wells")
    wait_for(lambda: small_town.count("wells") == 4, what="wells")
    assert small_town.stop() == 0
    assert children_of(small_town) == []
    small_town.start("--no-publish")
    small_town.wait_until_ready()
    assert small_town.count("wells") == 4


def test_a_child_that_is_killed_is_started_again(small_town: RunningHub) -> None:
    before = children_of(small_town)
    consumer = next(pid for pid in before if "consume" in command_of(pid))
    os.kill(consumer, 9)
    wait_for(lambda: any("consume" in command_of(pid) for pid in children_of(small_town)), what="a new consumer")
    small_town.run("publish", "wells")
    wait_for(lambda: small_town.count("wells") == 4, what="wells")


def test_a_port_that_is_taken_is_told_at_once(town: RunningHub, tmp_path: Path) -> None:
    told = RunningHub(tmp_path, port=town.port).run("up", expect=1)
    assert told.startswith("Error: ")
    assert f"127.0.0.1:{town.port}" in told
    assert "HUB_PORT" in told
    assert len(told.splitlines()) == 1


def children_of(hub: RunningHub) -> list[int]:
    """Processes that work with the hub's folder, besides `up` itself."""
    mark = f"HUB_DATA_DIR={hub.folder / 'var'}\0".encode()
    assert hub.process is not None
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != hub.process.pid and mark in _bytes(process / "environ"):
            found.append(int(process.name))
    return found


def command_of(pid: int) -> str:
    return _bytes(Path(f"/proc/{pid}/cmdline")).decode(errors="replace")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
