"""What a running hub tells those who run it."""

from __future__ import annotations

import json

import httpx

from tests.end_to_end.running import RunningHub


def test_it_is_healthy_and_ready(town: RunningHub) -> None:
    assert town.get("/healthz") == {"status": "ok"}
    assert town.get("/readyz") == {"status": "ready", "projections": []}


def test_its_metrics_count_records_entries_and_lag(town: RunningHub) -> None:
    lines = httpx.get(town.url + "/metrics").text.splitlines()
    for gauge in ("records", "entries"):
        assert f'hub_registry_{gauge}{{registry="wells"}} 4.0' in lines
    for gauge in ("lag_events", "dead_letters", "missing_sequences"):
        assert f'hub_registry_{gauge}{{registry="wells"}} 0.0' in lines


def test_its_metrics_count_requests(town: RunningHub) -> None:
    town.get("/api/v1/registries")
    text = httpx.get(town.url + "/metrics").text
    assert 'hub_requests_total{endpoint="native.registries",method="GET",status="200"' in text


def test_status_tells_positions_sources_and_freshness(town: RunningHub) -> None:
    (wells,) = json.loads(town.run("status", "--json"))
    assert (wells["registry"], wells["records"], wells["entries"], wells["lag"]) == ("wells", 4, 4, 0)
    assert wells["partitions"] == [{"partition": "water.wells.v1:0", "end": 4, "applied": 4}]
    assert wells["sources"][0]["source"] == "urn:hoian:W1:well-register"
    assert wells["freshness"] == "fresh"


def test_status_is_a_table_for_people(town: RunningHub) -> None:
    told = town.run("status")
    assert "wells" in told
    assert "urn:hoian:W1:well-register" in told


def test_a_rebuild_beside_a_running_hub_has_equal_hashes(town: RunningHub) -> None:
    assert "(equal)" in town.run("rebuild", "wells")
    assert town.count("wells") == 4


def test_what_is_not_there_is_a_problem_document(town: RunningHub) -> None:
    found = town.get("/api/v1/registries/rivers", status=404)
    assert found["status"] == 404
    assert "rivers" in found["detail"]
