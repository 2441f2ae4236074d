"""Subjects that a registry names: read like all others, written by proposals only, described by their registry."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from hub.schema_registry.errors import Forbidden, Moved
from hub.schema_registry.registering import register
from hub.schema_registry.requests import SchemaRequest
from hub.schema_registry.rest.permissions import ANYONE
from tests.producers.places_registry import DEFINITION, SCHEMAS
from tests.schema_registry.client import RegistryClient
from tests.schema_registry.governed import ADDRESS, LISTED, Hall, basic

SCHEMA: dict[str, Any] = json.loads(SCHEMAS[0])
# one optional field more
NEWER = {**SCHEMA, "fields": [*SCHEMA["fields"], {"name": "note", "type": ["null", "string"], "default": None}]}
# one more that has to be there, which what was written before lacks
BREAKING = {**SCHEMA, "fields": [*SCHEMA["fields"], {"name": "note", "type": "string"}]}
METADATA = {
    "properties": {
        "registry": "places",
        "owner": "H57.15",
        "ownerName": "Văn hoá",
        "contact": "places@example.org",
    },
    "tags": {f"{LISTED}.{name}": ["class:open"] for name in ("code", "name", "price", "since", "area")},
}


@pytest.fixture
def client(hall: Hall) -> RegistryClient:
    """A client that may write every free subject."""
    return hall.client(ANYONE)


@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("POST", f"/subjects/{LISTED}/versions", {"schema": json.dumps(NEWER)}),
        ("POST", f"/subjects/:.:{LISTED}/versions", {"schema": json.dumps(NEWER)}),
        ("POST", f"/subjects/{LISTED}/versions", {"schema": json.dumps(SCHEMA), "id": 77}),
        ("DELETE", f"/subjects/{LISTED}", None),
        ("DELETE", f"/subjects/{LISTED}?permanent=true", None),
        ("DELETE", f"/subjects/{LISTED}/versions/1", None),
        ("PUT", f"/config/{LISTED}", {"compatibility": "NONE"}),
        ("DELETE", f"/config/{LISTED}", None),
        ("PUT", f"/mode/{LISTED}", {"mode": "READONLY"}),
        ("DELETE", f"/mode/{LISTED}", None),
    ],
)
@pytest.mark.parametrize("role", ["", "administrator"])
def test_no_write_passes_by_the_proposals(hall: Hall, role: str, method: str, path: str, document: Any) -> None:
    headers = basic(*hall.issue(role)) if role else {}
    answer = hall.client().ask(method, path, document, **headers)
    assert answer.error == (403, 40301)
    assert "'places'" in answer.json["message"] and f"{ADDRESS}/governance/v1/proposals" in answer.json["message"]


def test_a_name_in_another_context_is_free(client: RegistryClient) -> None:
    assert client.register(f":.other:{LISTED}", NEWER).status == 200


@pytest.mark.parametrize("metadata", [None, METADATA, {"properties": {"any": "other"}}])
def test_registering_what_stands_already_answers_its_id(hall: Hall, metadata: Any) -> None:
    members = {} if metadata is None else {"metadata": metadata}
    answer = hall.client().register(LISTED, SCHEMA, **members)
    wanted = hall.control.state.subjects[LISTED][0]
    assert (answer.status, answer.json["id"], answer.json["version"]) == (200, wanted.id, 1)


@pytest.mark.parametrize("metadata", [None, METADATA, {"properties": {"any": "other"}}])
def test_a_lookup_goes_by_schema_and_references(client: RegistryClient, metadata: Any) -> None:
    members = {} if metadata is None else {"metadata": metadata}
    answer = client.look_up(LISTED, SCHEMA, **members)
    assert (answer.status, answer.json["version"]) == (200, 1)
    assert client.look_up(LISTED, NEWER).error == (404, 40403)


# levels and modes


def test_the_level_is_that_of_managed_subjects_whatever_holds_for_all(client: RegistryClient) -> None:
    client.put("/config", {"compatibility": "NONE"})
    assert client.get(f"/config/{LISTED}?defaultToGlobal=true").json == {"compatibilityLevel": "BACKWARD_TRANSITIVE"}
    assert client.get(f"/config/{LISTED}").error == (404, 40408)
    assert client.check(f"{LISTED}/versions/latest", BREAKING).json == {"is_compatible": False}
    assert client.check(f"{LISTED}/versions/latest", NEWER).json == {"is_compatible": True}


def test_a_level_of_its_own_holds_before_that(hall: Hall, client: RegistryClient) -> None:
    hall.change(("SubjectConfigured", {"subject": LISTED, "config": '{"compatibilityLevel":"NONE"}'}))
    assert client.get(f"/config/{LISTED}").json == {"compatibilityLevel": "NONE"}
    assert client.check(f"{LISTED}/versions/latest", BREAKING).json == {"is_compatible": True}


def test_the_mode_of_all_does_not_apply(client: RegistryClient) -> None:
    client.put("/mode", {"mode": "READONLY"})
    assert client.get(f"/mode/{LISTED}?defaultToGlobal=true").json == {"mode": "READWRITE"}
    assert client.register(LISTED, SCHEMA).status == 200
    assert client.register("free", SCHEMA).error == (422, 42205)


def define_wells(hall: Hall, subject: str) -> None:
    """A second registry, of one event."""
    schema = json.loads(SCHEMAS[0]) | {"name": subject.rsplit(".", 1)[-1], "doc": "A well."}
    text = DEFINITION.replace("registry: places", "registry: wells")
    events = text.index("events:")
    text = f"{text[:events]}events:\n  {schema['name']}: {{operation: put, key: code}}\ntitle_field: name\n"
    hall.control.define_registry(text, [json.dumps(schema)])
    hall.store.catch_up()


def test_what_was_set_while_the_subject_was_free_does_not_hold(hall: Hall, client: RegistryClient) -> None:
    client.put("/config/test.places.WellDug", {"compatibility": "NONE", "alias": "elsewhere"})
    client.put("/mode/test.places.WellDug", {"mode": "READONLY"})
    define_wells(hall, "test.places.WellDug")
    asked = client.get("/config/test.places.WellDug?defaultToGlobal=true")
    assert asked.json == {"compatibilityLevel": "BACKWARD_TRANSITIVE"}
    assert client.get("/mode/test.places.WellDug").error == (404, 40409)


def test_a_free_write_decided_before_the_subject_became_managed_is_refused(hall: Hall) -> None:
    """The registry is defined between the decision and its commit."""
    subject = "test.places.WellDug"
    state = hall.store.state(subject)
    assert state.registry is None
    define_wells(hall, subject)
    with pytest.raises(Moved):
        hall.store.write(state, lambda claims: [], "anyone")
    with pytest.raises(Forbidden):
        register(hall.store, subject, SchemaRequest('"string"'), "anyone")


# who answers for it


def test_every_reading_shows_who_answers_and_the_class_of_each_field(hall: Hall, client: RegistryClient) -> None:
    found = client.get(f"/subjects/{LISTED}/versions/1").json
    assert found["metadata"] == METADATA
    assert client.get(f"/schemas/ids/{found['id']}").json["metadata"] == METADATA
    assert client.look_up(LISTED, SCHEMA).json["metadata"] == METADATA
    assert client.get(f"/subjects/{LISTED}/metadata?key=owner&value=H57.15").json["version"] == 1


def test_the_guid_in_an_events_dataschema_leads_to_the_schema(hall: Hall, client: RegistryClient) -> None:
    guid = hall.control.state.subjects[LISTED][0].guid
    found = client.get(f"/schemas/guids/{guid}")
    assert json.loads(found.json["schema"])["name"] == "PlaceListed"
    assert client.get(f"/schemas/guids/{guid}/ids").json == [{"context": ".", "id": 1}]


def test_confluents_client_for_python_gets_no_tags_which_it_fails_at(client: RegistryClient) -> None:
    """Its hash of `MetadataTags` (2.16.0) raises TypeError for any tag; tests/interop/test_keys.py runs it."""
    bare = {"properties": METADATA["properties"]}
    for headers in (
        {"Confluent_Client_Version": "python/2.16.0"},
        {"User_Agent": "python-httpx/0.28", "Accept": "application/vnd.schemaregistry.v1+json"},
    ):
        found = client.get(f"/subjects/{LISTED}/versions/1", **headers).json
        assert found["metadata"] == bare
        assert client.get(f"/schemas/ids/{found['id']}", **headers).json["metadata"] == bare
        assert client.get(f"/schemas?subjectPrefix={LISTED}", **headers).json[0]["metadata"] == bare
    assert client.register(LISTED, SCHEMA).json["metadata"] == bare


def test_the_metadata_are_no_part_of_the_identity(client: RegistryClient) -> None:
    """The same schema under a free subject, without metadata, is one content with one id and GUID."""
    free = client.register("free", SCHEMA).json
    managed = client.get(f"/subjects/{LISTED}/versions/1").json
    assert (free["id"], free["guid"]) == (managed["id"], managed["guid"])
    assert "metadata" not in client.get("/subjects/free/versions/1").json


def test_classes_of_nested_records_are_told_by_the_name_of_their_record(hall: Hall, client: RegistryClient) -> None:
    inner = {"type": "record", "name": "Door", "fields": [{"name": "code", "type": "string", "class": "restricted"}]}
    nested = {"name": "door", "type": ["null", inner], "default": None, "class": "restricted", "doc": "x"}
    schema = {**SCHEMA, "fields": [*SCHEMA["fields"], nested | {"label": {"vi": "Cửa", "en": "Door"}}]}
    hall.control.define_registry(DEFINITION.replace("version: 1", "version: 2"), [json.dumps(schema), *SCHEMAS[1:]])
    hall.store.catch_up()
    tags = client.get(f"/subjects/{LISTED}/versions/latest").json["metadata"]["tags"]
    assert tags[f"{LISTED}.door"] == ["class:restricted"]
    assert tags["test.places.Door.code"] == ["class:restricted"]


def wait_for_contact(client: RegistryClient, path: str, contact: str) -> bool:
    """Whether the bytes kept in memory are replaced in time."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if client.get(path).json["metadata"]["properties"]["contact"] == contact:
            return True
    return False


