"""In from Karapace and out to it: another registry judges what we read and what we write.

Karapace is on no package index. Where a checkout of it runs (6.2 was tried), KARAPACE names the command that starts
it, such as `/srv/karapace/bin/python -m karapace`; without it these tests are not collected (see conftest.py).
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shlex
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hub.log.kafka_compacted import create_compacted_topic
from hub.log.open import parse_kafka_address
from hub.schema_registry.transfer.contents import Contents
from hub.schema_registry.transfer.errors import RegistryRefused
from hub.schema_registry.transfer.importing import import_contents
from hub.schema_registry.transfer.places import Place, read_from, write_to
from ops.processes import free_ports
from tests.schema_registry.client import optional, record
from tests.schema_registry.moving import Town, opened_town

pytestmark = pytest.mark.kafka
_START_S = 60
_numbers = itertools.count(1)
OneMore = Callable[[str], str]


def ask(url: str, path: str, document: Any = None, method: str = "GET") -> tuple[int, Any]:
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url + path, data=body, method=method)
    request.add_header("Content-Type", "application/vnd.schemaregistry.v1+json")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


@pytest.fixture
def start(kafka: str, tmp_path: Path) -> Iterator[OneMore]:
    """Starts a Karapace of its own over a topic; its address."""
    with ExitStack() as stack:

        def started(topic: str) -> str:
            (port,) = free_ports(1, chooser=random.Random())
            settings = {"bootstrap_uri": kafka, "topic_name": topic, "group_id": topic, "port": str(port)}
            settings |= {"host": "127.0.0.1", "advertised_hostname": "127.0.0.1", "karapace_registry": "true"}
            settings |= {"log_level": "WARNING", "waiting_time_before_acting_as_master_ms": "10"}
            environment = os.environ | {f"KARAPACE_{name.upper()}": value for name, value in settings.items()}
            output = stack.enter_context((tmp_path / f"{topic}.txt").open("wb"))
            command = shlex.split(os.environ["KARAPACE"])
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
            stack.callback(_end, process)
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, tmp_path / f"{topic}.txt")
            return url

        yield started


def _wait(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, output.read_text(errors="replace")[-2000:]
        try:
            found = ask(url, "/_health")[1]["status"]
            if found["schema_registry_ready"] and found["schema_registry_is_primary"]:
                return
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(0.1)
    raise AssertionError(output.read_text(errors="replace")[-2000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(10)


@pytest.fixture
def topic(kafka: str) -> str:
    name = f"_schemas_karapace_{next(_numbers)}"
    create_compacted_topic(parse_kafka_address(f"kafka://{kafka}"), name)
    return name


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with opened_town(tmp_path / "town") as town:
        yield town


def fill_karapace(url: str) -> None:
    def register(subject: str, schema: Any, **members: Any) -> None:
        status, answer = ask(
            url, f"/subjects/{subject}/versions", {"schema": json.dumps(schema), **members}, method="POST"
        )
        assert status == 200, answer

    register("a", record("x", name="A"))
    register("a", record("x", optional("y"), name="A"))
    register("b%2Fc", "string")
    register("gone", "long")
    assert ask(url, "/subjects/gone", method="DELETE")[0] == 200
    assert ask(url, "/subjects/a/versions/1", method="DELETE")[0] == 200
    assert ask(url, "/config/a", {"compatibility": "FULL"}, method="PUT")[0] == 200


def as_told(contents: Contents) -> dict[tuple[str, int], tuple[int, bool]]:
    return {place: (one.id, one.deleted) for place, one in contents.versions.items()}


EXPECTED = {("a", 1): (1, True), ("a", 2): (2, False), ("b/c", 1): (3, False), ("gone", 1): (4, True)}


def test_what_karapace_holds_comes_in_over_its_api(start: OneMore, topic: str, town: Town) -> None:
    url = start(topic)
    fill_karapace(url)
    import_contents(town.store, read_from(Place(url)), actor="test")
    assert as_told(town.contents) == EXPECTED
    assert (town.contents.configs, town.contents.modes) == ({"a": '{"compatibilityLevel":"FULL"}'}, {})


def test_what_karapace_holds_comes_in_from_its_topic(start: OneMore, topic: str, kafka: str, town: Town) -> None:
    url = start(topic)
    fill_karapace(url)
    import_contents(town.store, read_from(Place(f"kafka://{kafka}/{topic}")), actor="test")
    over_api = read_from(Place(url))
    assert as_told(town.contents) == as_told(over_api) == EXPECTED
    assert town.contents.configs == over_api.configs


def test_karapace_starts_from_the_topic_we_wrote(start: OneMore, topic: str, kafka: str, town: Town) -> None:
    town.client.register("address", record("street", name="Address", namespace="town"))
    town.client.register("a", record("x", name="A"))
    town.client.register("a", record("x", optional("y"), name="A"))
    town.client.register("gone", '"long"')
    town.client.delete("/subjects/gone")
    town.client.delete("/subjects/a/versions/1")
    town.client.put("/config/a", {"compatibility": "FULL"})
    place = Place(f"kafka://{kafka}/{topic}")
    write_to(place, town.contents, parser=town.store.parser, force=False, progress=lambda done: None)
    url = start(topic)
    assert as_told(read_from(Place(url))) == as_told(town.contents)
    assert sorted(ask(url, "/subjects")[1]) == ["a", "address"]
    assert ask(url, "/config/a")[1] == {"compatibilityLevel": "FULL"}
    assert ask(url, "/schemas/ids/3")[1]["schema"] == json.dumps(
        json.loads(town.client.get("/schemas/ids/3").json["schema"]), sort_keys=True, separators=(",", ":")
    )
    status, answer = ask(url, "/subjects/new/versions", {"schema": '"float"'}, method="POST")
    assert (status, answer) == (200, {"id": 5})


def test_karapace_takes_no_ids_over_its_api_and_the_way_out_is_told(start: OneMore, topic: str, town: Town) -> None:
    town.client.register("ours", '"int"')
    place = Place(start(topic))
    with pytest.raises(RegistryRefused, match=r"knows no IMPORT mode.*--to kafka://HOST:PORT/_schemas"):
        write_to(place, town.contents, parser=town.store.parser, force=False, progress=lambda done: None)
