"""A fresh registry of sites for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.town import Town, filled


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """An empty registry of sites."""
    return Town(tmp_path)


@pytest.fixture
def sites(town: Town) -> Town:
    """The four sites a, b, c, d."""
    return filled(town)