def test_bytes_kept_in_memory_are_dropped_when_the_contact_changes(hall: Hall, client: RegistryClient) -> None:
    path = f"/schemas/ids/{hall.control.state.subjects[LISTED][0].id}"
    assert client.get(path).json["metadata"]["properties"]["contact"] == "places@example.org"
    hall.add_department(contact="new@example.org")
    assert wait_for_contact(client, path, "new@example.org")


def test_a_deprecation_stands_in_the_properties(hall: Hall, client: RegistryClient) -> None:
    facts = {"subject": LISTED, "version": 1, "until": "2027-01-01", "reason": "old", "keyId": "h57.15-1"}
    hall.change(("SchemaDeprecated", facts))
    properties = client.get(f"/subjects/{LISTED}/versions/1").json["metadata"]["properties"]
    assert properties["deprecated.until"] == "2027-01-01"


# restored and deleted


def test_a_version_deleted_softly_stands_again_once_restored(hall: Hall, client: RegistryClient) -> None:
    hall.change(("SubjectVersionsDeleted", {"subject": LISTED, "versions": [1], "permanent": False}))
    assert client.get(f"/subjects/{LISTED}/versions/1").error == (404, 40401)
    hall.change(("VersionsRestored", {"subject": LISTED, "versions": [1]}))
    assert client.get(f"/subjects/{LISTED}/versions").json == [1]


def test_an_id_that_a_stored_event_carries_is_not_deleted_for_good(hall: Hall, client: RegistryClient) -> None:
    used = client.register("free", '"string"').json["id"]
    client.delete("/subjects/free")
    hall.uses[used] = "registry places: 2 dead letters"
    for path in ("/subjects/free?permanent=true", "/subjects/free/versions/1?permanent=true"):
        answer = client.delete(path)
        assert answer.error == (422, 42205)
        assert "registry places: 2 dead letters" in answer.json["message"]
    assert client.get(f"/schemas/ids/{used}").status == 200


def test_an_id_that_another_subject_keeps_may_lose_one(hall: Hall, client: RegistryClient) -> None:
    used = client.register("free", '"string"').json["id"]
    client.register("other", '"string"')
    client.delete("/subjects/free")
    hall.uses[used] = "registry places: 2 dead letters"
    assert client.delete("/subjects/free?permanent=true").json == [1]
    assert client.get(f"/schemas/ids/{used}").status == 200
