"""Python's clients produce and consume through the schema registry and a real broker."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow]
HERE = Path(__file__).parent


def run(python: Path, script: str, *arguments: str) -> Any:
    outcome = subprocess.run(
        [python, str(HERE / script), *arguments], capture_output=True, text=True, timeout=200, check=False
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    return json.loads(outcome.stdout.splitlines()[-1])


@pytest.mark.kafka
def test_confluents_client_evolves_a_schema_over_three_versions(
    clients_python: Path, registry_url: str, kafka: str
) -> None:
    found = run(clients_python, "confluent_python.py", registry_url, kafka, "users")
    assert found["first"] == [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    assert found["last"] == [
        {"name": "a", "mail": "none", "tier": None},
        {"name": "b", "mail": "b@c", "tier": None},
        {"name": "c", "mail": "c@c", "tier": 3},
    ]
    assert (found["versions"], found["latest"][0], found["looked_up"]) == ([1, 2, 3], 3, 2)
    assert (found["compatible"], found["refused"]) == ([True, False], [409, 409])
    assert (found["level"], found["by_id"], found["subject"]) == (["FULL", "FULL"], "User", True)
    assert found["deleted"] == [1, [2, 3], [1, 2, 3]]


def test_the_communitys_client_works_whole(clients_python: Path, registry_url: str) -> None:
    found = run(clients_python, "community_python.py", registry_url)
    assert found == {
        "again": True,
        "read": {"code": "w1", "depth": 7},
        "versions": [1, 2],
        "latest": 2,
        "compatible": True,
        "level": "FULL",
        "subjects": True,
        "checked": 1,
        "deleted": [1, 2],
    }


def test_confluents_client_writes_with_the_latest_by_lookup_by_header_and_by_association(
    clients_python: Path, registry_url: str
) -> None:
    found = run(clients_python, "confluent_modes.py", registry_url, "modes")
    assert found["latest"] == [True, {"name": "a", "mail": "m"}]
    assert found["lookup"] == [True, [404, 40403], [1]]
    assert found["header"] == ["__value_schema_id", 17, "106162636465666768", {"name": "abcdefgh"}]
    assert found["association"] == [{"name": "a"}, [1, 2], False]
