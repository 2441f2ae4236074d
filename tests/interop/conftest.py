"""Outside clients, each installed once below `build/`, and a schema registry they talk to."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.schema_registry.serving import served

BUILD = Path(__file__).parents[2] / "build" / "clients"
FRANZ = Path(__file__).parent / "franz"
PACKAGES = (
    "confluent-kafka[avro,schemaregistry]==2.16.0",
    "python-schema-registry-client==2.6.1",
    "kafka-python==3.0.12",
)
NODE_PACKAGES = (
    "@kafkajs/confluent-schema-registry@4.1.0",
    "@confluentinc/schemaregistry@1.10.1",
    "kafkajs@2.2.4",
)


@pytest.fixture(scope="session")
def registry_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a schema registry in two processes that anyone may write."""
    with served(tmp_path_factory.mktemp("registry"), workers=2) as address:
        yield address


@pytest.fixture(scope="session")
def guarded_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """Address, key id and secret of a schema registry that is written with keys only."""
    folder = tmp_path_factory.mktemp("guarded")
    with served(folder, workers=2, free_writes="key") as address:
        yield (address, *issued_key(folder))


@pytest.fixture(scope="session")
def clients_python() -> Path:
    """The interpreter of an environment with the Python clients."""
    python = BUILD / "bin" / "python"
    if not _is_ready(BUILD, PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", str(BUILD)], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        _mark_ready(BUILD, PACKAGES)
    return python


@pytest.fixture(scope="session")
def clients_node() -> Path:
    """The folder of the packages of node's clients."""
    folder = BUILD.with_name("clients-node")
    if not _is_ready(folder, NODE_PACKAGES):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", *NODE_PACKAGES], cwd=folder, check=True)
        _mark_ready(folder, NODE_PACKAGES)
    return folder / "node_modules"


@pytest.fixture(scope="session")
def franz_exchange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of franz-go's client that sends and reads."""
    program = tmp_path_factory.mktemp("franz") / "exchange"
    subprocess.run(["go", "build", "-o", str(program), "./exchange"], cwd=FRANZ, check=True, timeout=300)
    return program


def issued_key(folder: Path) -> tuple[str, str]:
    """Id and secret of a new key of the hub whose data are in `folder`."""
    command = ["key", "add", "--role", "administrator", "--organisation", "interop", "--holder", "tests"]
    outcome = subprocess.run(
        [sys.executable, "-m", "hub.cli", *command],
        env=os.environ | {"HUB_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    found = re.search(r"Secret of (\S+) \(.*\): (\S+)", outcome.stdout)
    assert found is not None, outcome.stdout
    return found[1], found[2]


def _is_ready(folder: Path, packages: Sequence[str]) -> bool:
    mark = folder / "ready"
    return mark.exists() and mark.read_text() == json.dumps(packages)


def _mark_ready(folder: Path, packages: Sequence[str]) -> None:
    (folder / "ready").write_text(json.dumps(packages))
