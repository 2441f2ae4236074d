"""Modes, contexts, metadata, aliases and normal forms."""

from __future__ import annotations

from tests.schema_registry.client import RegistryClient, optional, record

V1, V2 = record("name"), record("name", optional("mail"))


def test_the_mode_is_readwrite_until_set(client: RegistryClient) -> None:
    assert client.get("/mode").json == {"mode": "READWRITE"}
    assert client.get("/mode/a").error == (404, 40409)
    assert client.get("/mode/a?defaultToGlobal=true").json == {"mode": "READWRITE"}
    assert client.put("/mode", {"mode": "sometimes"}).error == (422, 42204)


def test_nothing_is_registered_or_deleted_under_readonly(client: RegistryClient) -> None:
    client.register("a", V1)
    assert client.put("/mode/a", {"mode": "READONLY"}).json == {"mode": "READONLY"}
    assert client.register("a", V2).error == (422, 42205)
    assert client.delete("/subjects/a").error == (422, 42205)
    assert client.delete("/mode/a").json == {"mode": "READONLY"}
    assert client.register("a", V2).status == 200


def test_import_keeps_the_ids_and_versions_it_brings(client: RegistryClient) -> None:
    assert client.register("a", V1, id=77).error == (422, 42205)
    client.put("/mode", {"mode": "IMPORT"})
    found = client.register("a", V1, id=77, version=5).json
    assert (found["id"], found["version"]) == (77, 5)
    assert client.register("a", V2, id=77).error == (422, 42205)
    client.put("/mode", {"mode": "READWRITE"})
    assert client.register("a", V2).json["id"] == 78


def test_import_needs_an_empty_subject_or_force(client: RegistryClient) -> None:
    client.register("a", V1)
    assert client.put("/mode/a", {"mode": "IMPORT"}).error == (422, 42205)
    assert client.ask("PUT", "/mode/a?force=true", {"mode": "IMPORT"}).json == {"mode": "IMPORT"}
    assert client.put("/mode/b", {"mode": "IMPORT"}).json == {"mode": "IMPORT"}


def test_each_context_has_its_own_ids(client: RegistryClient) -> None:
    client.register("a", V1)
    assert client.register(":.moved:a", V2).json["id"] == 1
    assert client.get("/contexts").json == [".", ".moved"]
    assert (
        client.get("/contexts/moved/schemas/ids/1").json["schema"]
        == client.get("/subjects/:.moved:a/versions/1").json["schema"]
    )
    assert client.get("/contexts/.moved/subjects").json == [":.moved:a"]
    assert client.get("/subjects").json == [":.moved:a", "a"]
    assert client.get("/subjects?subjectPrefix=:.moved:").json == [":.moved:a"]


def test_a_subject_without_context_is_looked_for_in_every_context(client: RegistryClient) -> None:
    client.register(":.moved:a", V1)
    assert client.get("/subjects/a/versions/latest").json["subject"] == ":.moved:a"
    assert client.get("/schemas/ids/1?subject=a").status == 200
    assert client.get("/schemas/ids/1").error == (404, 40403)


def test_a_context_with_subjects_is_not_deleted(client: RegistryClient) -> None:
    client.register(":.moved:a", V1)
    assert client.delete("/contexts/.moved").error == (422, 42211)
    client.delete("/subjects/:.moved:a")
    client.delete("/subjects/:.moved:a?permanent=true")
    assert client.delete("/contexts/.moved").status == 204


def test_metadata_makes_another_version_and_is_inherited(client: RegistryClient) -> None:
    client.register("a", V1, metadata={"properties": {"owner": "culture"}})
    assert client.get("/subjects/a/versions/1").json["metadata"] == {"properties": {"owner": "culture"}}
    found = client.register("a", V2).json
    assert found["metadata"] == {"properties": {"owner": "culture"}}
    assert client.register("a", V2, metadata={"properties": {"owner": "tourism"}}).json["version"] == 3


def test_a_lookup_without_metadata_goes_by_the_schema(client: RegistryClient) -> None:
    client.register("a", V1, metadata={"properties": {"owner": "culture"}})
    assert client.look_up("a", V1).json["version"] == 1
    assert client.look_up("a", V1, metadata={"properties": {"owner": "x"}}).error == (404, 40403)


def test_default_and_override_metadata_are_added(client: RegistryClient) -> None:
    client.put(
        "/config/a",
        {
            "defaultMetadata": {"properties": {"owner": "nobody", "tier": "3"}},
            "overrideMetadata": {"properties": {"tier": "1"}},
        },
    )
    found = client.register("a", V1, metadata={"properties": {"owner": "culture", "tier": "2"}}).json
    assert found["metadata"] == {"properties": {"owner": "culture", "tier": "1"}}


