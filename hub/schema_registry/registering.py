"""Registers versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hub.control.claims import Claims, context_of
from hub.control.governance import FIRST_DRAFT_ID, is_draft_context
from hub.control.journal import Change
from hub.schema_registry.associations import has_strong_association
from hub.schema_registry.errors import Incompatible, NotPermitted, SchemaInvalid
from hub.schema_registry.lookups import Given, objections, parse
from hub.schema_registry.populating import following, populated, with_tags
from hub.schema_registry.reads import StoredVersion, SubjectState
from hub.schema_registry.requests import SchemaRequest
from hub.schema_registry.rules import check_rules
from hub.schema_registry.sameness import find_same
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.subjects import check_subject, qualify
from schemas.stored_text import Content

_MAX_VERSION = 2**31 - 1


def register(store: SchemaStore, subject: str, request: SchemaRequest, actor: str) -> StoredVersion:
    """Register a schema under the subject; content that stands there already is the version it has.

    Raises `Incompatible`, `SchemaInvalid`, `NotPermitted`, `Forbidden`, `ControlUnavailable`.
    """
    check_subject(subject)
    referenced = [qualify(context_of(subject), one.subject) for one in request.references]

    def attempt() -> StoredVersion:
        state = store.state(subject, referenced)
        found, given = _decide(store, state, request)
        if found is not None:
            return found
        deleted = _find_deleted(state, given, request)
        if deleted is not None:
            facts = {"subject": subject, "versions": [deleted.version]}
            store.write(state, lambda claims: [("VersionsRestored", facts)], actor, referenced)
            return replace(deleted, deleted=False)
        version = _version_for(state, request)
        made: list[StoredVersion] = []

        def commit(claims: Claims) -> Sequence[Change]:
            schema_id = _choose_id(claims, subject, given.content, request.id)
            made[:] = [_new_version(subject, version, schema_id, given.content)]
            return [("SubjectVersionRegistered", facts_of(made[0]))]

        store.write(state, commit, actor, referenced)
        return made[0]

    return store.repeat(attempt)


def _decide(store: SchemaStore, state: SubjectState, request: SchemaRequest) -> tuple[StoredVersion | None, Given]:
    """The version that has the content already, if any; else nothing objects to a new one."""
    found, given = _find_standing(store, state, request)
    if found is not None:
        return found, given
    store.check_free(state)
    _check_mode(state, request)
    _check_references(store, state, given)
    if not request.force and state.mode != "IMPORT":
        reasons = objections(store, state, given, earlier=state.active[::-1])
        if reasons:
            raise Incompatible(state.subject, reasons)
    return None, given


def find_registered(store: SchemaStore, subject: str, request: SchemaRequest) -> StoredVersion | None:
    """The version of the subject that has this schema already; changes nothing.

    Raises `Forbidden` where it is a new schema of a managed subject, `SchemaInvalid`.
    """
    state = store.reads.state(check_subject(subject))
    found = _find_standing(store, state, request)[0] if state.active else None
    if found is None:
        store.check_free(state)
    return found


def _find_standing(
    store: SchemaStore, state: SubjectState, request: SchemaRequest
) -> tuple[StoredVersion | None, Given]:
    """The version that is what was asked for: as it was sent, else with what was left out; and the latter."""
    check_rules(request.rules)
    request = with_tags(state, request)
    if request.text:
        given = parse(store, state, request)
        found = _find_asked(store, state, given, request)
        if found is not None:
            return found, given
    given = parse(store, state, populated(state, request))
    return _find_asked(store, state, given, request), given


def _find_asked(store: SchemaStore, state: SubjectState, given: Given, request: SchemaRequest) -> StoredVersion | None:
    """A version is asked for by its number together with an id only; -1 asks for the newest."""
    if request.version < 0:
        chosen = [] if request.tags_to_add or request.tags_to_remove else state.active[-1:]
        state = replace(state, versions=chosen)
    elif request.version:
        state = replace(state, versions=[one for one in state.active if one.version == request.version and request.id])
    found = find_same(store.parser, state, given.content, any_metadata=False, deleted=False)
    return None if found is None or request.id not in (0, found.id) else found


def _find_deleted(state: SubjectState, given: Given, request: SchemaRequest) -> StoredVersion | None:
    """The softly deleted version that is imported once more, as it was."""
    wanted = (request.version, request.id, given.content.guid)
    asked = state.versions if state.mode == "IMPORT" else ()
    return next((one for one in asked if one.deleted and (one.version, one.id, one.guid) == wanted), None)


def _check_references(store: SchemaStore, state: SubjectState, given: Given) -> None:
    """A subject that its topic owns is not referred to, nor a draft, which a revision takes away, nor, but by an
    import, what is deleted."""
    for one in given.content.references:
        subject = qualify(context_of(state.subject), one.subject)
        if is_draft_context(context_of(subject)):
            raise SchemaInvalid(42201, f"Invalid schema reference: '{one.subject}' is the draft of a proposal")
        if state.mode != "IMPORT" and store.reads.find_version(subject, one.version, deleted=False) is None:
            raise SchemaInvalid(
                42201, f"Invalid schema reference: version {one.version} of subject '{one.subject}' is deleted"
            )
        if has_strong_association(store.engine, subject):
            raise NotPermitted(42205, f"Subject '{one.subject}' has a strong association and cannot be referenced")


def _check_mode(state: SubjectState, request: SchemaRequest) -> None:
    if request.id and state.mode != "IMPORT":
        raise NotPermitted(
            42205, f"Subject {state.subject} in context {context_of(state.subject)} is not in import mode"
        )
    if not request.id and state.mode != "READWRITE":
        raise NotPermitted(
            42205, f"Subject {state.subject} in context {context_of(state.subject)} is not in read-write mode"
        )


def _version_for(state: SubjectState, request: SchemaRequest) -> int:
    next_version = following(state)
    if request.version in (0, -1, next_version):
        return next_version
    if state.mode != "IMPORT":
        raise SchemaInvalid(42201, f"Version is not one more than previous version, which is {next_version - 1}")
    if any(one.version == request.version for one in state.versions):
        raise NotPermitted(
            42205, f"Version {request.version} of subject {state.subject} stands already with other content"
        )
    if not 0 < request.version <= _MAX_VERSION:
        raise SchemaInvalid(42202, f"The specified version '{request.version}' is not a valid version id.")
    return request.version


def _choose_id(claims: Claims, subject: str, content: Content, wanted: int) -> int:
    """The id of the content in its context, the one wanted, or the next; never one of another content."""
    context = context_of(subject)
    known, last = claims.place_of(context, content.guid)
    if not wanted:
        return known or last + 1
    if known is not None and known != wanted:
        raise NotPermitted(
            42205, f"The schema has the id {known} in context {context} already; import it with {wanted} elsewhere"
        )
    if known is None and claims.has_id(context, wanted):
        raise NotPermitted(
            42205, f"Overwrite new schema with id {wanted} is not permitted: import into a context of its own"
        )
    if not 0 < wanted < FIRST_DRAFT_ID:
        raise NotPermitted(42205, f"The id {wanted} is outside 1 to {FIRST_DRAFT_ID - 1}: higher ones are drafts")
    return wanted


def _new_version(subject: str, version: int, schema_id: int, content: Content) -> StoredVersion:
    return StoredVersion(
        subject=subject, version=version, id=schema_id, deleted=False, at=0, guid=content.guid, content=content
    )


def facts_of(made: StoredVersion) -> dict[str, Any]:
    """The fields of the `SubjectVersionRegistered` that tells of it."""
    content = made.content
    return {
        "subject": made.subject,
        "version": made.version,
        "id": made.id,
        "guid": made.guid,
        "text": content.text,
        "references": [
            {"name": one.name, "subject": one.subject, "version": one.version} for one in content.references
        ],
        "metadata": content.metadata or None,
        "ruleSet": content.rules or None,
    }
