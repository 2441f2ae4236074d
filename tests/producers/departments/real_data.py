"""Where the tests find the real data, and what happens to them without it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest


def find_real_data(folder: Path, environment: Mapping[str, str]) -> Path:
    """`folder`; where it is absent, the test fails with CI set in `environment`, and is skipped else."""
    if folder.is_dir():
        return folder
    if environment.get("CI"):
        pytest.fail(f"CI is set and the real data is not at {folder.name}: these tests must not be left out silently")
    pytest.skip("the folder of real data is absent")
