"""What was exported is imported as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from hub.contracts.odcs import export_contract
from hub.contracts.odcs_import import import_contract
from hub.registries.digests import definition_digest
from schemas.definition import Definition
from schemas.packaged import load_definitions
from tests.contracts_odcs.examples import DEFINITIONS, hub_facts, read_back
from tests.contracts_odcs.strategies import definitions

WELLS = Path(__file__).parents[2] / "examples" / "wells"


def guids(definition: Definition) -> dict[str, str]:
    return {name: schema.guid for name, schema in definition.schemas.items()}


def assert_same(found: Definition, wanted: Definition) -> None:
    """Equal in everything but the white space of the schemas' JSON."""
    assert guids(found) == guids(wanted)
    assert replace(found, schemas={}) == replace(wanted, schemas={})
    assert list(found.record) == list(wanted.record)
    assert list(found.events) == list(wanted.events)


def again(definition: Definition) -> Definition:
    return read_back(*import_contract(export_contract(definition, hub_facts(definition))))


@pytest.mark.parametrize("registry", sorted(DEFINITIONS))
def test_a_packaged_registry_comes_back_as_it_was(registry: str) -> None:
    definition = DEFINITIONS[registry]
    found = again(definition)
    assert_same(found, definition)
    assert definition_digest(found) == definition_digest(definition)


def test_the_schemas_come_back_in_their_files_form() -> None:
    (wells,) = load_definitions(WELLS)
    _, schemas = import_contract(export_contract(wells.definition, hub_facts()))
    assert sorted(schemas) == sorted(one.text for one in wells.versions)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions())
def test_any_registry_comes_back_as_it_was(definition: Definition) -> None:
    assert_same(again(definition), definition)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions())
def test_what_was_imported_is_exported_alike(definition: Definition) -> None:
    facts = hub_facts(definition)
    text = export_contract(definition, facts)
    assert export_contract(read_back(*import_contract(text)), facts) == text
