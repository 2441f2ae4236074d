"""Contracts over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from flask.testing import FlaskClient

from hub.app import create_app
from hub.contracts.routes import KeptTexts
from hub.settings import read_settings
from hub.wiring import opened_hub, seed
from tests.contracts_odcs.examples import hub_facts
from tests.end_to_end.running import WELLS

CONTRACT = "/governance/v1/registries/wells/contract"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client of a hub with the registry of wells."""
    settings = read_settings({
        "HUB_DATA_DIR": str(tmp_path_factory.mktemp("hub")),
        "HUB_SCHEMAS_DIR": str(WELLS),
        "HUB_DEPARTMENTS_DIR": str(WELLS / "departments"),
        "HUB_BASE_URL": "https://hub.example.org/",
    })  # fmt: skip
    with opened_hub(settings) as hub:
        seed(hub)
        yield create_app(hub).test_client()


def test_the_contract_is_yaml_unless_json_is_asked(client: FlaskClient) -> None:
    plain, asked = client.get(CONTRACT), client.get(CONTRACT, headers={"Accept": "application/json"})
    assert (plain.content_type, asked.content_type) == ("application/yaml", "application/json")
    assert yaml.safe_load(plain.text) == asked.json
    assert asked.json is not None and asked.json["dataProduct"] == "wells"


def test_an_unknown_registry_is_a_problem_that_names_those_there_are(client: FlaskClient) -> None:
    answer = client.get("/governance/v1/registries/springs/contract")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json is not None
    assert (answer.json["code"], answer.json["known"]) == ("unknown-registry", ["wells"])


@pytest.mark.parametrize("path", [CONTRACT, "/asyncapi.json"])
def test_who_has_it_already_is_told_so(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    other = client.get(path, headers={"If-None-Match": '"other"'})
    assert (again.status_code, again.data, other.status_code) == (304, b"", 200)


@pytest.mark.parametrize("path", [CONTRACT, "/asyncapi.json"])
def test_programs_of_other_origins_may_read(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Access-Control-Allow-Origin"] == "*"
    assert "If-None-Match" in client.options(path).headers["Access-Control-Allow-Headers"]


def test_asyncapi_tells_the_topics_at_the_public_address(client: FlaskClient) -> None:
    document = client.get("/asyncapi.json").json
    assert document is not None
    assert document["servers"]["intake"]["host"] == "hub.example.org"
    assert list(document["channels"]) == ["intake.water.wells.v1"]


def test_a_text_is_written_anew_when_the_control_log_goes_on() -> None:
    texts, facts = KeptTexts(), hub_facts()
    assert texts.get(("wells", "yaml"), facts, lambda: "first") == "first"
    assert texts.get(("wells", "yaml"), facts, lambda: "second") == "first"
    facts.state.offset += 1
    assert texts.get(("wells", "yaml"), facts, lambda: "third") == "third"
