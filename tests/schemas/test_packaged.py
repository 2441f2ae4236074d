"""Folders of schemas and definitions: the packaged ones, and those of another city."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.avro import RecordSchema
from schemas.errors import AvroInvalid, DefinitionError
from schemas.packaged import list_versions, load_definitions, load_schemas
from tests.schemas.builders import field, record

FIRST = record(field("code", "string"), name="TreePlanted", namespace="other.trees")
SECOND = record(
    field("code", "string"), field("kind", "string", default=""), name="TreePlanted", namespace="other.trees"
)
THIRD = record(
    field("code", "string"), field("kind", "string", default="oak"), name="TreePlanted", namespace="other.trees"
)
DEFINITION = """
registry: trees
title: {vi: Cây, en: Trees}
description: {vi: Cây, en: Trees}
custodian: parks
licence: CC0-1.0
attribution: Another city
cadence: P1D
limit: P2D
writers: [parks]
events: {TreePlanted: {operation: put, key: code}}
title_field: code
"""


def write(folder: Path, **schemas: RecordSchema) -> Path:
    (folder / "avsc" / "trees").mkdir(parents=True)
    (folder / "registries").mkdir()
    (folder / "registries" / "trees.yaml").write_text(DEFINITION, encoding="utf-8")
    for name, schema in schemas.items():
        file = folder / "avsc" / "trees" / f"{name.replace('_', '.')}.avsc"
        file.write_text(json.dumps(json.loads(schema.text), indent=1), encoding="utf-8")
    return folder


def test_another_citys_folder_is_loaded_instead_of_ours(tmp_path: Path) -> None:
    folder = write(tmp_path, TreePlanted=FIRST)
    assert list(load_schemas(folder)) == ["other.trees.TreePlanted"]
    assert [one.definition.registry for one in load_definitions(folder)] == ["trees"]
    assert load_definitions(folder)[0].text == DEFINITION


def test_older_versions_are_kept_and_come_before_the_newest(tmp_path: Path) -> None:
    older = {"TreePlanted_v2": SECOND, "TreePlanted_v1": FIRST}
    folder = write(tmp_path, TreePlanted=THIRD, **older)
    assert [one.guid for one in list_versions("trees", folder)] == [FIRST.guid, SECOND.guid, THIRD.guid]
    assert load_schemas(folder)["other.trees.TreePlanted"].guid == THIRD.guid
    packaged = load_definitions(folder)[0]
    assert [one.guid for one in packaged.versions] == [FIRST.guid, SECOND.guid, THIRD.guid]
    assert packaged.definition.schemas["other.trees.TreePlanted"].guid == THIRD.guid


def test_the_tenth_version_comes_after_the_ninth(tmp_path: Path) -> None:
    older = {"TreePlanted_v10": SECOND, "TreePlanted_v9": FIRST}
    folder = write(tmp_path, TreePlanted=THIRD, **older)
    assert [one.guid for one in list_versions("trees", folder)] == [FIRST.guid, SECOND.guid, THIRD.guid]


def test_a_file_whose_record_has_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AvroInvalid, match=r"avsc/trees/TreeFelled\.avsc: the record is called TreePlanted"):
        load_schemas(write(tmp_path, TreeFelled=FIRST))


def test_a_definition_whose_registry_is_not_its_file_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, TreePlanted=FIRST)
    (folder / "registries" / "trees.yaml").write_text(DEFINITION.replace("registry: trees", "registry: oaks"))
    with pytest.raises(DefinitionError, match=r"registries/trees\.yaml: registry: 'oaks' is not the file's name"):
        load_definitions(folder)


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    assert (load_schemas(tmp_path), load_definitions(tmp_path)) == ({}, [])


def test_every_packaged_definition_is_read_with_its_schemas() -> None:
    packaged = load_definitions()
    assert {"admin-units", "heritage-sites", "rainfall", "ticket-prices"} <= {
        one.definition.registry for one in packaged
    }
    newest = load_schemas()
    for one in packaged:
        for name, schema in one.definition.schemas.items():
            assert newest[name].guid == schema.guid
