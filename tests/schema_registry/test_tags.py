"""Tags in schemas, references written out, rule sets, reserved fields."""

from __future__ import annotations

import json
from typing import Any

from tests.schema_registry.client import RegistryClient, optional, record

ADDRESS = record("street", name="Address", namespace="city")
USER = record({"name": "home", "type": "Address"}, {"name": "work", "type": "Address"}, namespace="city")
REFERENCE = {"name": "city.Address", "subject": "address", "version": 1}


def tags_for(path: str, *tags: str, kind: str = "sr_field") -> dict[str, Any]:
    return {"schemaEntity": {"entityPath": path, "entityType": kind}, "tags": list(tags)}


def rules(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"domainRules": list(listed)}


def rule(name: str = "r1", **members: Any) -> dict[str, Any]:
    return {"name": name, "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "expr": "true", **members}


def test_a_resolved_schema_has_the_types_of_its_references_written_once(client: RegistryClient) -> None:
    client.register("address", ADDRESS)
    client.register("user", USER, references=[REFERENCE])
    expected = (
        '{"type":"record","name":"User","namespace":"city","fields":[{"name":"home","type":{"type":"record",'
        '"name":"Address","fields":[{"name":"street","type":"string"}]}},{"name":"work","type":"Address"}]}'
    )
    assert client.get("/schemas/ids/2?format=resolved").json["schema"] == expected
    assert client.get("/subjects/user/versions/1?format=RESOLVED").json["schema"] == expected
    assert client.get("/subjects/user/versions/1/schema?format=resolved").text == expected
    assert client.get("/schemas/ids/2/schema?format=resolved").text == expected
    assert client.look_up("user", USER, "?format=resolved", references=[REFERENCE]).json["schema"] == expected
    assert client.get("/schemas/ids/2").json["references"] == [REFERENCE]


def test_an_unknown_format_is_the_stored_one(client: RegistryClient) -> None:
    client.register("a", record("name"))
    stored = client.get("/schemas/ids/1").json["schema"]
    assert client.get("/schemas/ids/1?format=of-tomorrow").json["schema"] == stored


def test_a_schema_sent_with_its_references_written_out_is_the_one_that_refers(client: RegistryClient) -> None:
    client.register("address", ADDRESS)
    client.register("user", USER, references=[REFERENCE])
    resolved = client.get("/schemas/ids/2?format=resolved").json["schema"]
    assert client.look_up("user", resolved).json["version"] == 1
    assert client.register("user", resolved).json["id"] == 2
    assert client.get("/subjects/user/versions").json == [1]


def test_references_within_a_context_are_qualified_where_asked_for(client: RegistryClient) -> None:
    client.register(":.moved:address", ADDRESS)
    client.register(":.moved:user", USER, references=[REFERENCE])
    plain = client.get("/subjects/:.moved:user/versions/1").json["references"]
    qualified = client.get("/subjects/:.moved:user/versions/1?referenceFormat=qualified").json["references"]
    assert (plain[0]["subject"], qualified[0]["subject"]) == ("address", ":.moved:address")
    assert client.get("/contexts/.moved/schemas/ids/2?referenceFormat=qualified").json["references"] == qualified


def test_a_schema_by_id_may_tell_the_highest_id(client: RegistryClient) -> None:
    for name in ("a", "b", "c"):
        client.register(name, record(name))
    assert client.get("/schemas/ids/1?fetchMaxId=true").json["maxId"] == 3
    assert "maxId" not in client.get("/schemas/ids/1?fetchMaxId=false").json


def test_tags_are_found_where_they_stand(client: RegistryClient) -> None:
    field = {"name": "mail", "type": "string", "confluent:tags": ["PII"]}
    client.register("a", {**record(field, namespace="city"), "confluent:tags": ["OWNED"]})
    found = client.get("/schemas/ids/1?findTags=PII").json["schemaTags"]
    assert found == [tags_for("city.User.mail", "PII")]
    all_tags = client.get("/subjects/a/versions/1?findTags=*").json["schemaTags"]
    assert all_tags == [tags_for("city.User", "OWNED", kind="sr_record"), tags_for("city.User.mail", "PII")]
    assert "schemaTags" not in client.get("/subjects/a/versions/1?findTags=NONE").json


def test_tags_are_added_and_removed_as_a_new_version(client: RegistryClient) -> None:
    field = {"name": "mail", "type": "string", "confluent:tags": ["PII"]}
    client.register("a", record(field, "name"))
    body = {"tagsToAdd": [tags_for("User.name", "NAME")], "tagsToRemove": [tags_for(".User.mail", "PII")]}
    made = client.ask("POST", "/subjects/a/versions/1/tags", body)
    assert (made.status, made.json["version"], made.json["id"]) == (200, 2, 2)
    assert made.json["metadata"] == {"properties": {"confluent:version": "2"}}
    found = client.get("/subjects/a/versions/2?findTags=*").json["schemaTags"]
    assert found == [tags_for("User.name", "NAME")]


def test_a_new_version_with_tags_must_be_the_next(client: RegistryClient) -> None:
    client.register("a", record("name"))
    body = {"newVersion": 5, "tagsToAdd": [tags_for("User.name", "NAME")]}
    assert client.ask("POST", "/subjects/a/versions/1/tags", body).error == (422, 42201)
    assert client.ask("POST", "/subjects/a/versions/1/tags", {**body, "newVersion": 2}).json["version"] == 2


def test_tags_for_what_the_schema_does_not_have_are_refused(client: RegistryClient) -> None:
    client.register("a", record("name"))
    found = client.ask("POST", "/subjects/a/versions/1/tags", {"tagsToAdd": [tags_for("User.none", "X")]})
    assert found.error == (422, 42201)
    assert "No matching path 'User.none' found in the schema" in found.json["message"]
    assert client.ask("POST", "/subjects/a/versions/9/tags", {}).error == (404, 40402)
    assert client.ask("POST", "/subjects/none/versions/1/tags", {}).error == (404, 40401)
    assert client.ask("POST", "/subjects/a/versions/x/tags", {}).error == (422, 42202)


def test_rules_are_merged_into_and_removed_from_those_before(client: RegistryClient) -> None:
    client.register("a", record("name"), ruleSet=rules(rule("keep"), rule("change", expr="1")))
    body = {"rulesToMerge": rules(rule("change", expr="2"), rule("new")), "rulesToRemove": ["keep"]}
    found = client.ask("POST", "/subjects/a/versions/1/tags", body).json["ruleSet"]["domainRules"]
    assert [(one["name"], one["expr"]) for one in found] == [("change", "2"), ("new", "true")]
    both = {"ruleSet": rules(rule()), "rulesToRemove": ["keep"]}
    assert client.ask("POST", "/subjects/a/versions/1/tags", both).error == (422, 42210)


def test_tags_may_be_registered_beside_the_schema(client: RegistryClient) -> None:
    client.register("a", record("name"), schemaTagsToAdd=[tags_for("User.name", "PII")])
    shown = client.get("/subjects/a/versions/1").json
    assert json.loads(shown["schema"])["fields"][0]["confluent:tags"] == ["PII"]
    assert shown["metadata"]["properties"] == {"confluent:version": "1"}
    client.register("a", "", schemaTagsToRemove=[tags_for("User.name", "PII")])
    assert "schemaTags" not in client.get("/subjects/a/versions/2?findTags=*").json


def test_tags_go_on_to_the_next_version_where_asked_for(client: RegistryClient) -> None:
    client.register("a", record({"name": "name", "type": "string", "confluent:tags": ["PII"]}, "gone"))
    client.register("a", record("name", optional("mail")), propagateSchemaTags=True)
    assert client.get("/subjects/a/versions/2?findTags=*").json["schemaTags"] == [tags_for("User.name", "PII")]


def test_a_version_told_by_confluent_is_no_difference(client: RegistryClient) -> None:
    client.register("a", record("name"), version=1)
    assert client.get("/subjects/a/versions/1").json["metadata"] == {"properties": {"confluent:version": "1"}}
    assert client.register("a", record("name")).json["version"] == 1
    assert client.look_up("a", record("name")).json["version"] == 1
    assert client.register("a", record("name", optional("mail"))).json["metadata"]["properties"] == {
        "confluent:version": "2"
    }


def test_rules_without_sense_are_refused(client: RegistryClient) -> None:
    wrong = [
        rules(rule(), rule()),
        rules(rule("1st")),
        rules(rule("")),
        rules(rule("a" * 257)),
        rules(rule(mode="UPGRADE")),
        {"migrationRules": [rule()]},
        {"encodingRules": [rule(mode="DOWNGRADE")]},
        rules({"name": "r", "mode": "WRITE"}),
        rules(rule(onFailure="DLQ,NONE")),
        {"domainRules": [{"kind": "CONDITION"}]},
    ]
    for one in wrong:
        assert client.register("a", record("name"), ruleSet=one).error == (422, 42210), one
        assert client.put("/config/a", {"defaultRuleSet": one}).error == (422, 42210), one
        assert client.put("/config", {"overrideRuleSet": one}).error == (422, 42210), one
    assert (
        client.register("a", record("name"), ruleSet=rules(rule(mode="WRITEREAD", onFailure="DLQ,NONE"))).status == 200
    )


def test_default_and_override_rules_are_laid_beneath_and_over(client: RegistryClient) -> None:
    client.put(
        "/config/a",
        {
            "defaultRuleSet": rules(rule("a", expr="default"), rule("b", expr="default")),
            "overrideRuleSet": rules(rule("c", expr="override")),
        },
    )
    sent = rules(rule("b", expr="sent"), rule("c", expr="sent"))
    found = client.register("a", record("name"), ruleSet=sent).json["ruleSet"]["domainRules"]
    assert [(one["name"], one["expr"]) for one in found] == [("a", "default"), ("b", "sent"), ("c", "override")]


def test_reserved_fields_are_kept_free_where_asked_for(client: RegistryClient) -> None:
    reserved = {"properties": {"confluent:reserved": "later, other"}}
    client.register("a", record("name"), metadata=reserved)
    with_field = record("name", optional("later"))
    assert client.check("a/versions/latest", with_field, metadata=reserved).json == {"is_compatible": True}
    client.put("/config/a", {"validateFields": True})
    used = client.register("a", with_field, metadata=reserved)
    assert used.error == (409, 409)
    assert "The new schema has field that conflicts with the reserved field later." in used.json["message"]
    assert "{validateFields: 'true', compatibility: 'BACKWARD'}" in used.json["message"]
    freed = client.register("a", with_field, metadata={"properties": {"confluent:reserved": "other"}})
    assert "The new schema has reserved field later removed from its metadata" in freed.json["message"]
    assert client.register("a", record("name", optional("more")), metadata=reserved).status == 200
