"""Proposals on Kafka and PostgreSQL, decided through another server process than the one they were made at."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.kafka.cluster import KafkaCluster
from tests.end_to_end.conftest import TOWN
from tests.end_to_end.running import HUEHUB, ROOT, RunningHub, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]
DRILLED = "org.example.wells.WellDrilled"
BECAUSE = {"reason": "A test."}


@contextmanager
def serving(hub: RunningHub, *command: str) -> Iterator[RunningHub]:
    """A hub of which `command` runs alone."""
    hub.folder.mkdir(parents=True, exist_ok=True)
    try:
        with hub.output_file.open("wb") as output:
            hub.process = subprocess.Popen(
                [*HUEHUB, *command], cwd=ROOT, env=hub.environment, stdout=output, stderr=subprocess.STDOUT
            )
        yield hub
    finally:
        hub.end()


def issued(hub: RunningHub, role: str, organisation: str) -> dict[str, str]:
    """The header that shows a new key."""
    told = hub.run("key", "add", "--role", role, "--organisation", organisation, "--holder", role)
    found = re.search(r"\(shown once\): (\S+)", told)
    assert found is not None, told
    return {"Authorization": f"Bearer {found[1]}"}


def ask(hub: RunningHub, path: str, document: Any, key: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{hub.url}/governance/v1/proposals{path}", json=document, headers=key, timeout=120)


def proposal(hub: RunningHub, number: int) -> Any:
    return hub.get(f"/governance/v1/proposals/{number}")


def with_purpose() -> str:
    return (ROOT / "examples" / "wells-next" / "WellDrilled.avsc").read_text(encoding="utf-8")


def test_a_proposal_made_at_one_server_is_decided_at_another_and_waits_for_a_log_that_is_away(
    kafka_node: KafkaCluster, postgres_url: str, tmp_path: Path
) -> None:
    settings = {**TOWN, "HUB_LOG": f"kafka://{kafka_node.bootstrap}", "HUB_DATABASE": postgres_url}
    first, second = RunningHub(tmp_path / "first", settings), RunningHub(tmp_path / "second", settings)
    try:
        first.start()
        first.wait_until_ready(timeout_s=120)
        first.wait_until_published()
        with serving(second, "serve"):
            second.wait_until_ready(timeout_s=120)
            producer, steward = issued(first, "producer", "W1"), issued(first, "steward", "W1")
            wanted = {"kind": "define", "registry": "wells", "schemas": [with_purpose()], **BECAUSE}
            made = ask(first, "", wanted, producer)
            assert made.status_code == 201, made.text
            number = made.json()["proposal"]
            wait_for(lambda: proposal(second, number)["rehearsal"], what="rehearsal")
            review = ask(second, f"/{number}/reviews", {"verdict": "approve", **BECAUSE}, steward)
            assert review.status_code == 201, review.text
            assert [one["verdict"] for one in proposal(first, number)["reviews"]] == ["approve"]
            kafka_node.stop()
            away = ask(second, f"/{number}/approval", BECAUSE, steward)
            assert (away.status_code, away.headers["Retry-After"], away.json()["code"]) == (503, "1", "log-unavailable")
            kafka_node.start()
            answer = wait_for(lambda: approved(second, number, steward), what="approval")
            assert answer is not None
            assert answer.status_code == 200, answer.text
            wait_for(lambda: proposal(first, number)["status"] == "approved", what="approved at both")
            for hub in (first, second):
                assert hub.get(f"/schema-registry/subjects/{DRILLED}/versions") == [1, 2]
            changes = first.get("/governance/v1/changes", limit=1000)["changes"]
            assert [one["kind"] for one in changes].count("proposal-approved") == 1
            wait_for(lambda: "usedFor" in first.get("/api/v1/registries/wells/records/1")["record"], what="raised")
    finally:
        first.end()


def approved(hub: RunningHub, number: int, key: dict[str, str]) -> httpx.Response | None:
    """The answer to an approval; None where it is to be asked again."""
    answer = ask(hub, f"/{number}/approval", BECAUSE, key)
    return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer
