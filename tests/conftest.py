"""Fixtures every test may ask for."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["tests.servers"]


@pytest.fixture(scope="session")
def proof() -> bool:
    """Whether the full counts of kills and random histories are asked for (`make proof`)."""
    return bool(os.environ.get("HUB_PROOF"))
