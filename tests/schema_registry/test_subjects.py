"""Subjects and versions: registered, listed, found, deleted."""

from __future__ import annotations

from tests.schema_registry.client import RegistryClient, optional, record

V1, V2 = record("name"), record("name", optional("mail"))


def test_a_schema_gets_version_1_and_id_1(client: RegistryClient) -> None:
    found = client.register("users-value", V1)
    assert (found.status, found.json["id"], found.json["version"]) == (200, 1, 1)


def test_the_same_schema_written_with_other_white_space_is_the_same_version(client: RegistryClient) -> None:
    client.register("a", '{"type":"record","name":"User","fields":[{"name":"name","type":"string"}]}')
    again = client.register(
        "a", '{ "name":"User", "type":"record", "fields":[{"type":{"type":"string"},"name":"name"}] }'
    )
    assert (again.json["id"], client.get("/subjects/a/versions").json) == (1, [1])


def test_the_same_schema_has_one_id_in_every_subject(client: RegistryClient) -> None:
    ids = [client.register(subject, V1).json["id"] for subject in ("a", "b")]
    assert ids == [1, 1]
    assert client.get("/schemas/ids/1/subjects").json == ["a", "b"]
    assert client.get("/schemas/ids/1/versions").json == [
        {"subject": "a", "version": 1},
        {"subject": "b", "version": 1},
    ]


def test_documentation_and_attributes_make_another_schema(client: RegistryClient) -> None:
    client.put("/config", {"compatibility": "NONE"})
    variants = [
        V1,
        {**V1, "doc": "x"},
        record({"name": "name", "type": "string", "unit": "m"}),
        {**V1, "aliases": ["B"]},
    ]
    assert [client.register("a", one).json["id"] for one in variants] == [1, 2, 3, 4]


def test_a_version_is_shown_with_subject_version_id_and_schema(client: RegistryClient) -> None:
    client.register("a", V1)
    found = client.get("/subjects/a/versions/1").json
    assert (found["subject"], found["version"], found["id"]) == ("a", 1, 1)
    assert found["schema"] == '{"type":"record","name":"User","fields":[{"name":"name","type":"string"}]}'
    assert client.get("/subjects/a/versions/1/schema").text == found["schema"]
    assert client.get("/schemas/ids/1").json["schema"] == found["schema"]
    assert client.get(f"/schemas/guids/{found['guid']}").json["schema"] == found["schema"]
    assert client.get(f"/schemas/guids/{found['guid']}/ids").json == [{"context": ".", "id": 1}]


def test_latest_and_minus_one_are_the_newest_version(client: RegistryClient) -> None:
    client.register("a", V1)
    client.register("a", V2)
    assert [client.get(f"/subjects/a/versions/{one}").json["version"] for one in ("latest", "LATEST", "-1")] == [
        2,
        2,
        2,
    ]


def test_what_is_not_there_has_confluents_numbers_and_texts(client: RegistryClient) -> None:
    client.register("a", V1)
    assert client.get("/subjects/none/versions").json == {"error_code": 40401, "message": "Subject 'none' not found."}
    assert client.get("/subjects/a/versions/9").json == {"error_code": 40402, "message": "Version 9 not found."}
    assert client.get("/schemas/ids/9").json == {"error_code": 40403, "message": "Schema 9 not found"}
    assert client.get("/subjects/a/versions/0").error == (422, 42202)
    assert client.get("/subjects/a/versions/x").error == (422, 42202)
    assert client.get("/schemas/ids/x").error == (404, 404)


def test_an_invalid_schema_is_refused_when_registered_checked_and_looked_up(client: RegistryClient) -> None:
    client.register("a", V1)
    wrong = '{"type":"record","name":"a-b","fields":[]}'
    assert client.register("a", wrong).error == (422, 42201)
    assert client.look_up("a", wrong).error == (422, 42201)
    assert client.check("a/versions/latest", wrong).error == (422, 42201)
    assert client.register("a", wrong).json["message"].startswith("Invalid schema ")


def test_other_kinds_of_schema_are_refused_with_what_is_taken(client: RegistryClient) -> None:
    found = client.register("a", "{}", schemaType="JSON")
    assert found.error == (422, 42201)
    assert "AVRO" in found.json["message"]


def test_a_lookup_finds_the_version_of_a_schema(client: RegistryClient) -> None:
    client.register("a", V1)
    client.register("a", V2)
    found = client.look_up("a", V1, "?normalize=False&deleted=False").json
    assert (found["subject"], found["version"], found["id"]) == ("a", 1, 1)
    assert client.look_up("a", record("other")).json == {"error_code": 40403, "message": "Schema not found"}
    assert client.look_up("none", V1).error == (404, 40401)


