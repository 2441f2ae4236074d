"""`huehub publish`: what is told of a department's file, and the way out of its errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.conftest import TOWN
from tests.end_to_end.running import RunningHub, wait_for

HEADER = "number,name,depth_m,yield_l_s,lon,lat\n"
ROWS = "1,Giếng Đình,42.5,1.2,108.331,15.879\n2,Giếng Chợ,38,0.8,108.327,15.877\n"


@pytest.fixture
def desk(tmp_path: Path) -> RunningHub:
    """A town's commands on a folder of their own, in which the registry is defined; nothing runs."""
    hub = RunningHub(tmp_path, TOWN)
    names = ("--name-vi", "Phòng Nước sạch", "--name-en", "Water Office", "--contact", "water@example.org")
    hub.run("department", "add", "water", "--organisation", "W1", *names)
    hub.run("registry", "apply", TOWN["HUB_SCHEMAS_DIR"], "--approve", "a test")
    return hub


def csv(folder: Path, text: str, name: str = "list.csv", encoding: str = "utf-8") -> str:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return str(path)


def test_a_dry_run_publishes_nothing(desk: RunningHub, tmp_path: Path) -> None:
    file = csv(tmp_path, HEADER + ROWS)
    assert "2 published" in desk.run("publish", "wells", "--dry-run", "--file", file)
    assert "2 published" in desk.run("publish", "wells", "--file", file)
    assert "2 unchanged, 0 published" in desk.run("publish", "wells", "--file", file)


def test_a_dry_run_of_every_feed_publishes_nothing(desk: RunningHub) -> None:
    assert "4 published" in desk.run("publish", "--all", "--dry-run")
    assert "4 published" in desk.run("publish", "--all")


def test_the_report_as_json_names_file_row_field_and_way_out(desk: RunningHub, tmp_path: Path) -> None:
    file = csv(tmp_path, HEADER + ROWS + "3,Giếng Sâu,rất sâu,1,108.33,15.88\n")
    report = json.loads(desk.run("publish", "wells", "--json", "--file", file))
    assert report["published"] == {"WellDrilled": 2}
    (refusal,) = report["refused"]
    assert (refusal["file"], refusal["row"], refusal["field"]) == ("list.csv", 4, "depthM")
    assert "rất sâu" in refusal["message"]


def test_a_refused_row_is_told_in_one_line(desk: RunningHub, tmp_path: Path) -> None:
    told = desk.run("publish", "wells", "--file", csv(tmp_path, HEADER + ROWS + ",Giếng Không Số,1,1,,\n"))
    (line,) = [line for line in told.splitlines() if line.startswith("refused: ")]
    assert "list.csv, row 4, field wellKey" in line


def test_a_shrunken_list_is_quarantined(desk: RunningHub, tmp_path: Path) -> None:
    many = "".join(f"{number},Giếng {number},10,1,108.33,15.88\n" for number in range(40))
    desk.run("publish", "wells", "--file", csv(tmp_path, HEADER + many))
    told = desk.run("publish", "wells", "--file", csv(tmp_path, HEADER + ROWS), expect=1)
    assert "quarantined, nothing published" in told


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "list.csv"),
        (HEADER + "1,a,b,c,d,e,f,g,h\n", "list.csv, row 2"),
        ("number,number,name\n1,2,3\n", "list.csv"),
        (HEADER + '1,"Giếng,42,1,2,3\n', "list.csv"),
        ("other,columns\n1,2\n", "list.csv, row 2, field wellKey: missing"),
    ],
    ids=["empty", "too many cells", "a name twice", "an open quote", "other columns"],
)
def test_a_broken_file_is_told_with_its_name(desk: RunningHub, tmp_path: Path, content: str, complaint: str) -> None:
    told = desk.run("publish", "wells", "--file", csv(tmp_path, content), expect=1)
    assert complaint in told


def test_a_workbook_that_is_none_is_told(desk: RunningHub, tmp_path: Path) -> None:
    told = desk.run("publish", "wells", "--file", csv(tmp_path, HEADER, name="list.xlsx"), expect=1)
    assert "list.xlsx" in told
    assert len(told.splitlines()) == 1


def test_a_file_of_no_known_kind_is_told_with_the_way_out(desk: RunningHub, tmp_path: Path) -> None:
    told = desk.run("publish", "wells", "--file", csv(tmp_path, HEADER, name="list.doc"), expect=1)
    assert "list.doc" in told
    assert "csv, excel, json" in told


def test_an_unknown_feed_names_the_known_ones(desk: RunningHub) -> None:
    told = desk.run("publish", "rivers", expect=1)
    assert "'rivers'" in told
    assert "water/wells" in told


def test_a_feed_without_its_registry_says_so(tmp_path: Path) -> None:
    told = RunningHub(tmp_path, TOWN).run("publish", "wells", expect=1)
    assert "unknown-schema" in told
    assert "WellDrilled" in told


@pytest.mark.parametrize("options", [["wells", "--all"], ["--dry-run"], ["--all", "--json"]])
def test_options_that_do_not_go_together_are_refused(desk: RunningHub, options: list[str]) -> None:
    desk.run("publish", *options, expect=2)


def test_what_was_published_while_nothing_ran_is_applied_later(desk: RunningHub) -> None:
    desk.run("publish", "wells")
    try:
        desk.start("--no-publish")
        desk.wait_until_ready()
        wait_for(lambda: desk.count("wells") == 4, what="wells")
    finally:
        desk.end()
