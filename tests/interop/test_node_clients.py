"""Node's clients register, encode and decode through the schema registry."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow]
HERE = Path(__file__).parent


def run(packages: Path, script: str, url: str) -> Any:
    outcome = subprocess.run(
        ["node", str(HERE / script), url],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=os.environ | {"NODE_PATH": str(packages)},
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    return json.loads(outcome.stdout.splitlines()[-1])


def test_the_client_of_kafkajs_registers_encodes_and_decodes(clients_node: Path, registry_url: str) -> None:
    assert run(clients_node, "kafkajs_registry.js", registry_url) == {
        "same": True,
        "wire": True,
        "read": {"name": "a", "mail": "a@b"},
        "latest": True,
        "found": True,
        "refused": 409,
    }


def test_confluents_client_for_node_serializes_and_deserializes(clients_node: Path, registry_url: str) -> None:
    assert run(clients_node, "confluent_registry.js", registry_url) == {
        "read": {"name": "a", "mail": "a@b"},
        "versions": [1, 2],
        "latest": 2,
        "found": True,
        "compatible": False,
        "deleted": [1, 2],
    }
