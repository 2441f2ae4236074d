"""franz-go's client registers, finds, checks and deletes through the schema registry."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow]
HERE = Path(__file__).parent


def test_franz_gos_client_works_whole(registry_url: str) -> None:
    outcome = subprocess.run(
        ["go", "run", ".", registry_url], cwd=HERE / "franz", capture_output=True, text=True, timeout=200, check=False
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert json.loads(outcome.stdout) == {
        "same": True,
        "versions": [1, 2],
        "refused": 409,
        "looked": 2,
        "latest": 2,
        "compatible": False,
        "text": True,
        "level": "FULL",
        "soft": [1, 2],
        "hard": [1, 2],
    }
