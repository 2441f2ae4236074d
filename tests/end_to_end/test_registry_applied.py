"""A registry that is applied while the hub runs works at once, in every process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.end_to_end.conftest import started
from tests.end_to_end.running import WELLS, RunningHub

WATER = ("--name-vi", "Phòng Nước sạch", "--name-en", "Water Office", "--contact", "water@example.org")
SOURCE = "urn:hue:W1:well-register"
TOPIC = "water.wells.v1"


@pytest.fixture(scope="module")
def token(city: RunningHub) -> str:
    """The Water Office's token; its registry is applied beside the running hub."""
    told = city.run("department", "add", "water", "--organisation", "W1", *WATER)
    city.run("registry", "apply", str(WELLS), "--approve", "a test")
    return told.split("(shown once): ")[1].split()[0]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """The packaged city without data, with two workers: what is applied must reach both."""
    hub = RunningHub(tmp_path_factory.mktemp("city"), {"HUB_WORKERS": "2"})
    with started(hub, "--no-publish"):
        yield hub


def well(number: int, **fields: Any) -> dict[str, Any]:
    """The posted event that well `number` was drilled."""
    return {
        "specversion": "1.0",
        "id": f"well-{number}",
        "source": SOURCE,
        "type": "WellDrilled",
        "subject": str(number),
        "time": "2026-01-05T00:00:00Z",
        "sequence": str(number),
        "data": {"wellKey": str(number), "name": f"Giếng {number}", "depthM": 10.5, **fields},
    }


def post(city: RunningHub, token: str, event: dict[str, Any], topic: str = TOPIC) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
    return httpx.post(f"{city.url}/topics/{topic}", json=event, headers=headers, timeout=60)


def test_an_event_posted_with_the_token_is_read_and_its_fate_told(city: RunningHub, token: str) -> None:
    answer = post(city, token, well(1))
    assert answer.status_code == 202, answer.text
    fate = city.get(answer.headers["Location"], wait=30)
    assert (fate["state"], fate["registry"], fate["entry"]) == ("applied", "wells", 1)
    assert city.get("/api/v1/registries/wells/records/1")["record"]["name"] == "Giếng 1"
    assert city.get("/readyz")["status"] == "ready"


def test_a_waiting_reader_is_told_of_it(city: RunningHub, token: str) -> None:
    since = city.get("/api/v1/registries/wells/changes", since=0)["next_since"]
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(city.get, "/api/v1/registries/wells/changes", since=since, wait=40)
        assert post(city, token, well(2)).status_code == 202
        (change,) = waiting.result(60)["changes"]
    assert (change["kind"], change["key"]) == ("created", "2")


def test_the_front_page_shows_it(city: RunningHub, token: str) -> None:
    page = httpx.get(city.url + "/", params={"lang": "en"}).text
    assert re.search(r"<h\d[^>]*>.*Wells", page, re.DOTALL)
    assert "Water Office" in page


def test_every_worker_serves_it(city: RunningHub, token: str) -> None:
    for _ in range(12):
        with httpx.Client() as connection:
            assert connection.get(f"{city.url}/api/v1/registries/wells").status_code == 200


def test_a_field_that_breaks_the_schema_is_named(city: RunningHub, token: str) -> None:
    answer = post(city, token, well(3, depthM="sâu"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "data.depthM"


def test_another_departments_topic_is_refused(city: RunningHub, token: str) -> None:
    assert post(city, token, well(3), topic="sovhtt.festivals.v1").status_code == 403


def test_a_wrong_token_is_refused(city: RunningHub, token: str) -> None:
    assert post(city, "wrong", well(3)).status_code == 401


def test_the_same_folder_again_changes_nothing(city: RunningHub, token: str) -> None:
    before = city.get("/api/v1/registries/wells")
    city.run("registry", "apply", str(WELLS), "--approve", "a test")
    after = city.get("/api/v1/registries/wells")
    assert (after["definition_version"], after["entry"]) == (1, before["entry"])
