"""Fixtures of the producers' tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.log.interface import Log
from hub.log.open import open_log
from producers.catalogue import ControlCatalogue
from producers.outbox import Outbox
from tests.producers.departments.real_data import find_real_data
from tests.producers.places_registry import TOPIC, places_state


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path / "outbox.sqlite")
    yield box
    box.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(f"sqlite:///{tmp_path}/log.sqlite")
    opened.create_topic(TOPIC, 1)
    yield opened
    opened.close()


@pytest.fixture
def catalogue() -> ControlCatalogue:
    state = places_state()
    return ControlCatalogue(lambda: state)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data. Where it is absent the test is skipped, and with CI set it fails."""
    return find_real_data(Path(__file__).resolve().parents[3] / "shared" / "data", os.environ)