def test_the_newest_version_with_some_metadata_is_found(client: RegistryClient) -> None:
    client.register("a", V1, metadata={"properties": {"major": "1"}})
    client.register("a", V2, metadata={"properties": {"major": "2"}})
    assert client.get("/subjects/a/metadata?key=major&value=1").json["version"] == 1
    assert client.get("/subjects/a/metadata?key=major&value=3").error == (404, 40402)


def test_an_alias_leads_to_the_subject_it_names(client: RegistryClient) -> None:
    client.register("real", V1)
    client.put("/config/other", {"alias": "real"})
    assert client.get("/subjects/other/versions/latest").json["subject"] == "real"
    assert client.look_up("other", V1).json["subject"] == "real"


def test_an_empty_schema_copies_the_newest_version(client: RegistryClient) -> None:
    client.register("a", V1)
    found = client.register("a", "", metadata={"properties": {"owner": "culture"}}).json
    assert (found["version"], found["metadata"]) == (2, {"properties": {"owner": "culture"}})


def test_normalizing_takes_what_differs_only_in_order_for_the_same(client: RegistryClient) -> None:
    one = record({"name": "name", "type": {"type": "string", "b": 1, "a": 2}}, namespace="x.y")
    other = record({"name": "name", "type": {"a": 2, "type": "string", "b": 1}}, name="x.y.User")
    ids = [client.register("a", each, "?normalize=True").json["id"] for each in (one, other)]
    assert ids == [1, 1]


def test_an_alias_leads_also_writes_checks_and_deletions_to_the_subject_it_names(client: RegistryClient) -> None:
    client.register("real", V1)
    client.put("/config/other", {"alias": "real"})
    assert client.check("other/versions/latest", record("new")).json == {"is_compatible": False}
    assert client.register("other", V2).json["version"] == 2
    assert client.get("/subjects").json == ["real"]
    assert client.get("/schemas?aliases=true&latestOnly=true").json[0]["aliases"] == ["other"]
    assert client.delete("/subjects/other/versions/1").json == 1
    assert client.put("/config/other", {"alias": None}).status == 200
    assert client.get("/subjects/other/versions").error == (404, 40401)


def test_an_alias_is_followed_one_step_and_within_its_context(client: RegistryClient) -> None:
    client.register(":.moved:real", V1)
    client.put("/config/:.moved:other", {"alias": "real"})
    client.put("/config/:.moved:third", {"alias": "other"})
    assert client.get("/subjects/:.moved:other/versions/1").json["subject"] == ":.moved:real"
    assert client.get("/contexts/.moved/subjects/other/versions").json == [1]
    assert client.get("/subjects/:.moved:third/versions").error == (404, 40401)


def test_the_modes_of_all_subjects_of_a_context_are_taken_away_at_once(client: RegistryClient) -> None:
    client.put("/mode/:.moved:", {"mode": "READONLY"})
    client.put("/mode/:.moved:a", {"mode": "READONLY"})
    client.put("/mode/a", {"mode": "READONLY"})
    assert client.delete("/mode/:.moved:?recursive=true").json == {"mode": "READONLY"}
    assert client.get("/mode/:.moved:a").error == (404, 40409)
    assert client.get("/mode/:.moved:").error == (404, 40409)
    assert client.get("/mode/a").json == {"mode": "READONLY"}


def test_settings_are_not_changed_where_nothing_may_be_written(client: RegistryClient) -> None:
    client.put("/mode/a", {"mode": "READONLY"})
    assert client.put("/config/a", {"compatibility": "NONE"}).error == (422, 42205)


def test_a_group_compares_versions_with_the_same_value_only(client: RegistryClient) -> None:
    client.put("/config/a", {"compatibilityGroup": "major"})
    client.register("a", V1, metadata={"properties": {"major": "1"}})
    other = record("code")
    assert client.register("a", other, metadata={"properties": {"major": "1"}}).error == (409, 409)
    assert client.register("a", other, metadata={"properties": {"major": "2"}}).status == 200
    assert client.register("a", V2, metadata={"properties": {"major": "1"}}).status == 200
    assert client.register("a", other, metadata={"properties": {}}).status == 200


def test_schemas_are_listed_by_the_type_of_their_rules(client: RegistryClient) -> None:
    rule = {"name": "r", "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "expr": "true"}
    client.register("a", V1, ruleSet={"domainRules": [rule]})
    client.register("b", V1)
    assert [one["subject"] for one in client.get("/schemas?ruleType=CEL").json] == ["a"]


def test_normalizing_may_be_the_rule_of_a_subject(client: RegistryClient) -> None:
    client.put("/config/a", {"normalize": True})
    client.register("a", record({"name": "name", "type": {"type": "string", "b": 1, "a": 2}}))
    again = client.register("a", record({"name": "name", "type": {"a": 2, "b": 1, "type": "string"}}))
    assert (again.json["id"], client.get("/subjects/a/versions").json) == (1, [1])
