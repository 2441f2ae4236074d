"""Compatibility: levels, checks, and the words of refusal."""

from __future__ import annotations

import pytest

from tests.schema_registry.client import RegistryClient, optional, record

V1, V2 = record("name"), record("name", optional("mail"))
MISSING = record("name", "mail")


def test_what_breaks_the_level_is_refused_in_confluents_words(client: RegistryClient) -> None:
    client.register("a", V1)
    found = client.register("a", MISSING)
    assert found.error == (409, 409)
    message = found.json["message"]
    assert message.startswith(
        'Schema being registered is incompatible with an earlier schema for subject "a", details: ['
    )
    assert (
        "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'mail' at path '/fields/1' in the new "
        "schema has no default value and is missing in the old schema', additionalInfo:'mail'}, {oldSchemaVersion: 1}"
    ) in message
    assert message.endswith("{validateFields: 'false', compatibility: 'BACKWARD'}]")


def test_forward_swaps_new_and_old(client: RegistryClient) -> None:
    client.put("/config", {"compatibility": "FORWARD"})
    client.register("a", MISSING)
    assert (
        "in the old schema has no default value and is missing in the new schema"
        in client.register("a", V1).json["message"]
    )


def test_a_check_answers_without_registering(client: RegistryClient) -> None:
    client.register("a", V1)
    assert client.check("a/versions/latest", V2).json == {"is_compatible": True}
    assert client.check("a/versions/1", MISSING).json == {"is_compatible": False}
    verbose = client.check("a/versions/", MISSING, "?verbose=true").json
    assert verbose["is_compatible"] is False
    assert "READER_FIELD_MISSING_DEFAULT_VALUE" in verbose["messages"][0]
    assert client.get("/subjects/a/versions").json == [1]


def test_a_check_against_what_is_not_there(client: RegistryClient) -> None:
    client.register("a", V1)
    assert client.check("none/versions/latest", V1).json == {"is_compatible": True}
    assert client.check("none/versions", V1).json == {"is_compatible": True}
    assert client.check("a/versions/7", V1).error == (404, 40402)
    assert client.check("a/versions/x", V1).error == (422, 42202)
    assert client.check("a/versions/latest", "{", "?verbose=true").json["is_compatible"] is False


def test_transitive_levels_look_at_every_version(client: RegistryClient) -> None:
    client.register("a", record("x"))
    client.put("/config/a", {"compatibility": "BACKWARD"})
    client.register("a", record("x", optional("y")))
    client.register("a", record(optional("y")))
    wanted = record(optional("y"), "x")
    client.put("/config/a", {"compatibility": "NONE"})
    client.register("a", wanted)
    client.register("a", record(optional("z")))
    client.put("/config/a", {"compatibility": "FORWARD"})
    assert client.register("a", record(optional("q"))).status == 200
    client.put("/config/a", {"compatibility": "FORWARD_TRANSITIVE"})
    assert client.register("a", record(optional("r"))).error == (409, 409)


@pytest.mark.parametrize("level", ["none", "Backward", "FULL_TRANSITIVE"])
def test_levels_are_taken_in_any_case(client: RegistryClient, level: str) -> None:
    assert client.put("/config/a", {"compatibility": level}).json == {"compatibility": level.upper()}
    assert client.get("/config/a").json == {"compatibilityLevel": level.upper()}


def test_an_unknown_level_is_refused(client: RegistryClient) -> None:
    found = client.put("/config", {"compatibility": "sideways"})
    assert found.error == (422, 42203)
    assert found.json["message"].startswith("Invalid compatibility level. Valid values are none, backward, ")


def test_settings_of_a_subject_fall_back_when_asked(client: RegistryClient) -> None:
    assert client.get("/config").json == {"compatibilityLevel": "BACKWARD"}
    assert client.get("/config/a").error == (404, 40408)
    assert client.get("/config/a?defaultToGlobal=true").json == {"compatibilityLevel": "BACKWARD"}
    client.put("/config", {"compatibility": "FULL"})
    assert client.get("/config/a?defaultToGlobal=True").json == {"compatibilityLevel": "FULL"}
    client.put("/config/a", {"compatibility": "NONE"})
    assert client.delete("/config/a").json == {"compatibilityLevel": "NONE"}
    assert client.delete("/config/a").error == (404, 40401)
    assert client.delete("/config").json == {"compatibilityLevel": "FULL"}
    assert client.get("/config").json == {"compatibilityLevel": "BACKWARD"}


def test_a_group_compares_only_with_its_own(client: RegistryClient) -> None:
    client.put("/config/a", {"compatibilityGroup": "major"})
    client.register("a", V1, metadata={"properties": {"major": "1"}})
    assert client.register("a", MISSING, metadata={"properties": {"major": "2"}}).status == 200
    assert client.register("a", record("name", "phone"), metadata={"properties": {"major": "1"}}).error == (409, 409)


def test_force_registers_what_the_level_refuses(client: RegistryClient) -> None:
    client.register("a", V1)
    assert client.register("a", MISSING, "?force=true").json["version"] == 2
