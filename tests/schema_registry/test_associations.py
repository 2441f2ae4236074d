"""Associations of topics and subjects: written, read, guarded, restored from the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.log.interface import Log
from hub.registries.database import open_database
from hub.schema_registry.store import SchemaStore
from tests.schema_registry.client import RegistryClient, Reply, client_of, optional, record

V1, V2 = record("name"), record("name", optional("mail"))
SCHEMA = {"schema": '"string"'}
WEAK = {"subject": "shared", "lifecycle": "WEAK"}


def body(*associations: dict[str, Any], name: str = "users", number: str = "t1", **members: Any) -> dict[str, Any]:
    return {
        "resourceName": name,
        "resourceNamespace": "lkc1",
        "resourceId": number,
        "associations": list(associations),
        **members,
    }


def create(client: RegistryClient, *associations: dict[str, Any], query: str = "", **members: Any) -> Reply:
    return client.ask("POST", f"/associations{query}", body(*associations, **members))


def told(client: RegistryClient, path: str) -> list[tuple[str, str, str, str]]:
    found = client.get(path).json
    return [(one["resourceId"], one["associationType"], one["subject"], one["lifecycle"]) for one in found]


@pytest.fixture(autouse=True)
def shared_subject(client: RegistryClient) -> None:
    client.register("shared", V1)


def test_a_weak_association_names_a_subject_that_is_there(client: RegistryClient) -> None:
    made = create(client, WEAK)
    assert made.json == {
        "resourceName": "users",
        "resourceNamespace": "lkc1",
        "resourceId": "t1",
        "resourceType": "topic",
        "associations": [{"subject": "shared", "associationType": "value", "lifecycle": "WEAK"}],
    }
    shown = client.get("/associations/resources/t1").json[0]
    assert {name: shown[name] for name in ("subject", "resourceName", "resourceNamespace", "associationType")} == {
        "subject": "shared",
        "resourceName": "users",
        "resourceNamespace": "lkc1",
        "associationType": "value",
    }
    assert len(shown["guid"]) == 36


def test_the_probe_of_clients_finds_it_in_any_namespace(client: RegistryClient) -> None:
    create(client, WEAK)
    for path in (
        "/associations/resources/-/users?resourceType=topic&associationType=value",
        "/associations/resources/lkc1/users?resourceType=topic&associationType=value",
        "/associations/subjects/shared",
    ):
        assert told(client, path) == [("t1", "value", "shared", "WEAK")], path
    assert client.get("/associations/resources/-/users?resourceType=topic&associationType=key").json == []
    assert client.get("/associations/resources/other/users").json == []
    assert client.get("/associations/resources/-/users?lifecycle=STRONG").json == []
    assert client.get("/associations/resources/t1?resourceType=table").json == []


def test_a_schema_makes_a_strong_association_with_the_subject_of_the_topic(client: RegistryClient) -> None:
    made = create(client, {"schema": SCHEMA})
    found = made.json["associations"][0]
    assert (found["subject"], found["lifecycle"], found["schema"]["version"]) == (":.lkc1:users-value", "STRONG", 1)
    assert client.get("/subjects/:.lkc1:users-value/versions/1").json["schema"] == '"string"'


def test_creating_the_same_again_is_no_error_and_another_is(client: RegistryClient) -> None:
    create(client, {"schema": SCHEMA})
    assert create(client, {"schema": SCHEMA}).status == 200
    assert create(client, {"schema": {"schema": '"int"'}}).error == (409, 40903)
    assert create(client, WEAK).error == (422, 42212)


@pytest.mark.parametrize(
    ("association", "property_name"),
    [
        ({"associationType": "header"}, "associationType"),
        ({"lifecycle": "WEAK"}, "subject"),
        ({**WEAK, "frozen": True}, "frozen"),
        ({**WEAK, "schema": SCHEMA}, "lifecycle"),
        ({"schema": SCHEMA, "frozen": False}, "frozen"),
        ({"schema": SCHEMA, "subject": "shared"}, "subject"),
        ({"subject": ":.lkc1:users-value"}, "subject"),
        ({"lifecycle": "STRONG"}, "schema"),
        ({"lifecycle": "SOMETIMES", "subject": "shared"}, "lifecycle"),
    ],
)
def test_what_cannot_be_is_refused_by_its_property(
    client: RegistryClient, association: dict[str, Any], property_name: str
) -> None:
    found = create(client, association)
    assert found.error == (422, 42212)
    assert f"The association specified an invalid value for property: '{property_name}'" in found.json["message"]


@pytest.mark.parametrize(
    ("members", "property_name"),
    [
        ({"resourceName": ""}, "resourceName"),
        ({"resourceName": "a b"}, "resourceName"),
        ({"resourceNamespace": None}, "resourceNamespace"),
        ({"resourceId": None}, "resourceId"),
        ({"resourceType": "table"}, "resourceType"),
        ({"associations": []}, "associations"),
        ({"associations": [WEAK, WEAK]}, "associationType"),
        ({"resourceName": "x" * 257}, "resourceName"),
    ],
)
def test_a_request_that_cannot_be_is_refused_by_its_property(
    client: RegistryClient, members: dict[str, Any], property_name: str
) -> None:
    found = client.ask("POST", "/associations", {**body(WEAK), **members})
    assert found.error == (422, 42212)
    assert f"'{property_name}'" in found.json["message"]


def test_a_subject_without_versions_is_not_associated(client: RegistryClient) -> None:
    found = create(client, {"subject": "none"})
    assert found.error == (409, 40907)
    assert found.json["message"] == "No active (non-deleted) version exists for subject 'none'"


def test_a_subject_a_topic_owns_is_not_shared_nor_referred_to(client: RegistryClient) -> None:
    create(client, {"schema": {"schema": '{"type":"record","name":"A","fields":[]}'}})
    owned = ":.lkc1:users-value"
    assert create(client, {"subject": owned}, name="other", number="t2").error == (409, 40905)
    reference = {"name": "A", "subject": owned, "version": 1}
    found = client.register(":.lkc1:b", record({"name": "a", "type": "A"}, name="B"), references=[reference])
    assert found.error == (422, 42205)


def test_a_topic_is_wholly_its_own_or_wholly_shared(client: RegistryClient) -> None:
    found = create(client, WEAK, {"associationType": "key", "schema": SCHEMA})
    assert found.error == (422, 42212)
    assert "all associations for a resource must have the same lifecycle" in found.json["message"]
    assert client.get("/associations/resources/t1").json == []


def test_put_adds_a_weak_association_and_never_a_strong_one(client: RegistryClient) -> None:
    path = "/associations/resources/t1"
    strong = {"lifecycle": "STRONG", "schema": SCHEMA}
    assert client.put(path, body(strong)).error == (422, 42212)
    assert client.put(path, body({"lifecycle": "STRONG"})).error == (422, 42212)
    assert client.put(path, body(WEAK)).status == 200
    assert client.put(path, body({"lifecycle": "WEAK"})).status == 200
    assert client.put(path, body({"subject": "elsewhere", "lifecycle": "WEAK"})).error == (422, 42212)
    assert client.put(path, body(WEAK, number="t9")).error == (422, 42212)
    assert told(client, path) == [("t1", "value", "shared", "WEAK")]


def test_a_frozen_association_is_changed_and_removed_only_with_its_topic(client: RegistryClient) -> None:
    create(client, {"schema": SCHEMA})
    path = "/associations/resources/t1"
    changed = client.put(path, body({"schema": {"schema": '"int"'}, "lifecycle": "STRONG", "frozen": False}))
    assert changed.error == (422, 42212)
    found = client.delete(path)
    assert found.error == (409, 40908)
    assert found.json["message"] == "The association of type  'value' is frozen for subject ':.lkc1:users-value'"
    assert client.delete(f"{path}?cascadeLifecycle=true").status == 204
    assert client.get(path).json == []
    assert client.get("/subjects/:.lkc1:users-value/versions?deleted=true").error == (404, 40401)


def test_a_weak_association_is_removed_and_its_subject_stays(client: RegistryClient) -> None:
    create(client, WEAK)
    assert client.delete("/associations/resources/t1?dryRun=true").status == 204
    assert len(client.get("/associations/resources/t1").json) == 1
    assert client.delete("/associations/resources/t1?associationType=key").error == (404, 40410)
    assert client.delete("/associations/resources/t1?cascadeLifecycle=true").status == 204
    assert client.delete("/associations/resources/t1").error == (404, 40410)
    assert client.get("/subjects/shared/versions").json == [1]


def test_a_dry_run_says_what_would_object_and_writes_nothing(client: RegistryClient) -> None:
    assert create(client, {"schema": SCHEMA}, query="?dryRun=true", resourceId=None).status == 200
    assert create(client, {"subject": "none"}, query="?dryRun=true").error == (409, 40907)
    assert client.get("/associations/resources/-/users").json == []
    assert client.get("/subjects/:.lkc1:users-value/versions").error == (404, 40401)


def test_a_read_only_subject_is_not_associated(client: RegistryClient) -> None:
    client.put("/mode/shared", {"mode": "READONLY"})
    assert create(client, WEAK).error == (422, 42205)


def test_many_resources_are_asked_for_at_once(client: RegistryClient) -> None:
    create(client, WEAK)
    asked = [{"resourceId": "t1"}, {"resourceName": "users", "resourceNamespace": "-"}, {}, {"resourceId": "none"}]
    found = client.ask("POST", "/associations:batchGet?includeSchemas=true", {"requests": asked})
    first, second, third, fourth = found.json["results"]
    assert found.status == 207
    assert first["result"]["associations"][0]["schema"]["version"] == 1
    assert second["result"]["resourceId"] == "t1"
    assert third["error"]["error_code"] == 42212
    assert "associations" not in fourth["result"]
    assert client.ask("POST", "/associations:batchGet", {"requests": []}).error == (422, 42212)


def test_many_changes_are_answered_each_for_itself(client: RegistryClient) -> None:
    requests = [
        body({"opType": "CREATE", **WEAK}),
        body({"opType": "CREATE", "subject": "none"}, name="b", number="t2"),
        body({"opType": "CREATE", "schema": SCHEMA}, name="c", number="t3"),
    ]
    found = client.ask("POST", "/associations:batchMutate", {"requests": requests})
    first, second, third = found.json["results"]
    assert found.status == 207
    assert first["result"]["associations"][0]["subject"] == "shared"
    assert second["error"]["error_code"] == 40907
    assert third["result"]["associations"][0]["schema"]["schema"] == '"string"'
    gone = {"requests": [body({"opType": "DELETE", "associationType": "value"})]}
    assert client.ask("POST", "/associations:batchMutate", gone).json["results"][0]["result"]["resourceId"] == "t1"
    assert client.get("/associations/resources/t1").json == []


def test_schemas_are_listed_by_what_their_subjects_describe(client: RegistryClient) -> None:
    create(client, WEAK)
    create(client, {"schema": SCHEMA}, name="own", number="t2")
    client.register("loose", V2)

    def subjects(query: str) -> list[str]:
        return [one["subject"] for one in client.get(f"/schemas?subjectPrefix=:*:&{query}").json]

    assert subjects("lifecycle=WEAK") == ["shared"]
    assert subjects("lifecycle=STRONG&resourceType=topic") == [":.lkc1:own-value"]
    assert subjects("associationType=value") == [":.lkc1:own-value", "shared"]
    assert subjects("lifecycle=NONE") == ["loose"]
    assert subjects("lifecycle=NONE&lifecycle=WEAK") == ["loose", "shared"]
    assert client.get("/schemas?lifecycle=WEAK").json[0]["associations"][0]["resourceName"] == "users"


def test_associations_are_restored_from_the_log_alone(client: RegistryClient, log: Log, tmp_path: Path) -> None:
    create(client, WEAK)
    create(client, {"schema": SCHEMA}, name="own", number="t2")
    create(client, {"subject": "shared"}, name="gone", number="t3")
    client.delete("/associations/resources/t3")
    restored = client_of(SchemaStore(open_database(f"sqlite:///{tmp_path / 'other.sqlite'}"), log, now=lambda: 0))
    everything = "/associations/resources/-/-"
    assert len(client.get(everything).json) == 2
    assert restored.get(everything).json == client.get(everything).json
