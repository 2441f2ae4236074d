"""Problems, methods, headers, operations."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from hub.api.problems import install_problem_handlers
from hub.registries.tables import checkpoints
from schemas.times import parse_instant
from tests.api.town import DAY, EPOCH, Town

RECORDS = "/api/v1/registries/sites/records"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/registries/nothing", 404),
        ("GET", "/api/v1/registries/nothing/records", 404),
        ("POST", RECORDS, 405),
        ("DELETE", f"{RECORDS}/a", 405),
        ("GET", f"{RECORDS}?x=1", 400),
        ("GET", "/?lang=fr", 400),
    ],
)
def test_every_error_is_a_problem_document(sites: Town, method: str, path: str, status: int) -> None:
    answer = sites.client.open(path, method=method)
    told = answer.get_json()
    assert (answer.status_code, answer.content_type, told["status"]) == (status, "application/problem+json", status)
    assert told["type"].startswith("urn:problem:")
    assert told["title"]
    assert told["detail"]


def test_405_says_what_is_allowed(sites: Town) -> None:
    assert sites.client.post(RECORDS).headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_mistake_of_ours_is_a_problem_without_its_text() -> None:
    app = Flask("test")
    install_problem_handlers(app)

    @app.get("/broken")
    def broken() -> Any:
        raise RuntimeError("a secret")

    answer = app.test_client().get("/broken")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal-error")
    assert "secret" not in answer.get_data(as_text=True)


def test_head_has_the_headers_and_no_body(sites: Town) -> None:
    answer = sites.client.head(f"{RECORDS}/a")
    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert answer.headers["ETag"] == sites.client.get(f"{RECORDS}/a").headers["ETag"]


def test_programs_of_other_origins_may_read(sites: Town) -> None:
    assert sites.client.get(RECORDS).headers["Access-Control-Allow-Origin"] == "*"
    assert sites.client.get(f"{RECORDS}?x=1").headers["Access-Control-Allow-Origin"] == "*"
    asked = sites.client.options(RECORDS)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Methods"]) == (200, "GET, HEAD, OPTIONS")


def test_pages_and_records_link_on(sites: Town) -> None:
    page = sites.client.get(f"{RECORDS}?limit=1&kind__ne=HOUSE")
    target = page.headers["Link"].split(">")[0][1:]
    following = sites.client.get(target.removeprefix("https://hub.example")).get_json()
    assert [one["key"] for one in following["records"]] == ["c"]
    assert sites.client.get(f"{RECORDS}/a").headers["Link"] == f'<https://hub.example{RECORDS}/a>; rel="canonical"'


def test_registries_tell_counts_freshness_and_both_languages(sites: Town) -> None:
    listed = sites.client.get("/api/v1/registries").get_json()["registries"]
    assert [one["registry"] for one in listed] == ["places", "sites"]
    told = listed[1]
    assert (told["records"], told["entry"], told["title"]) == (4, 4, {"vi": "Di tích", "en": "Sites"})
    assert told["links"]["records"] == f"https://hub.example{RECORDS}"


@pytest.mark.parametrize(("days", "word"), [(0, "fresh"), (3, "late"), (30, "stale")])
def test_freshness_is_measured_against_cadence_and_limit(sites: Town, days: int, word: str) -> None:
    heard = sites.client.get("/api/v1/registries/sites").get_json()["sources"][0]
    sites.now = parse_instant(heard["last_heard_at"]) + days * DAY
    assert sites.client.get("/api/v1/registries/sites").get_json()["freshness"] == word


def test_a_registry_without_tables_is_told_as_empty_and_its_records_are_not_ready(town: Town) -> None:
    (told,) = [
        one for one in town.client.get("/api/v1/registries").get_json()["registries"] if one["registry"] == "sites"
    ]
    assert (told["records"], told["freshness"]) == (0, "empty")
    assert town.refused("/records") == (503, "registry-not-ready")


def test_the_schema_tells_avro_and_open_fields(sites: Town) -> None:
    told = sites.get("/schema")
    names = [one["name"] for one in told["fields"]]
    assert ("name" in names, "note" in names) == (True, False)
    assert {one["type"]: one["operation"] for one in told["events"]}["SiteRenamed"] == "patch"
    assert told["events"][0]["avro"]["name"] == "SiteTold"
    price = next(one for one in told["fields"] if one["name"] == "price")
    assert (price["unit"], price["sortable"], "gte" in price["filters"]) == ("VND", True, True)


def _client(town: Town, **more: Any) -> Any:
    return town.app(**more).test_client()


def _ends(entries: int) -> Any:
    return lambda topics: {(topic, 0): entries if topic.startswith("culture") else 0 for topic in topics}


def test_the_hub_is_alive_and_ready_when_projections_keep_up(sites: Town) -> None:
    client = _client(sites, log_ends=_ends(4))
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json()["projections"] == [{"registry": "places", "reason": "not-begun"}]
    del sites.city.state.definitions["places"]
    assert client.get("/readyz").get_json() == {"status": "ready", "projections": []}


def test_not_ready_says_which_projection_lies_behind(sites: Town) -> None:
    with sites.engine.begin() as connection:
        connection.execute(checkpoints.update().values(updated_at=EPOCH))
    sites.now = EPOCH + 400 * 1_000_000
    behind = _client(sites, log_ends=_ends(10)).get("/readyz")
    assert behind.status_code == 503
    assert {"registry": "sites", "reason": "behind", "events": 6, "seconds": 400} in behind.get_json()["projections"]
    sites.now = EPOCH + 200 * 1_000_000
    trouble = _client(sites, log_ends=_ends(10)).get("/readyz").get_json()["projections"]
    assert "sites" not in [one["registry"] for one in trouble]


def test_not_ready_says_why_a_projection_stopped(sites: Town) -> None:
    with sites.engine.begin() as connection:
        connection.execute(checkpoints.update().values(stopped_reason="too many dead letters"))
    told = sites.client.get("/readyz").get_json()
    stopped = {"registry": "sites", "reason": "stopped", "because": "too many dead letters"}
    assert stopped in told["projections"]


def test_metrics_tell_registries_and_requests(sites: Town) -> None:
    client = _client(sites, log_ends=_ends(9))
    client.get(RECORDS)
    text = client.get("/metrics").get_data(as_text=True)
    assert 'hub_registry_records{registry="sites"} 4.0' in text
    assert 'hub_registry_lag_events{registry="sites"} 5.0' in text
    assert 'endpoint="native.records",method="GET",status="200"' in text
