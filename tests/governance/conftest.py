"""A town with a desk on an embedded log and a SQLite database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hub.log.interface import Log
from hub.log.open import open_log
from tests.governance.office import Office
from tests.governance.town import Town
from tests.workload import found_city


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def town(log: Log, tmp_path: Path) -> Town:
    return Town(found_city(log, tmp_path))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The same city behind the whole web application."""
    with ExitStack() as parts:
        yield Office(tmp_path, parts)
