"""Hubs of real processes: a small town of the tutorial's wells, and the packaged city."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.running import NOWHERE, ROOT, WELLS, RunningHub

TOWN = {
    "HUB_SCHEMAS_DIR": str(WELLS),
    "HUB_DEPARTMENTS_DIR": str(WELLS / "departments"),
    "HUB_SHARED_DATA": str(WELLS / "data"),
    "HUB_PLACE": "hoian",
    "HUB_TITLE_VI": "Dữ liệu Hội An",
    "HUB_TITLE_EN": "Hoi An Data",
}


@contextmanager
def started(hub: RunningHub, *options: str) -> Iterator[RunningHub]:
    """`hub`, running and ready, and ended afterwards."""
    try:
        hub.start(*options)
        hub.wait_until_ready()
        yield hub
    finally:
        hub.end()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """Another city: one department, one registry, four wells from its own CSV. For tests that only add to it."""
    with started(RunningHub(tmp_path_factory.mktemp("town"), TOWN)) as hub:
        hub.wait_until_published()
        yield hub


@pytest.fixture
def small_town(tmp_path: Path) -> Iterator[RunningHub]:
    """The same, for one test, and without its feed."""
    with started(RunningHub(tmp_path, TOWN), "--no-publish") as hub:
        yield hub


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data. A clone without it skips, the machine that decides what lands does not."""
    folder = (ROOT / "../shared/data").resolve()
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is absent: without it nothing is shown of the real data")
        pytest.skip("../shared/data is not here")
    return folder


__all__ = ["NOWHERE", "TOWN", "started"]
