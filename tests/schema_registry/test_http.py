"""Forms of requests and answers that existing clients count on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.schema_registry.store import SchemaStore
from tests.schema_registry.client import RegistryClient, client_of, record

V1 = record("name")


def test_the_probe_for_associations_finds_none(client: RegistryClient) -> None:
    found = client.get("/associations/resources/-/users?resourceType=topic&associationType=value")
    assert (found.status, found.json) == (200, [])


def test_an_unknown_path_and_a_wrong_method_are_answered_in_json(client: RegistryClient) -> None:
    assert client.get("/nothing").error == (404, 404)
    assert client.ask("PUT", "/subjects").error == (405, 405)


def test_the_health_probe_is_an_empty_object(client: RegistryClient) -> None:
    assert client.get("/").json == {}
    assert client.get("").json == {}


def test_nothing_is_redirected_for_a_slash_at_the_end(client: RegistryClient) -> None:
    client.register("a", V1)
    assert client.get("/subjects/").status == 200
    assert client.get("/subjects/a/versions/").json == [1]


def test_answers_are_not_to_be_stored(client: RegistryClient) -> None:
    headers = client.get("/subjects").headers
    assert headers["Cache-Control"] == "no-cache, no-store, must-revalidate"
    assert headers["X-XSS-Protection"] == "1; mode=block"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "application/vnd.schemaregistry.v1+json"),
        ("*/*", "application/vnd.schemaregistry.v1+json"),
        ("application/json", "application/json"),
        ("application/vnd.schemaregistry+json; q=0.9, application/json; q=0.5", "application/vnd.schemaregistry+json"),
    ],
)
def test_the_answer_has_the_type_the_client_takes(client: RegistryClient, accept: str, content_type: str) -> None:
    assert client.get("/subjects", Accept=accept).headers["Content-Type"] == content_type


def test_a_client_that_takes_none_of_our_types_is_told(client: RegistryClient) -> None:
    assert client.get("/subjects", Accept="text/html").error == (406, 406)


def test_a_body_that_is_no_json_is_the_clients_fault(client: RegistryClient) -> None:
    assert client.ask("POST", "/subjects/a/versions", ["x"]).error == (400, 400)


def test_without_a_key_free_subjects_are_read_only(open_store: Callable[[], SchemaStore]) -> None:
    client = client_of(open_store(), free_writes="key")
    assert client.register("a", V1).error == (401, 40101)
    assert client.ask("DELETE", "/subjects/a").error == (401, 40101)
    assert client.check("a/versions/latest", V1).json == {"is_compatible": True}


def test_a_path_whose_slashes_the_server_has_decoded_is_understood(open_store: Callable[[], SchemaStore]) -> None:
    client = client_of(open_store())
    client.register("sub/ject", V1)
    assert client.get("/subjects/sub/ject/versions/1").json["subject"] == "sub/ject"


def test_other_paths_go_to_the_application_behind(client: RegistryClient) -> None:
    assert client._client.get("/elsewhere").get_data() == b'"another application"'
