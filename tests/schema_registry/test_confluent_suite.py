"""What Confluent's own REST tests (8.5) showed to be otherwise here, each rule in our words."""

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


def imported(client: RegistryClient, subject: str, schema: Any, version: int, schema_id: int, **members: Any) -> Any:
    return client.register(subject, schema, version=version, id=schema_id, **members)


def test_a_client_without_ids_finds_what_stands_in_every_mode(client: RegistryClient) -> None:
    client.put("/mode/s", {"mode": "IMPORT"})
    imported(client, "s", V1, 1, 7)
    for mode in ("IMPORT", "READONLY"):
        client.put("/mode/s", {"mode": mode})
        assert client.register("s", V1).json["id"] == 7
        assert client.register("s", V2).error == (422, 42205)


def test_an_import_brings_a_softly_deleted_version_back(client: RegistryClient) -> None:
    client.put("/mode/s", {"mode": "IMPORT"})
    imported(client, "s", V1, 1, 7)
    client.delete("/subjects/s")
    assert imported(client, "s", V1, 1, 7).json["id"] == 7
    assert client.get("/subjects/s/versions").json == [1]
    assert client.get("/schemas/ids/7").json["deleted"] is False
    client.delete("/subjects/s")
    assert imported(client, "s", V2, 1, 8).error == (422, 42205)


def test_an_import_repeated_finds_the_version_it_names_among_equal_ones(client: RegistryClient) -> None:
    client.put("/mode/s", {"mode": "IMPORT"})
    for version in (1, 2, 1, 2):
        assert imported(client, "s", V1, version, 7).json["version"] == version
    assert client.get("/subjects/s/versions").json == [1, 2]


def test_the_setting_normalizes_nothing_that_is_imported(client: RegistryClient) -> None:
    given = {"type": "record", "name": "R", "fields": [{"name": "f", "type": "string", "z": "1", "a": "2"}]}
    client.put("/config/s", {"normalize": True})
    client.put("/mode/s", {"mode": "IMPORT"})
    imported(client, "s", given, 1, 7)
    text = '{"type":"record","name":"R","fields":[{"name":"f","type":"string","z":"1","a":"2"}]}'
    assert client.get("/subjects/s/versions/1/schema").text == text


def test_a_version_without_an_id_is_the_next_one_or_the_newest(client: RegistryClient) -> None:
    assert client.register("s", V1).json["version"] == 1
    assert client.register("s", V1, version=-1).json["version"] == 1
    second = client.register("s", V1, version=2).json
    assert (second["version"], second["metadata"]) == (2, {"properties": {"confluent:version": "2"}})
    assert client.register("s", V1, version=-1).json["version"] == 2
    assert client.register("s", V1, version=2).error == (422, 42201)


def test_a_content_by_its_id_or_guid_tells_the_version_that_has_it(client: RegistryClient) -> None:
    guid = client.register("b", V1).json["guid"]
    client.register("a", V1)

    def told(query: str) -> tuple[Any, ...]:
        found = client.get(f"/schemas/ids/1{query}").json
        return tuple(found[one] for one in ("subject", "version", "deleted", "guid"))

    assert told("") == ("b", 1, False, guid)
    assert told("?subject=a") == ("a", 1, False, guid)
    assert told("?subject=c") == ("b", 1, False, guid)
    client.register("c", V1)
    assert told("?subject=c") == ("c", 1, False, guid)
    client.delete("/subjects/b")
    assert told("") == ("a", 1, False, guid)
    assert told("?subject=b") == ("b", 1, True, guid)
    assert client.get("/schemas/ids/1").json["ts"] > 0


def test_a_name_that_became_free_can_stand_for_another_schema(client: RegistryClient) -> None:
    holder = record({"name": "r", "type": "Part"}, name="Holder")
    client.register("part", record("id", name="Part"))
    client.register("whole", holder, **refer("Part", "part"))
    for path in ("/subjects/whole", "/subjects/part"):
        client.delete(path)
        client.delete(f"{path}?permanent=true")
    assert client.register("whole", holder, **refer("Part", "part")).error == (422, 42201)
    client.register("part", record({"name": "id", "type": "int"}, name="Part"))
    client.register("whole", holder, **refer("Part", "part"))
    changed = record({"name": "r", "type": record("id", name="Part")}, name="Holder")
    assert client.check("whole/versions/latest", changed).json == {"is_compatible": False}


def test_unknown_attributes_say_the_same_in_any_order(client: RegistryClient) -> None:
    client.register("s", record("a", extra={"x": 1, "y": True}))
    assert client.look_up("s", record("a", extra={"y": True, "x": 1})).json["version"] == 1
    assert client.register("s", record("a", extra={"y": True, "x": 1})).json["version"] == 1
    assert client.look_up("s", record("a", extra={"x": True, "y": 1})).error == (404, 40403)


def test_a_normalized_schema_written_out_is_the_one_with_references(client: RegistryClient) -> None:
    client.register("part", record("id", name="Part", namespace="town"))
    client.register(
        "whole",
        record({"name": "r", "type": "town.Part"}, namespace="here"),
        "?normalize=true",
        **refer("town.Part", "part"),
    )
    written = record({"name": "r", "type": record("id", name="Part", namespace="town")}, namespace="here")
    assert client.look_up("whole", written, "?normalize=true").json["version"] == 1
    assert client.look_up("whole", written).json["version"] == 1


def test_a_path_of_the_default_context_lists_no_others(client: RegistryClient) -> None:
    client.register("here", V1)
    client.register(":.ctx:there", V1)
    assert client.get("/contexts/:.:/subjects").json == ["here"]
    assert client.get("/contexts/.ctx/subjects").json == [":.ctx:there"]


def test_nothing_new_refers_to_what_is_deleted(client: RegistryClient) -> None:
    holder = record({"name": "r", "type": "Part"}, name="Holder")
    client.register("part", record("id", name="Part"))
    client.register("first", holder, **refer("Part", "part"))
    client.delete("/subjects/first")
    client.delete("/subjects/part")
    assert client.register("second", holder, **refer("Part", "part")).error == (422, 42201)
    client.put("/mode/second", {"mode": "IMPORT"})
    assert imported(client, "second", holder, 1, 2, **refer("Part", "part")).json["id"] == 2


def test_defaults_of_what_older_registries_took_are_imported_found_and_compared(client: RegistryClient) -> None:
    wrong = record("a", {"name": "n", "type": "int", "default": "none"})
    assert client.register("s", wrong).error == (422, 42201)
    client.put("/mode/s", {"mode": "IMPORT"})
    assert client.register("s", wrong, id=9, version=3).json["id"] == 9
    client.put("/mode/s", {"mode": "READWRITE"})
    assert client.look_up("s", wrong).json["version"] == 3
    assert client.register("s", V2).json["version"] == 4
