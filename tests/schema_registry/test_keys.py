"""Who may write free subjects: keys, roles, and what is told to those who may not."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hub.control.events import decode
from hub.control.journal import control_events
from hub.schema_registry.rest.application import SchemaRegistryApplication
from hub.schema_registry.rest.permissions import ANYONE, Permissions
from tests.schema_registry.client import RegistryClient, Reply, nothing_else, record
from tests.schema_registry.governed import Hall, basic

V1 = record("name")
ALL = ("producer", "reviewer", "steward", "administrator")
WRITERS = ("producer", "steward", "administrator")
ADMINISTRATORS = ("administrator",)
TAGS = {"tagsToAdd": [{"schemaEntity": {"entityPath": "User.name", "entityType": "sr_field"}, "tags": ["PII"]}]}
TOPIC = {"resourceName": "users", "resourceNamespace": "lkc1", "resourceType": "topic"}
ASSOCIATION = {**TOPIC, "resourceId": "r1", "associations": [{"subject": "old", "lifecycle": "WEAK"}]}
REMOVAL = {"opType": "DELETE", "associationType": "value", "cascadeLifecycle": True}
CASCADE = {"requests": [{**TOPIC, "resourceId": "r0", "associations": [REMOVAL]}]}
FULL = {"compatibility": "FULL"}
# what is written, and the roles that may
WRITES = [
    ("POST", "/subjects/new/versions", {"schema": '"string"'}, WRITERS),
    ("POST", "/contexts/.other/subjects/new/versions", {"schema": '"string"'}, WRITERS),
    ("PUT", "/config/old", FULL, WRITERS),
    ("DELETE", "/config/old", None, WRITERS),
    ("DELETE", "/subjects/old/versions/1", None, WRITERS),
    ("DELETE", "/subjects/old", None, WRITERS),
    ("DELETE", "/subjects/gone/versions/1?permanent=true", None, ADMINISTRATORS),
    ("DELETE", "/subjects/gone?permanent=True", None, ADMINISTRATORS),
    ("PUT", "/mode/old", {"mode": "READONLY"}, ADMINISTRATORS),
    ("PUT", "/mode/empty", {"mode": "IMPORT"}, ADMINISTRATORS),
    ("PUT", "/mode", {"mode": "READONLY"}, ADMINISTRATORS),
    ("DELETE", "/mode", None, ADMINISTRATORS),
    ("PUT", "/config", FULL, ADMINISTRATORS),
    ("DELETE", "/config", None, ADMINISTRATORS),
    ("PUT", "/config/:.other:", FULL, ADMINISTRATORS),
    ("PUT", "/contexts/.other/config", FULL, ADMINISTRATORS),
    ("DELETE", "/contexts/.other", None, ADMINISTRATORS),
    ("POST", "/subjects/old/versions/1/tags", TAGS, WRITERS),
    ("POST", "/associations", ASSOCIATION, WRITERS),
    ("DELETE", "/associations/resources/r0?cascadeLifecycle=true", None, ADMINISTRATORS),
    ("POST", "/associations:batchMutate", CASCADE, ADMINISTRATORS),
]


@pytest.fixture
def client(hall: Hall) -> RegistryClient:
    """A registry with the free subjects old, settled, gone, softly deleted, and described, which a topic has."""
    anyone = hall.client(ANYONE)
    anyone.register("old", V1)
    anyone.put("/config/old", {"compatibility": "NONE"})
    anyone.register("gone", V1)
    anyone.delete("/subjects/gone")
    anyone.register("described", V1)
    described = {**ASSOCIATION, "associations": [{"subject": "described", "lifecycle": "WEAK"}]}
    anyone.ask("POST", "/associations", {**described, "resourceId": "r0", "resourceName": "places"})
    return hall.client()


@pytest.mark.parametrize("role", ALL)
@pytest.mark.parametrize(("method", "path", "document", "roles"), WRITES)
def test_each_write_takes_its_role(
    hall: Hall, client: RegistryClient, role: str, method: str, path: str, document: Any, roles: tuple[str, ...]
) -> None:
    answer = client.ask(method, path, document, **basic(*hall.issue(role)))
    if role in roles:
        assert answer.status in (200, 204, 207), answer.text
    else:
        assert answer.error == (403, 40301)
        assert roles[-1] in answer.json["message"] and f"has the role {role}" in answer.json["message"]


@pytest.mark.parametrize(("method", "path", "document", "roles"), WRITES)
def test_without_a_key_nothing_is_written(
    client: RegistryClient, method: str, path: str, document: Any, roles: tuple[str, ...]
) -> None:
    answer = client.ask(method, path, document)
    assert answer.error == (401, 40101)
    assert roles[0] in answer.json["message"]
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def headers_of(way: str, key_id: str, secret: str) -> dict[str, str]:
    ways = {
        "basic": basic(key_id, secret),
        "bearer": {"Authorization": f"Bearer {secret}"},
        "ckan": {"Authorization": secret},
        "ckan header": {"X_CKAN_API_Key": secret},
    }
    return ways[way]


@pytest.mark.parametrize("way", ["basic", "bearer", "ckan", "ckan header"])
def test_a_key_may_be_sent_in_each_of_the_ways(hall: Hall, client: RegistryClient, way: str) -> None:
    answer = client.ask(
        "POST", "/subjects/new/versions", {"schema": '"int"'}, **headers_of(way, *hall.issue("producer"))
    )
    assert answer.status == 200


def reads_with(client: RegistryClient, headers: dict[str, str]) -> Reply:
    return client.get("/subjects/old/versions/1", **headers)


def test_anyone_reads_and_a_key_does_no_harm(hall: Hall, client: RegistryClient) -> None:
    assert reads_with(client, {}).status == 200
    assert reads_with(client, basic(*hall.issue("reviewer"))).status == 200


@pytest.mark.parametrize("free_writes", ["key", ANYONE])
def test_a_client_with_a_revoked_key_is_told_also_on_a_read(
    hall: Hall, client: RegistryClient, free_writes: str
) -> None:
    key_id, secret = hall.issue("producer")
    headers = basic(key_id, secret)
    assert reads_with(hall.client(free_writes), headers).status == 200
    hall.control.revoke_access_key(key_id, reason="lost")
    answer = reads_with(hall.client(free_writes), headers)
    assert answer.error == (401, 40101)
    assert "revoked" in answer.json["message"] and secret not in answer.text


def test_a_key_is_known_as_soon_as_it_is_issued(hall: Hall) -> None:
    stale = hall.control.state.access_keys.copy()
    _, secret = hall.issue("producer")
    from_stale = permissions_over(hall, stale)
    answer = from_stale.ask("POST", "/subjects/new/versions", {"schema": '"int"'}, Authorization=f"Bearer {secret}")
    assert answer.status == 200


def permissions_over(hall: Hall, stale: Any) -> RegistryClient:
    permissions = Permissions(lambda: stale, newest=lambda: hall.control.state.access_keys)
    return RegistryClient(SchemaRegistryApplication(nothing_else, lambda: hall.store, permissions=permissions))


def actors(hall: Hall) -> list[str]:
    with hall.engine.connect() as connection:
        values = connection.execute(select(control_events.c.value).order_by(control_events.c.number))
        return [decode(value).actor for (value,) in values]


def test_the_control_log_names_organisation_and_key_of_the_writer(hall: Hall, client: RegistryClient) -> None:
    key_id, secret = hall.issue("producer")
    client.ask("POST", "/subjects/new/versions", {"schema": '"int"'}, **basic(key_id, secret))
    assert actors(hall)[-1] == f"H57.15/{key_id}"


def test_where_anyone_writes_a_key_is_still_named(hall: Hall) -> None:
    client = hall.client(ANYONE)
    client.register("a", V1)
    assert actors(hall)[-1] == "schema-registry"
    key_id, secret = hall.issue("reviewer")
    client.ask("POST", "/subjects/b/versions", {"schema": '"int"'}, **basic(key_id, secret))
    assert actors(hall)[-1] == f"H57.15/{key_id}"


def test_a_schema_that_stands_already_is_found_without_a_key(client: RegistryClient) -> None:
    assert client.register("old", V1).json["id"] == client.get("/subjects/old/versions/1").json["id"]
    assert client.register("old", record("other")).error == (401, 40101)
