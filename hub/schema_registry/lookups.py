"""Finds versions, contents and verdicts; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hub.control.claims import DEFAULT_CONTEXT, context_of
from hub.schema_registry.aliases import resolve_alias
from hub.schema_registry.config import LEVEL, Config, json_text
from hub.schema_registry.errors import schema_not_found, subject_not_found, version_not_found
from hub.schema_registry.parsing import Parsed
from hub.schema_registry.reads import StoredVersion, SubjectState
from hub.schema_registry.requests import SchemaRequest
from hub.schema_registry.sameness import find_same
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import bare_name, qualify
from hub.schema_registry.verdicts import Earlier, reasons_against, told_settings
from schemas.stored_text import Content, Reference

LATEST = -1
RESERVED = "confluent:reserved"


@dataclass(frozen=True, slots=True)
class Given:
    """A request parsed for a subject, and what it would be kept as."""

    parsed: Parsed
    content: Content


def names_of(store: SchemaStore, subject: str) -> list[str]:
    """Where a subject is looked for: itself, and unqualified in every other context."""
    names = [subject]
    if not subject.startswith(":"):
        names += [qualify(one, subject) for one in store.reads.list_searched_contexts() if one != DEFAULT_CONTEXT]
    return names


def get_version(store: SchemaStore, subject: str, version: int, *, deleted: bool = False) -> StoredVersion:
    """A version of the subject (`LATEST`: the newest not deleted); raises `NotFound`."""
    wanted = None if version == LATEST else version
    found = store.reads.find_version(subject, wanted, deleted=deleted)
    if found is not None:
        return found
    names = names_of(store, subject)
    for name in names[1:]:
        found = store.reads.find_version(name, wanted, deleted=deleted)
        if found is not None:
            return found
    if any(_versions_of(store, name, deleted=deleted) for name in names):
        raise version_not_found(version)
    raise subject_not_found(subject)


def get_versions(store: SchemaStore, subject: str, *, deleted: bool) -> list[StoredVersion]:
    """The versions of the subject, oldest first; raises `NotFound` where there are none."""
    found = _versions_of(store, subject, deleted=deleted)
    if found:
        return found
    for name in names_of(store, subject)[1:]:
        found = _versions_of(store, name, deleted=deleted)
        if found:
            return found
    raise subject_not_found(subject)


def look_up(store: SchemaStore, subject: str, request: SchemaRequest, *, deleted: bool) -> StoredVersion:
    """The version of the subject that has this schema; raises `NotFound`, `SchemaInvalid`."""
    known = False
    for state in _states_of(store, subject):
        if not (state.versions if deleted else state.active):
            continue
        known = True
        given = parse(store, state, request, is_new=False)
        found = find_same(store.parser, state, given.content, any_metadata=request.metadata is None, deleted=deleted)
        if found is not None:
            return found
    raise schema_not_found() if known else subject_not_found(subject)


def _states_of(store: SchemaStore, subject: str) -> Iterator[SubjectState]:
    """Where the subject is looked for; other contexts are asked for only once its own has not got it."""
    yield store.reads.state(subject)
    for name in names_of(store, subject)[1:]:
        yield store.reads.state(name)


def check_versions(store: SchemaStore, subject: str, request: SchemaRequest, *, version: int | None) -> list[str]:
    """Why the schema may not follow one version of the subject, or those its level names (None)."""
    state = store.reads.state(subject)
    given = parse(store, state, request)
    earlier = state.active[::-1]
    if version == LATEST:
        earlier = earlier[:1]
    elif version is not None:
        earlier = [one for one in earlier if one.version == version]
        if not earlier:
            raise version_not_found(version)
    return objections(store, state, given, earlier=earlier)


def objections(store: SchemaStore, state: SubjectState, given: Given, *, earlier: list[StoredVersion]) -> list[str]:
    """The reasons against, by the level and the group of the subject; `earlier` from the newest."""
    reserved = _reserved_objections(given, earlier, state.config)
    reasons = _level_objections(store, state, given, earlier=earlier)
    if reserved and not reasons:
        reserved.append(told_settings(state.config))
    return [*reserved, *reasons]


def _reserved_objections(given: Given, earlier: list[StoredVersion], config: Config) -> list[str]:
    """Against fields that the metadata reserve (`confluent:reserved`), and against freeing one; where asked for."""
    if not config.get("validateFields"):
        return []
    reserved = _reserved(given.content)
    freed = _reserved(earlier[0].content) - reserved if earlier else set()
    used = reserved & {one.name for one in getattr(given.parsed.type, "fields", ())}
    return [
        *(
            f"The new schema has reserved field {one} removed from its metadata which is present in the old schema's "
            "metadata."
            for one in sorted(freed)
        ),
        *(f"The new schema has field that conflicts with the reserved field {one}." for one in sorted(used)),
    ]


def _reserved(content: Content) -> set[str]:
    listed = content.property_of(RESERVED) or ""
    return {one.strip() for one in listed.split(",")} - {""}


def _level_objections(
    store: SchemaStore, state: SubjectState, given: Given, *, earlier: list[StoredVersion]
) -> list[str]:
    if state.config[LEVEL] == "NONE":
        return []
    group = state.config.get("compatibilityGroup")
    if group:
        own = given.content.property_of(group)
        earlier = [one for one in earlier if one.content.property_of(group) == own]
    compared = (
        Earlier(one.version, one.content.text, store.parser.parse(one.subject, one.content, is_new=False).type)
        for one in earlier
    )
    return reasons_against(given.parsed.type, compared, state.config)


def parse(store: SchemaStore, state: SubjectState, request: SchemaRequest, *, is_new: bool = True) -> Given:
    """The request as it would stand under the subject; raises `SchemaInvalid`. What is imported is not new, and the
    setting to normalize does not hold for it."""
    normalized = request.normalize or (state.mode != "IMPORT" and bool(state.config.get("normalize")))
    references = tuple(_pinned(store, state.subject, one) for one in request.references)
    if normalized:
        references = tuple(sorted(references, key=lambda one: one.name))
    content = Content(request.text, references, json_text(request.metadata), json_text(request.rules))
    is_new = is_new and state.mode != "IMPORT"
    parsed = store.parser.parse(state.subject, content, normalized=normalized, is_new=is_new)
    return Given(parsed, replace(content, text=parsed.text))


def find_content(store: SchemaStore, schema_id: int, subject: str | None, context: str) -> tuple[str, str, Content]:
    """Context, GUID and content of an id; a subject tells the context where the path does not. Raises `NotFound`."""
    for one in _contexts_for(store, schema_id, subject, context):
        found = store.reads.find_content(one, schema_id)
        if found is not None:
            return one, *found
    raise schema_not_found(schema_id)


def _contexts_for(store: SchemaStore, schema_id: int, subject: str | None, context: str) -> list[str]:
    if subject is None or context != DEFAULT_CONTEXT:
        return [context]
    subject = resolve_alias(store.engine, subject)
    if subject.startswith(":."):
        return [context_of(subject)]
    contexts = store.reads.list_searched_contexts()
    if contexts == [DEFAULT_CONTEXT]:
        return contexts
    having = [
        one
        for one in contexts
        if any(bare_name(found.subject) == subject for found in store.reads.list_versions_of(one, schema_id))
    ]
    return [*having, DEFAULT_CONTEXT]


def _pinned(store: SchemaStore, subject: str, reference: Reference) -> Reference:
    """A reference to the latest version (-1) as one to the number it has now."""
    if reference.version != LATEST:
        return reference
    found = store.reads.find_version(qualify(context_of(subject), reference.subject), None, deleted=False)
    return reference if found is None else replace(reference, version=found.version)


def _versions_of(store: SchemaStore, subject: str, *, deleted: bool) -> list[StoredVersion]:
    return [one for one in store.reads.list_versions(subject) if deleted or not one.deleted]
