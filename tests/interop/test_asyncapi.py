"""AsyncAPI's own parser reads our document, and finds what was broken in it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.asyncapi import asyncapi_document
from tests.contracts_odcs.examples import DEFINITIONS, hub_facts

pytestmark = [pytest.mark.slow]
HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "build" / "asyncapi"
PACKAGES = ("@asyncapi/parser@3.6.3", "@asyncapi/avro-schema-parser@3.0.24")


@pytest.fixture(scope="module")
def packages() -> Path:
    """The folder of the parser's packages, installed once."""
    mark = FOLDER / "ready"
    if not mark.exists() or mark.read_text() != json.dumps(PACKAGES):
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", *PACKAGES], cwd=FOLDER, check=True)
        mark.write_text(json.dumps(PACKAGES))
    return FOLDER / "node_modules"


def parse(packages: Path, folder: Path, *documents: dict[str, Any]) -> list[dict[str, Any]]:
    """What the parser makes of each document."""
    files = [folder / f"{index}.json" for index in range(len(documents))]
    for file, document in zip(files, documents, strict=True):
        file.write_text(json.dumps(document), encoding="utf-8")
    outcome = subprocess.run(
        ["node", str(HERE / "asyncapi_parse.js"), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=os.environ | {"NODE_PATH": str(packages)},
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    told: list[dict[str, Any]] = json.loads(outcome.stdout.splitlines()[-1])
    return told


def whole(**options: Any) -> dict[str, Any]:
    """The document of a hub with every packaged registry."""
    return asyncapi_document(hub_facts(*DEFINITIONS.values(), **options))


def test_the_document_is_valid_on_kafka_and_on_the_embedded_log(packages: Path, tmp_path: Path) -> None:
    documents = [whole(), whole(log_servers=("a:9092", "b:9092"), log_security="sasl-tls")]
    embedded, kafka = parse(packages, tmp_path, *documents)
    topics = sorted(topic for one in DEFINITIONS.values() for topic in one.topics)
    events = sum(len(one.events) for one in DEFINITIONS.values())
    assert (embedded["errors"], kafka["errors"]) == ([], [])
    assert embedded["channels"] == [f"/topics/{topic}" for topic in topics]
    assert kafka["channels"] == sorted([*topics, *embedded["channels"]])
    assert set(embedded["actions"]) == {"send"}
    assert set(kafka["actions"]) == {"send", "receive"}
    assert (embedded["messages"], kafka["messages"]) == (events, events)


def _field_type(document: dict[str, Any]) -> None:
    message = document["components"]["messages"]["rainfall.RainfallObserved"]
    message["payload"]["schema"]["fields"][0]["type"] = "text"


def _binding(document: dict[str, Any]) -> None:
    document["components"]["messages"]["rainfall.RainfallObserved"]["bindings"]["kafka"]["key"] = "gaugeKey"


def _reference(document: dict[str, Any]) -> None:
    document["channels"]["kttv.rainfall.v1"]["messages"]["RainfallObserved"]["$ref"] += "1"


def _action(document: dict[str, Any]) -> None:
    document["operations"]["send.kttv.rainfall.v1"]["action"] = "publish"


SPOILS: list[Callable[[dict[str, Any]], None]] = [_field_type, _binding, _reference, _action]


def test_the_parser_does_find_what_is_wrong(packages: Path, tmp_path: Path) -> None:
    documents = []
    for spoil in SPOILS:
        rain = asyncapi_document(hub_facts(DEFINITIONS["rainfall"], log_servers=("a:9092",)))
        document = json.loads(json.dumps(rain))
        spoil(document)
        documents.append(document)
    assert [bool(one["errors"]) for one in parse(packages, tmp_path, *documents)] == [True] * len(SPOILS)
