"""An import keeps every id or changes nothing, and says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.schema_registry.transfer import importing
from hub.schema_registry.transfer.contents import Contents, MovedVersion, moved_into
from hub.schema_registry.transfer.errors import ImportRefused
from hub.schema_registry.transfer.importing import import_contents
from schemas.stored_text import Content, Reference
from tests.schema_registry.client import record
from tests.schema_registry.moving import Town, answers, fill, govern, opened_town

ACTOR = "test"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with opened_town(tmp_path / "town") as town:
        yield town


def version(
    subject: str, number: int, schema_id: int, schema: object, refs: tuple[Reference, ...] = (), type_: str = "AVRO"
) -> MovedVersion:
    text = schema if isinstance(schema, str) else json.dumps(schema, separators=(",", ":"))
    return MovedVersion(subject, number, schema_id, Content(text, refs), type=type_)


def contents(*versions: MovedVersion) -> Contents:
    return Contents({one.place: one for one in versions})


def collisions(town: Town, theirs: Contents) -> list[tuple[str, str, int, int]]:
    """Code, subject, version and id of every collision; the registry must be as it was."""
    before = answers(town.client)
    with pytest.raises(ImportRefused) as refused:
        import_contents(town.store, theirs, actor=ACTOR)
    assert answers(town.client) == before
    return [(one.code, one.subject, one.version, one.id) for one in refused.value.collisions]


def refusals(town: Town, theirs: Contents) -> list[tuple[str, str, int]]:
    with pytest.raises(ImportRefused) as refused:
        import_contents(town.store, theirs, actor=ACTOR)
    assert town.contents.versions == {}
    return [(one.code, one.subject, one.version) for one in refused.value.refused]


def test_an_id_of_other_content_collides(town: Town) -> None:
    town.client.register("ours", '"string"')
    theirs = contents(version("theirs", 1, 1, '"long"'), version("sound", 1, 9, '"int"'))
    assert collisions(town, theirs) == [("id-taken", "theirs", 1, 1)]


def test_a_collision_names_what_stands_here(town: Town) -> None:
    town.client.register("ours", '"string"')
    with pytest.raises(ImportRefused) as refused:
        import_contents(town.store, contents(version("theirs", 1, 1, '"long"')), actor=ACTOR)
    told = "id-taken: theirs theirs version 1 (id 1); here the id 1 is another content: ours version 1"
    assert [str(one) for one in refused.value.collisions] == [told]


def test_content_under_another_id_collides(town: Town) -> None:
    town.client.register("ours", '"string"')
    assert collisions(town, contents(version("theirs", 1, 7, '"string"'))) == [("content-known", "theirs", 1, 7)]


def test_the_same_content_under_its_id_is_a_new_version_of_it(town: Town) -> None:
    town.client.register("ours", '"string"')
    import_contents(town.store, contents(version("theirs", 4, 1, '"string"')), actor=ACTOR)
    assert town.client.get("/schemas/ids/1/versions").json == [
        {"subject": "ours", "version": 1},
        {"subject": "theirs", "version": 4},
    ]


def test_a_version_of_other_content_collides(town: Town) -> None:
    town.client.register("ours", '"string"')
    assert collisions(town, contents(version("ours", 1, 7, '"long"'))) == [("version-taken", "ours", 1, 7)]


def test_an_id_deleted_for_good_is_not_given_again(town: Town) -> None:
    town.client.register("ours", '"string"')
    town.client.delete("/subjects/ours")
    town.client.delete("/subjects/ours?permanent=true")
    assert collisions(town, contents(version("theirs", 1, 1, '"long"'))) == [("id-taken", "theirs", 1, 1)]


def test_a_version_deleted_here_alone_collides(town: Town) -> None:
    town.client.register("ours", '"string"')
    town.client.delete("/subjects/ours")
    assert collisions(town, contents(version("ours", 1, 1, '"string"'))) == [("deleted-here", "ours", 1, 1)]


def test_other_settings_collide(town: Town) -> None:
    town.client.put("/config/ours", {"compatibility": "FULL"})
    theirs = Contents()
    theirs.set_config("ours", {"compatibilityLevel": "NONE"})
    assert collisions(town, theirs) == [("setting-taken", "ours", 0, 0)]


@pytest.fixture
def governed(town: Town, tmp_path: Path) -> Town:
    """A hub with a registry, whose subjects are managed."""
    govern(town, tmp_path / "town")
    return town


def test_a_subject_that_a_registry_governs_is_refused(governed: Town) -> None:
    subject = governed.client.get("/subjects").json[0]
    assert collisions(governed, contents(version(subject, 9, 99, '"long"'))) == [("managed", subject, 9, 99)]


def test_settings_of_a_subject_that_a_registry_governs_are_refused(governed: Town) -> None:
    theirs, subject = Contents(), governed.client.get("/subjects").json[0]
    theirs.set_config(subject, {"compatibilityLevel": "NONE"})
    assert collisions(governed, theirs) == [("managed", subject, 0, 0)]


def test_what_a_registry_governs_and_stands_already_is_left_alone(governed: Town) -> None:
    assert governed.contents.versions
    assert import_contents(governed.store, governed.contents, actor=ACTOR).changes == 0


def test_what_a_registry_governs_here_is_free_where_it_is_moved(governed: Town, tmp_path: Path) -> None:
    with opened_town(tmp_path / "elsewhere") as elsewhere:
        import_contents(elsewhere.store, governed.contents, actor=ACTOR)
        assert elsewhere.contents == governed.contents


def test_everything_fits_into_a_context_of_its_own(town: Town, tmp_path: Path) -> None:
    fill(town.client)
    with opened_town(tmp_path / "theirs") as theirs:
        theirs.client.register("elsewhere", '"float"')
        fill(theirs.client)
        assert collisions(town, theirs.contents) != []
        import_contents(town.store, moved_into(theirs.contents, "theirs"), actor=ACTOR)
        for place, one in theirs.contents.versions.items():
            context = ".theirs" if one.context == "." else ".theirs" + one.context
            bare = one.subject.rpartition(":")[2]
            assert town.contents.versions[f":{context}:{bare}", place[1]].id == one.id
        found = town.client.get("/contexts/.theirs/schemas/ids/1").json
        assert found["schema"] == '"float"'


def test_settings_of_all_hold_for_the_context_they_are_moved_into(town: Town) -> None:
    theirs = Contents()
    theirs.set_config("", {"compatibilityLevel": "NONE"})
    theirs.set_mode(":.a:", "READONLY")
    import_contents(town.store, moved_into(theirs, "b"), actor=ACTOR)
    assert town.client.get("/config").json == {"compatibilityLevel": "BACKWARD"}
    assert town.client.get("/config/%3A.b%3A").json == {"compatibilityLevel": "NONE"}
    assert town.client.get("/mode/%3A.b.a%3A").json == {"mode": "READONLY"}


def test_what_is_referred_to_comes_first(town: Town) -> None:
    refs = (Reference("town.Address", "z", 1),)
    referring = record({"name": "at", "type": "town.Address"}, name="Person")
    theirs = contents(version("a", 1, 5, referring, refs), version("z", 1, 4, record("s", name="town.Address")))
    assert [one.subject for one in import_contents(town.store, theirs, actor=ACTOR).versions] == ["z", "a"]
    assert town.client.get("/subjects/z/versions/1/referencedby").json == [5]


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (version("s", 1, 1, {"type": "record", "name": "a-b", "fields": []}), "unsound"),
        (version("s", 1, 1, "no json"), "unsound"),
        (version("s", 1, 1, record(name="A"), (Reference("town.X", "nobody", 1),)), "unsound"),
        (version("s", 1, 1, record(name="A", doc="\ud800")), "unsound"),
        (version("s", 1, 1, "syntax = 'proto3';", type_="PROTOBUF"), "not-avro"),
        (version("s", 1, 2**30, '"int"'), "id-outside"),
        (version("s", 1, 0, '"int"'), "id-outside"),
        (version("s", 0, 1, '"int"'), "id-outside"),
        (version("__GLOBAL", 1, 1, '"int"'), "name-invalid"),
        (version("s", 1, 1, record(name="A", doc="x" * 900_001)), "too-large"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(town: Town, one: MovedVersion, code: str) -> None:
    sound = version("sound", 1, 8, '"double"')
    assert refusals(town, contents(one, sound)) == [(code, one.subject, one.version)]


def test_one_content_under_two_ids_of_the_source_is_refused(town: Town) -> None:
    theirs = contents(version("a", 1, 1, '"int"'), version("b", 1, 2, ' {"type": "int"}'))
    assert refusals(town, theirs) == [("source-contradicts-itself", "b", 1)]


def test_the_rest_is_imported_where_that_is_asked_for(town: Town) -> None:
    bad, sound = version("s", 1, 1, "no json"), version("sound", 1, 8, '"double"')
    plan = import_contents(town.store, contents(bad, sound), actor=ACTOR, skip_invalid=True)
    assert [one.subject for one in plan.refused] == ["s"]
    assert town.client.get("/subjects").json == ["sound"]


def test_what_refers_to_something_left_out_is_left_out_too(town: Town) -> None:
    refs = (Reference("town.Address", "z", 1),)
    referring = record({"name": "at", "type": "town.Address"}, name="Person")
    theirs = contents(version("a", 1, 5, referring, refs), version("z", 1, 4, "no json"))
    plan = import_contents(town.store, theirs, actor=ACTOR, skip_invalid=True)
    assert sorted((one.code, one.subject) for one in plan.refused) == [("unsound", "a"), ("unsound", "z")]


def test_a_repeat_finishes_what_was_begun(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    theirs = contents(*[version(f"s{n}", 1, n, record(name=f"R{n}")) for n in range(1, 9)])
    theirs.set_config("s1", {"compatibilityLevel": "FULL"})

    def die(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_contents(town.store, theirs, actor=ACTOR, progress=die)
    assert len(town.contents.versions) == 3
    plan = import_contents(town.store, theirs, actor=ACTOR)
    assert (plan.same, len(plan.versions)) == (3, 5)
    assert town.contents == theirs


def test_an_id_that_somebody_takes_meanwhile_is_found_before_it_is_given_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    theirs = contents(version("a", 1, 1, '"int"'), version("b", 1, 2, '"long"'))

    def register_another(done: int) -> None:
        if done == 1:
            assert town.client.register("quick", '"float"').json["id"] == 2

    with pytest.raises(ImportRefused) as refused:
        import_contents(town.store, theirs, actor=ACTOR, progress=register_another)
    assert [(one.code, one.id) for one in refused.value.collisions] == [("id-taken", 2)]
    assert town.client.get("/schemas/ids/2").json["schema"] == '"float"'


def test_a_version_that_somebody_takes_meanwhile_is_found(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    theirs = contents(version("a", 1, 1, '"int"'), version("b", 1, 7, '"long"'))

    def register_another(done: int) -> None:
        if done == 1:
            town.client.register("b", '"float"')

    with pytest.raises(ImportRefused) as refused:
        import_contents(town.store, theirs, actor=ACTOR, progress=register_another)
    assert [one.code for one in refused.value.collisions] == ["version-taken"]


def test_a_deletion_there_follows_here(town: Town) -> None:
    town.client.register("s", '"int"')
    theirs = contents(MovedVersion("s", 1, 1, Content('"int"'), deleted=True))
    import_contents(town.store, theirs, actor=ACTOR)
    assert town.client.get("/subjects?deletedOnly=true").json == ["s"]