def test_subjects_are_listed_in_order(client: RegistryClient) -> None:
    for subject in ("b", "B", "ä", "a/1"):
        client.register(subject, V1)
    assert client.get("/subjects").json == ["B", "a/1", "b", "ä"]
    assert client.get("/subjects?subjectPrefix=a").json == ["a/1"]
    assert client.get("/subjects?offset=1&limit=2").json == ["a/1", "b"]


def test_a_soft_deleted_subject_is_hidden_and_its_schemas_stay(client: RegistryClient) -> None:
    client.register("a", V1)
    client.register("a", V2)
    assert client.delete("/subjects/a").json == [1, 2]
    assert client.get("/subjects").json == []
    assert client.get("/subjects?deleted=True").json == ["a"]
    assert client.get("/subjects?deletedOnly=true").json == ["a"]
    assert client.get("/schemas/ids/1").status == 200
    assert client.get("/subjects/a/versions").error == (404, 40401)
    assert client.get("/subjects/a/versions?deleted=true").json == [1, 2]
    assert client.get("/subjects/a/versions/1?deleted=true").json["deleted"] is True
    assert client.delete("/subjects/a").error == (404, 40404)


def test_versions_go_on_after_a_soft_deletion(client: RegistryClient) -> None:
    client.register("a", V1)
    client.register("a", V2)
    client.delete("/subjects/a")
    found = client.register("a", V1).json
    assert (found["version"], found["id"]) == (3, 1)


def test_a_permanent_deletion_needs_a_soft_one_first_and_frees_the_number(client: RegistryClient) -> None:
    client.register("a", V1)
    client.register("a", V2)
    assert client.delete("/subjects/a/versions/2?permanent=true").error == (404, 40407)
    assert client.delete("/subjects/a/versions/2").json == 2
    assert client.delete("/subjects/a/versions/2").error == (404, 40406)
    assert client.delete("/subjects/a/versions/2?permanent=true").json == 2
    assert client.get("/schemas/ids/2").error == (404, 40403)
    found = client.register("a", record("name", optional("phone"))).json
    assert (found["version"], found["id"]) == (2, 3)


def test_a_subject_is_permanently_deleted_with_its_settings(client: RegistryClient) -> None:
    client.register("a", V1)
    client.put("/config/a", {"compatibility": "full"})
    assert client.delete("/subjects/a?permanent=true").error == (404, 40405)
    client.delete("/subjects/a")
    assert client.delete("/subjects/a?permanent=True").json == [1]
    assert client.delete("/subjects/a").error == (404, 40401)
    assert client.get("/config/a").error == (404, 40408)


def test_names_with_slashes_percent_signs_and_marks_are_kept(client: RegistryClient) -> None:
    for subject in ("sub/ject", "a%2Fb", "tiếng việt", "x:y", "a/versions"):
        assert client.register(subject, V1).status == 200
        found = client.get(f"/subjects/{subject.replace('%', '%25').replace('/', '%2F')}/versions/1").json
        assert found["subject"] == subject


def test_a_subject_with_control_characters_is_refused(client: RegistryClient) -> None:
    assert client.register("a\tb", V1).error == (422, 42208)
    assert client.register("__GLOBAL", V1).error == (422, 42208)


def test_references_are_resolved_kept_and_guarded(client: RegistryClient) -> None:
    client.register("address", record("street", name="Address"))
    reference = {"name": "Address", "subject": "address", "version": 1}
    user = record({"name": "home", "type": "Address"})
    assert client.register("user", user).error == (422, 42201)
    assert client.register("user", user, references=[reference]).json["id"] == 2
    assert client.get("/schemas/ids/2").json["references"] == [reference]
    assert client.get("/subjects/address/versions/1/referencedby").json == [2]
    assert client.delete("/subjects/address").error == (422, 42206)
    client.delete("/subjects/user")
    assert client.delete("/subjects/address").json == [1]
    assert client.delete("/subjects/address?permanent=true").error == (422, 42206)


def test_a_reference_to_nothing_is_refused(client: RegistryClient) -> None:
    reference = {"name": "Address", "subject": "address", "version": 1}
    assert client.register("user", record("a"), references=[reference]).error == (422, 42201)


def test_the_listing_of_schemas_has_every_version_or_the_latest(client: RegistryClient) -> None:
    client.register("a", V1)
    client.register("a", V2)
    client.register("b", V1)
    assert [(one["subject"], one["version"]) for one in client.get("/schemas").json] == [("a", 1), ("a", 2), ("b", 1)]
    latest = client.get("/schemas?latestOnly=true&subjectPrefix=a").json
    assert [(one["subject"], one["version"]) for one in latest] == [("a", 2)]
    assert len(client.get("/schemas?limit=2").json) == 2
