"""What Confluent's own REST tests (8.4) showed to be otherwise here, each rule in our words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema_registry.client import RegistryClient, optional, record

V1, V2 = record("a"), record("a", optional("b"))


def refer(name: str, to: str, version: int = 1) -> dict[str, Any]:
    return {"references": [{"name": name, "subject": to, "version": version}]}


def test_an_empty_prefix_asks_for_the_default_context_and_none_for_all(client: RegistryClient) -> None:
    client.register("here", V1)
    client.register(":.ctx:there", V1)
    assert client.get("/subjects?subjectPrefix=").json == ["here"]
    assert client.get("/subjects").json == [":.ctx:there", "here"]
    assert [one["subject"] for one in client.get("/schemas").json] == ["here"]
    assert [one["subject"] for one in client.get("/schemas?subjectPrefix=:*:").json] == [":.ctx:there", "here"]
    assert [one["subject"] for one in client.get("/contexts/ctx/schemas").json] == [":.ctx:there"]


def test_mode_null_takes_the_mode_away(client: RegistryClient) -> None:
    client.put("/mode", {"mode": "READONLY"})
    assert client.put("/mode", {"mode": None}).json == {}
    assert client.get("/mode").json == {"mode": "READWRITE"}


def test_forward_is_a_mode_of_everything_only(client: RegistryClient) -> None:
    assert client.put("/mode/:.__GLOBAL", {"mode": "FORWARD"}).json == {"mode": "FORWARD"}
    assert client.get("/mode/:.__GLOBAL:").json == {"mode": "FORWARD"}
    for scope in ("/s", "/:.ctx:"):
        assert client.put(f"/mode{scope}", {"mode": "FORWARD"}).error == (422, 42204)


def test_a_context_may_be_named_without_its_last_colon(client: RegistryClient) -> None:
    client.put("/config/:.ctx", {"compatibility": "FULL"})
    assert client.get("/config/:.ctx:").json == {"compatibilityLevel": "FULL"}
    assert client.get("/config/:.ctx:s?defaultToGlobal=true").json == {"compatibilityLevel": "FULL"}


def test_a_deployment_without_attributes(client: RegistryClient) -> None:
    assert client.get("/v1/metadata/deployment").json == {"attributes": []}


def test_a_subject_whose_versions_refer_to_each_other_goes_as_a_whole(client: RegistryClient) -> None:
    client.put("/config/s", {"compatibility": "NONE"})
    client.register("s", record("id", name="Base"))
    client.register("s", record({"name": "base", "type": "Base"}, name="Derived"), **refer("Base", "s"))
    assert client.delete("/subjects/s/versions/1").error == (422, 42206)
    assert client.delete("/subjects/s").json == [1, 2]
    assert client.delete("/subjects/s?permanent=true").json == [1, 2]


@pytest.mark.parametrize(
    ("path", "number", "message"),
    [
        ("/subjects/gone", 40404, "Subject 'gone' was soft deleted.Set permanent=true to delete permanently"),
        ("/subjects/s?permanent=true", 40405, "Subject 's' was not deleted first before being permanently deleted"),
        (
            "/subjects/s/versions/1",
            40406,
            "Subject 's' Version 1 was soft deleted.Set permanent=true to delete permanently",
        ),
        (
            "/subjects/s/versions/2?permanent=true",
            40407,
            "Subject 's' Version 2 was not deleted first before being permanently deleted",
        ),
    ],
)
def test_deletions_are_refused_in_the_words_clients_compare(
    client: RegistryClient, path: str, number: int, message: str
) -> None:
    client.register("gone", V1)
    client.delete("/subjects/gone")
    client.register("s", V1)
    client.register("s", V2)
    client.delete("/subjects/s/versions/1")
    found = client.delete(path)
    assert (found.json["error_code"], found.json["message"]) == (number, message)


def describe(client: RegistryClient, subject: str) -> None:
    association = {"subject": subject, "associationType": "value", "lifecycle": "WEAK"}
    document = {"resourceName": "t", "resourceNamespace": "lkc", "resourceId": "t-1", "associations": [association]}
    assert client.ask("POST", "/associations", document).status == 200


def test_a_subject_that_describes_a_topic_keeps_a_version(client: RegistryClient) -> None:
    client.register("s", V1)
    client.register("s", V2)
    describe(client, "s")
    assert client.delete("/subjects/s").error == (409, 40904)
    assert client.delete("/subjects/s/versions/1").json == 1
    assert client.delete("/subjects/s/versions/1?permanent=true").json == 1
    assert client.delete("/subjects/s/versions/2").error == (409, 40907)
    assert client.delete("/associations/resources/t-1").status == 204
    assert client.delete("/subjects/s/versions/2").json == 2
