"""Every error a person meets at the terminal is one line that names what is wrong, and an exit code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.running import HUEHUB, ROOT, RunningHub

AGAIN = 75  # EX_TEMPFAIL: repeating can help

WATER = ("--organisation", "W1", "--name-vi", "Phòng", "--name-en", "Water Office", "--contact", "w@example.org")


@pytest.fixture
def desk(tmp_path: Path) -> RunningHub:
    return RunningHub(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "complaint", "code"),
    [
        ("HUB_COLOUR", "red", "HUB_COLOUR is no setting; known are HUB_BASE_URL", 1),
        ("HUB_PORT", "high", "HUB_PORT='high' is not a whole number", 1),
        ("HUB_PORT", "99999", "HUB_PORT=99999 is no port", 1),
        ("HUB_LOG_LEVEL", "LOUD", "HUB_LOG_LEVEL='LOUD' is not one of DEBUG, INFO", 1),
        ("HUB_TIME_ZONE", "Asia/Hue", "HUB_TIME_ZONE='Asia/Hue' is no time zone", 1),
        ("HUB_WORKERS", "0", "HUB_WORKERS=0 is not 1 or more", 1),
        ("HUB_SCHEMAS_DIR", "/nonexistent", "HUB_SCHEMAS_DIR=/nonexistent is no folder", 1),
        ("HUB_DATA_DIR", "/proc/none", "HUB_DATA_DIR=/proc/none cannot be made", 1),
        ("HUB_LOG", "redis://x", "'redis://x' is no log", 1),
        ("HUB_LOG", "kafka://127.0.0.1:1", "log-unavailable", AGAIN),
        ("HUB_DATABASE", "oracledb://x", "bad-database-address", 1),
        ("HUB_DATABASE", "postgresql+psycopg://127.0.0.1:1/x", "database-unavailable", AGAIN),
    ],
)
def test_a_wrong_setting_is_told(desk: RunningHub, name: str, value: str, complaint: str, code: int) -> None:
    told = desk.run("status", expect=code, settings={name: value})
    assert complaint in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint", "code"),
    [
        (["rebuild", "rivers"], "the control log defines no registry 'rivers'", AGAIN),
        (["dead-letters", "show", "a.b.v1:0:0"], "no dead letter stands at a.b.v1:0:0", 1),
        (["dead-letters", "show", "here"], "'here' is not topic:partition:offset", 2),
        (["dead-letters", "retry"], "name one position, or --registry", 2),
        (["department", "token", "nobody"], "there is no department 'nobody'", 1),
        (["registry", "apply", "tests"], "tests holds no registries/*.yaml", 1),
        (["lint", "tests"], "tests holds no registries/*.yaml", 1),
        (["registry", "apply", "examples/wells"], "names the unknown department 'water': add it first", 1),
        (["fly"], "No such command 'fly'", 2),
    ],
)
def test_what_cannot_be_done_is_told(desk: RunningHub, arguments: list[str], complaint: str, code: int) -> None:
    assert complaint in desk.run(*arguments, expect=code)


def test_a_schema_without_labels_is_refused_by_lint_and_apply(desk: RunningHub, tmp_path: Path) -> None:
    folder = tmp_path / "wells"
    for file in (ROOT / "examples/wells").rglob("*.*"):
        copy = folder / file.relative_to(ROOT / "examples/wells")
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8")
        copy.write_text(text.replace('"label": {"vi": "Độ sâu", "en": "Depth"}, ', ""), encoding="utf-8")
    assert "org.example.wells.WellDrilled.depthM: label-missing" in desk.run("lint", str(folder), expect=1)
    desk.run("department", "add", "water", *WATER)
    told = desk.run("registry", "apply", str(folder), "--approve", "a test", expect=1)
    assert "org.example.wells.WellDrilled.depthM: label-missing" in told
    assert "nothing was applied" in told


def test_the_exit_code_reaches_the_shell(desk: RunningHub) -> None:
    ended = subprocess.run(
        [*HUEHUB, "lint", "tests"], cwd=ROOT, env=desk.environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "Error: tests holds no registries/*.yaml\n"
