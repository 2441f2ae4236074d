"""50 clients at once through four server processes on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.schema_registry.client import optional, record
from tests.schema_registry.serving import served

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
CLIENTS, ROUNDS = 50, 4


@pytest.fixture
def url(tmp_path: Path, postgres_url: str) -> Iterator[str]:
    with served(tmp_path, workers=4, database=postgres_url) as address:
        yield address


def test_ids_are_unique_gapless_and_one_per_content_and_no_update_is_lost(url: str) -> None:
    def register(client: httpx.Client, subject: str, schema: Any) -> tuple[int, Any]:
        found = client.post(f"{url}/subjects/{subject}/versions", json={"schema": json.dumps(schema)})
        return found.status_code, found.json()

    def run(number: int) -> list[tuple[int, Any]]:
        with httpx.Client(timeout=120) as client:
            return [
                answer
                for step in range(ROUNDS)
                for answer in (
                    register(client, f"own-{number}-{step}", record(f"own{number}x{step}")),
                    register(client, f"equal-{step}", record(f"equal{step}")),
                    register(client, "contended", record(optional(f"field{number}x{step}"))),
                )
            ]

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [answer for found in pool.map(run, range(CLIENTS)) for answer in found]
    assert {status for status, _ in answers} == {200}
    stored = httpx.get(f"{url}/schemas", params={"limit": 1000}).json()
    by_id: dict[int, set[str]] = {}
    for one in stored:
        by_id.setdefault(one["id"], set()).add(one["schema"])
    assert sorted(by_id) == list(range(1, 2 * CLIENTS * ROUNDS + ROUNDS + 1))
    assert all(len(texts) == 1 for texts in by_id.values())
    assert httpx.get(f"{url}/subjects/contended/versions").json() == list(range(1, CLIENTS * ROUNDS + 1))
    assert [httpx.get(f"{url}/subjects/equal-{step}/versions").json() for step in range(ROUNDS)] == [[1]] * ROUNDS
    answered = {body["id"]: json.loads(body["schema"]) for _, body in answers}
    assert {number: json.loads(*texts) for number, texts in by_id.items()} == answered
