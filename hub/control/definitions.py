"""The changes that register schemas and define a registry, and the rules a definition must keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.control.errors import ControlConflict, ControlRefused
from hub.control.fold import content_guid
from hub.control.journal import Change
from hub.control.state import ControlState
from schemas.avro import RecordSchema
from schemas.definition import Definition

REFUSED_CLASSES = (None, "personal", "sensitive")


def definition_changes(
    state: ControlState, definition: Definition, *, text: str, schemas: Iterable[RecordSchema]
) -> list[Change]:
    """Registers what of `schemas` is new, then defines the registry with the ids its schemas have by then."""
    changes = schema_changes(state, schemas)
    ids = state.schema_ids | {facts["guid"]: facts["id"] for _, facts in changes}
    facts = {
        "registry": definition.registry,
        "version": definition.version,
        "text": text,
        "schemas": {name: ids[schema.guid] for name, schema in definition.schemas.items()},
    }
    return [*changes, ("RegistryDefined", facts)]


def schema_changes(state: ControlState, schemas: Iterable[RecordSchema]) -> list[Change]:
    """Registers what of `schemas` the hub does not have, each with the next version and id."""
    changes: list[Change] = []
    next_id = state.last_schema_id + 1
    for schema, version in new_versions(state, schemas):
        known_id = _id_of_content(state, schema)
        facts = {
            "subject": schema.full_name,
            "version": version,
            "id": known_id or next_id,
            "guid": schema.guid,
            "text": schema.text,
        }
        changes.append(("SchemaRegistered", facts))
        next_id += 0 if known_id else 1
    return changes


def new_versions(state: ControlState, schemas: Iterable[RecordSchema]) -> list[tuple[RecordSchema, int]]:
    """Those of `schemas` that the hub does not have, with the version each would get."""
    found: list[tuple[RecordSchema, int]] = []
    versions = dict(state.last_versions)
    known = set(state.schema_ids)
    for schema in schemas:
        if schema.guid not in known:
            known.add(schema.guid)
            versions[schema.full_name] = versions.get(schema.full_name, 0) + 1
            found.append((schema, versions[schema.full_name]))
    return found


def check_definition(state: ControlState, definition: Definition, schemas: Sequence[RecordSchema] = ()) -> None:
    """Raise `ControlConflict` for a version that is not higher, `ControlRefused` for a department the hub does not
    know or a class it cannot keep; `schemas` are looked at beside those the definition names."""
    known = state.definitions.get(definition.registry)
    if known is not None and definition.version <= known.version:
        raise ControlConflict(
            f"registry {definition.registry} stands at version {known.version}; a changed definition needs a higher one"
        )
    for writer in (*definition.writers, definition.custodian):
        if writer not in state.departments:
            raise ControlRefused(
                f"registry {definition.registry} names the unknown department {writer!r}: add it first"
            )
    for schema in (*definition.schemas.values(), *schemas):
        _check_classes(schema)


def _check_classes(schema: RecordSchema) -> None:
    for one in schema.fields.values():
        if one.classification in REFUSED_CLASSES:
            raise ControlRefused(
                f"{schema.full_name}.{one.name} has the class {one.classification}: personal and sensitive fields "
                "are refused until they can be encrypted per subject, and every field needs a class"
            )


def _id_of_content(state: ControlState, schema: RecordSchema) -> int | None:
    """The id a free subject gave to the same content; an id never gets a second schema of a registry."""
    found = state.content_ids.get(content_guid(schema.text))
    return None if found is None or found in state.schemas else found
