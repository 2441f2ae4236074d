"""The files rehearsals are made in: gone on with, made anew, kept apart, cleared away; never a wrong report."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import consumers.rehearsals.rehearsal
from consumers.builds import drop_build
from consumers.errors import RehearsalImpossible, RehearsalWaits
from consumers.rebuild import rebuild
from consumers.rehearsals.live import LiveBuildGone, find_live_side
from consumers.rehearsals.rehearsal import rehearse
from consumers.rehearsals.workspace import KEPT_S, held_registry, sweep_workspaces, workspace_file
from hub.log.interface import Partition, Record
from hub.registries.database import open_database
from tests.consumers.wells import Wells, candidate, changed_fields, open_wells, surveyed, surveys

STRICTER = candidate(changed_fields(depth={"type": "int"}))


@pytest.fixture
def wells(tmp_path: Path) -> Iterator[Wells]:
    found = open_wells(tmp_path)
    for start in range(1, 400, 40):
        found.tell(*surveys(range(start, start + 40)))
    found.tell(surveyed(401, depth=None))
    yield found
    found.close()


class BreakingLog:
    """A log whose reader breaks once `left` ranges of events were read."""

    def __init__(self, log: Any, left: int) -> None:
        self._log = log
        self._left = left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def read_range(self, partition: Partition, start: int, end: int) -> Iterable[Record]:
        self._left -= partition.topic.startswith("culture.")
        if self._left < 0:
            raise KeyboardInterrupt
        found: Iterable[Record] = self._log.read_range(partition, start, end)
        return found


@pytest.mark.parametrize("ranges", [0, 1, 9, 20])
def test_after_an_end_in_the_middle_the_report_is_that_of_a_whole_rehearsal(
    wells: Wells, ranges: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.rehearsals.rehearsal.BATCH_RECORDS", 30)
    with pytest.raises(KeyboardInterrupt):
        wells.rehearse(STRICTER, log=BreakingLog(wells.log, ranges))
    assert wells.rehearse(STRICTER).report == wells.rehearse(STRICTER, workspace="whole").report


class HaltingLog(BreakingLog):
    """A log that tells `halted` and gives nothing more instead of breaking."""

    def __init__(self, log: Any, left: int, halted: Any) -> None:
        super().__init__(log, left)
        self._halted = halted

    def read_range(self, partition: Partition, start: int, end: int) -> Iterable[Record]:
        try:
            return super().read_range(partition, start, end)
        except KeyboardInterrupt:
            self._halted.set()
            threading.Event().wait()
            raise


def rehearse_until_halted(folder: Path, halted: Any) -> None:
    """What the process does that is killed."""
    consumers.rehearsals.rehearsal.BATCH_RECORDS = 30
    wells = open_wells(folder)
    wells.rehearse(STRICTER, log=HaltingLog(wells.log, 9, halted))


def test_after_a_kill_in_the_middle_the_report_is_that_of_a_whole_rehearsal(wells: Wells) -> None:
    context = multiprocessing.get_context("spawn")
    halted = context.Event()
    process = context.Process(target=rehearse_until_halted, args=(wells.folder, halted), daemon=True)
    process.start()
    assert halted.wait(30)
    process.kill()
    process.join(10)
    path = workspace_file(wells.workspace, STRICTER)
    with closing(sqlite3.connect(path)) as connection:
        ((reached, entries),) = connection.execute("SELECT order_offset, last_entry FROM checkpoints").fetchall()
    assert 0 < reached < 11
    assert 0 < entries < 401
    assert wells.rehearse(STRICTER).report == wells.rehearse(STRICTER, workspace="whole").report


def test_a_rehearsal_that_is_stopped_says_so_and_goes_on_later(wells: Wells) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(RehearsalWaits, match="stopped"):
        rehearse(
            wells.log,
            wells.engine,
            STRICTER,
            live=wells.live,
            consumers=(),
            workspace=wells.workspace,
            now=lambda: wells.now,
            stop=stop,
        )
    assert wells.rehearse(STRICTER).pin == 401


def test_a_broken_file_is_made_anew(wells: Wells) -> None:
    whole = wells.rehearse(STRICTER)
    path = workspace_file(wells.workspace, STRICTER)
    path.write_bytes(b"no database at all, but long enough to look like one" * 100)
    assert wells.rehearse(STRICTER).report == whole.report


def test_a_file_of_another_log_is_not_gone_on_with(wells: Wells, tmp_path: Path) -> None:
    wells.rehearse(STRICTER)
    (tmp_path / "other").mkdir()
    other = open_wells(tmp_path / "other")
    other.tell(*surveys(range(1, 402)))
    other.workspace.mkdir()
    name = workspace_file(wells.workspace, STRICTER).name
    (other.workspace / name).write_bytes((wells.workspace / name).read_bytes())
    assert other.rehearse(STRICTER).report == other.rehearse(STRICTER, workspace="whole").report
    other.close()


def test_a_folder_that_cannot_be_written_is_told_with_the_way_out(wells: Wells) -> None:
    wells.workspace.write_text("a file where the folder should be")
    with pytest.raises(RehearsalImpossible, match=r"rehearsals: File exists; give it space"):
        wells.rehearse(STRICTER)


def test_a_full_disk_is_told_and_what_was_written_is_removed(wells: Wells, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_small(url: str) -> Any:
        engine = open_database(url)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=60")
        return engine

    monkeypatch.setattr("consumers.rehearsals.workspace.open_database", open_small)
    with pytest.raises(RehearsalImpossible, match="full"):
        wells.rehearse(STRICTER)
    assert list(wells.workspace.glob("*.sqlite*")) == []


def test_two_rehearsals_of_one_registry_keep_apart(wells: Wells) -> None:
    wells.workspace.mkdir()
    with held_registry(wells.workspace, "wells"):
        again = held_registry(wells.workspace, "wells", wait_s=0.1)
        with pytest.raises(RehearsalWaits, match="another rehearsal of wells"), again:
            pass
        with held_registry(wells.workspace, "rainfall", wait_s=0):
            pass
    assert wells.rehearse(STRICTER).pin == 401


def test_a_live_build_that_was_dropped_is_told_from_a_database_that_is_away(wells: Wells) -> None:
    side = find_live_side(wells.engine, wells.live)
    assert side is not None
    drop_build(wells.engine, wells.live, 1)
    with pytest.raises(LiveBuildGone):
        list(side.records())


class RebuildingLog(BreakingLog):
    """A log during whose first reading of events the live build is replaced, and the old one dropped."""

    def __init__(self, wells: Wells) -> None:
        super().__init__(wells.log, 0)
        self._wells: Wells | None = wells

    def read_range(self, partition: Partition, start: int, end: int) -> Iterable[Record]:
        wells, self._wells = self._wells, None
        if wells is not None and partition.topic.startswith("culture."):
            wells.tell(surveyed(402, depth=None))
            rebuild("wells", wells.log, wells.engine, clock=lambda: wells.now)
            drop_build(wells.engine, wells.live, 1)
        else:
            self._wells = wells
        found: Iterable[Record] = self._log.read_range(partition, start, end)
        return found


def test_where_the_live_build_is_replaced_meanwhile_the_rehearsal_begins_again_with_the_new_one(wells: Wells) -> None:
    rehearsed = wells.rehearse(STRICTER, log=RebuildingLog(wells))
    assert rehearsed.pin == 402
    assert rehearsed.report == wells.rehearse(STRICTER, workspace="whole").report


def test_the_live_side_of_a_replaced_build_is_read_as_of_its_pin(wells: Wells) -> None:
    side = find_live_side(wells.engine, wells.live)
    assert side is not None
    before = list(side.records())
    wells.tell(surveyed(402), surveyed(403, "w000001", depth=1))
    rebuild("wells", wells.log, wells.engine, clock=lambda: wells.now)
    assert list(side.records()) == before


def test_a_live_build_far_behind_its_order_is_waited_for(wells: Wells) -> None:
    for number in range(500, 602):
        wells.tell(surveyed(number))
    with wells.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE checkpoints SET order_offset = 3")
    with pytest.raises(RehearsalWaits, match="behind"):
        wells.rehearse(STRICTER)


def test_files_of_what_is_no_longer_proposed_and_old_ones_are_removed(wells: Wells) -> None:
    kept = workspace_file(wells.workspace, STRICTER)
    other = workspace_file(wells.workspace, candidate())
    wells.rehearse(STRICTER)
    wells.rehearse(candidate())
    seconds = kept.stat().st_mtime
    assert sweep_workspaces(wells.workspace, [kept], now=int(seconds * 1_000_000)) == [other]
    os.utime(kept, (seconds - KEPT_S - 1, seconds - KEPT_S - 1))
    assert sweep_workspaces(wells.workspace, [kept], now=int(seconds * 1_000_000)) == [kept]


def test_a_file_in_use_is_not_removed(wells: Wells) -> None:
    wells.rehearse(STRICTER)
    with held_registry(wells.workspace, "wells"):
        assert sweep_workspaces(wells.workspace, [], now=0) == []
    assert workspace_file(wells.workspace, STRICTER).exists()
