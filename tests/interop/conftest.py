"""Outside clients, each installed once below `build/`, and a schema registry they talk to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.schema_registry.serving import served

BUILD = Path(__file__).parents[2] / "build" / "clients"
PACKAGES = ("confluent-kafka[avro,schemaregistry]==2.16.0", "python-schema-registry-client==2.6.1")
NODE_PACKAGES = ("@kafkajs/confluent-schema-registry@4.1.0", "@confluentinc/schemaregistry@1.10.1")


@pytest.fixture(scope="session")
def registry_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a schema registry in two processes."""
    with served(tmp_path_factory.mktemp("registry"), workers=2) as address:
        yield address


@pytest.fixture(scope="session")
def clients_python() -> Path:
    """The interpreter of an environment with the Python clients."""
    python = BUILD / "bin" / "python"
    if not (BUILD / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(BUILD)], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        (BUILD / "ready").touch()
    return python


@pytest.fixture(scope="session")
def clients_node() -> Path:
    """The folder of the packages of node's clients."""
    folder = BUILD.with_name("clients-node")
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", *NODE_PACKAGES], cwd=folder, check=True)
        (folder / "ready").touch()
    return folder / "node_modules"
