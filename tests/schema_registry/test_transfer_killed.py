"""An import that is killed with SIGKILL is finished by a repeat, with one id for each content."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from hub.schema_registry.transfer.contents import Contents, MovedVersion
from hub.schema_registry.transfer.lines import FILE_NAME, write_lines
from schemas.stored_text import Content

VERSIONS = 4000


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"HUB_DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "hub.cli", "schema", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def count_events(folder: Path) -> int:
    try:
        with create_engine(f"sqlite:///file:{folder}/registries.sqlite?mode=ro&uri=true").connect() as connection:
            return connection.execute(text("SELECT count(*) FROM control_events")).scalar() or 0
    except OperationalError:
        return 0


@pytest.mark.slow
def test_a_repeat_after_a_kill_finishes_the_import(tmp_path: Path) -> None:
    contents = Contents()
    for number in range(1, VERSIONS + 1):
        schema = f'{{"type":"record","name":"R{number}","fields":[]}}'
        contents.add_version(MovedVersion(f"s{number}", 1, number, Content(schema), deleted=number % 7 == 0))
    write_lines(tmp_path / "all.ndjson", contents)
    hub = tmp_path / "hub"
    killed = start(hub, "import", "--from", str(tmp_path / "all.ndjson"))
    deadline = time.monotonic() + 60
    while count_events(hub) == 0 and time.monotonic() < deadline:
        assert killed.poll() is None, killed.communicate()[1].decode()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert 0 < count_events(hub) < VERSIONS
    repeated = start(hub, "import", "--from", str(tmp_path / "all.ndjson"))
    told = b"".join(repeated.communicate(timeout=120)).decode()
    assert repeated.returncode == 0, told
    start(hub, "export", "--to", str(tmp_path)).communicate(timeout=60)
    assert (tmp_path / FILE_NAME).read_bytes() == (tmp_path / "all.ndjson").read_bytes()
