"""What a request would do to the registries as they stand: the new definition, the new schemas, or the change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.control.candidates import newest_schemas
from hub.control.definitions import check_definition, new_versions
from hub.control.governance import KINDS, OPEN, Draft, Proposal
from hub.control.state import ControlState
from hub.governance.errors import NothingChanges, ProposalInvalid, SubjectUnknown
from hub.governance.requests import ProposalRequest
from hub.governance.usage import naming_definitions
from schemas.avro import RecordSchema, parse_record_schema
from schemas.compatibility import LEVELS
from schemas.definition import Definition, parse_definition

_VERSION = re.compile(r"^(version:[ \t]*)(\d+)", re.MULTILINE)
LEVEL = "compatibilityLevel"


@dataclass(frozen=True, slots=True)
class NewSchema:
    """A schema the hub does not have, with the version it would get."""

    schema: RecordSchema
    version: int

    @property
    def subject(self) -> str:
        """The full name."""
        return self.schema.full_name


@dataclass(frozen=True, slots=True)
class Intention:
    """What would change. `candidate` and `text` are the definition's (define), `change` that of the other kinds."""

    kind: str
    registry: str
    text: str | None = None
    candidate: Definition | None = None
    schemas: tuple[NewSchema, ...] = ()
    change: dict[str, Any] = field(default_factory=dict)

    @property
    def change_text(self) -> str | None:
        """The change as a control event keeps it."""
        return json.dumps(self.change, ensure_ascii=False) if self.change else None

    def drafts(self, last_draft_id: int) -> list[Draft]:
        """The new schemas under the next draft ids."""
        return [
            Draft(one.subject, one.version, number, one.schema.guid, one.schema.text)
            for number, one in enumerate(self.schemas, last_draft_id + 1)
        ]


def intend(state: ControlState, request: ProposalRequest) -> Intention:
    """What `request` would do.

    Raises `ProposalInvalid`, `NothingChanges`, `SubjectUnknown`; `AvroInvalid` and `DefinitionError` for texts that
    cannot be read; `ControlConflict` and `ControlRefused` where the definition breaks a rule.
    """
    if request.kind not in KINDS:
        raise ProposalInvalid("unknown-kind", f"{request.kind!r} is no kind of proposal: {', '.join(KINDS)}")
    if not request.reason.strip():
        raise ProposalInvalid("reason-missing", "reason: a proposal says in a sentence why it is made")
    if request.kind == "define":
        return _define(state, request)
    _check_registry(state, request.registry)
    if request.kind == "configure":
        return _configure(state, request)
    return _choose_versions(state, request)


def intention_of(state: ControlState, proposal: Proposal) -> Intention:
    """What `proposal` would do to the state as it stands now; raises as `intend` does."""
    change = json.loads(proposal.change or "{}")
    return intend(
        state,
        ProposalRequest(
            kind=proposal.kind,
            registry=proposal.registry,
            reason=proposal.reason,
            definition=proposal.definition,
            schemas=tuple(one.text for one in proposal.drafts),
            subject=change.get("subject"),
            level=(change.get("config") or {}).get(LEVEL),
            versions=tuple(change.get("versions", ())),
        ),
    )


def find_same(state: ControlState, request: ProposalRequest) -> Proposal | None:
    """The newest proposal, open or closed, that asks for the same definition and the same new schemas."""
    given = [parse_record_schema(one, f"schemas[{index}]") for index, one in enumerate(request.schemas)]
    new = [schema.guid for schema, _ in new_versions(state, given)]
    for _, one in sorted(state.proposals.items(), reverse=True):
        asked = (one.kind, one.registry, one.definition, [draft.guid for draft in one.drafts])
        if asked == (request.kind, request.registry, request.definition, new):
            return one
    return None


def find_asked(state: ControlState, intention: Intention, key_id: str) -> Proposal | None:
    """The open proposal with which the key asks for just this."""
    wanted = (intention.kind, intention.registry, intention.text, intention.change_text)
    guids = [one.schema.guid for one in intention.schemas]
    for one in state.proposals.values():
        asked = (one.kind, one.registry, one.definition, one.change)
        if one.status == OPEN and one.key_id == key_id and asked == wanted and guids == [it.guid for it in one.drafts]:
            return one
    return None


def _define(state: ControlState, request: ProposalRequest) -> Intention:
    if request.definition is None and not request.schemas:
        raise ProposalInvalid(
            "definition-missing", "definition, schemas: one of the two is needed to define a registry"
        )
    given = [parse_record_schema(one, f"schemas[{index}]") for index, one in enumerate(request.schemas)]
    new = tuple(NewSchema(schema, version) for schema, version in new_versions(state, given))
    if not new and request.definition in (None, state.definition_texts.get(request.registry)):
        raise NothingChanges(f"registry {request.registry} stands like this already: nothing is proposed")
    text = _raised(state, request.registry) if request.definition is None else request.definition
    named = newest_schemas(state) | _by_name(one.schema for one in new)
    _check_newest(named, _by_name(given))
    candidate = parse_definition(text, named)
    if candidate.registry != request.registry:
        raise ProposalInvalid(
            "registry-differs",
            f"definition: it defines {candidate.registry!r}, the proposal is about {request.registry!r}",
        )
    if not new and candidate == state.definitions.get(request.registry):
        raise NothingChanges(f"registry {request.registry} says the same already, in other words: nothing is proposed")
    check_definition(state, candidate, [one.schema for one in new])
    return Intention("define", request.registry, text, candidate, new)


def _by_name(schemas: Iterable[RecordSchema]) -> dict[str, RecordSchema]:
    return {one.full_name: one for one in schemas}


def _check_newest(named: Mapping[str, RecordSchema], given: Mapping[str, RecordSchema]) -> None:
    """A definition works with the newest version of each subject; an older one given in its stead would not count."""
    for name, schema in given.items():
        if named[name].guid != schema.guid:
            raise ProposalInvalid(
                "schema-superseded",
                f"schemas: {name} is given as it was in an older version, and a newer one stands: give the newest, or "
                "change something in it, so that it becomes a version of its own",
            )


def _raised(state: ControlState, registry: str) -> str:
    """The definition in force with its version raised by one."""
    _check_registry(state, registry)
    text = state.definition_texts[registry]
    version = state.definitions[registry].version
    raised, count = _VERSION.subn(rf"\g<1>{version + 1}", text, count=1)
    if not count:
        raise ProposalInvalid(
            "definition-missing",
            f"definition: no line 'version: {version}' stands in the one in force, so give the new text yourself",
        )
    return raised


def _check_registry(state: ControlState, registry: str) -> None:
    if registry not in state.definitions:
        raise ProposalInvalid(
            "registry-unknown",
            f"registry: there is no {registry!r}; known are {', '.join(sorted(state.definitions)) or 'none'}. "
            "A new one needs a definition",
        )


def _configure(state: ControlState, request: ProposalRequest) -> Intention:
    subject = _subject_of(state, request)
    if request.level is not None and request.level not in LEVELS:
        raise ProposalInvalid("unknown-level", f"level: {request.level!r} is none of {', '.join(LEVELS)}")
    if state.subject_levels.get(subject) == request.level:
        raise NothingChanges(f"subject {subject} has this level already: nothing is proposed")
    config = None if request.level is None else {LEVEL: request.level}
    return Intention("configure", request.registry, change={"subject": subject, "config": config})


def _choose_versions(state: ControlState, request: ProposalRequest) -> Intention:
    subject = _subject_of(state, request)
    if not request.versions:
        raise ProposalInvalid("versions-missing", f"versions: say which versions of {subject}")
    known = {one.version for one in state.subjects[subject]}
    deleted = {version for name, version in state.deleted_versions if name == subject}
    versions = sorted(set(request.versions))
    for version in versions:
        if version not in known:
            raise SubjectUnknown(f"subject {subject} has no version {version}; there are {_listed(known)}")
    wrong = set(versions) & deleted if request.kind == "delete" else set(versions) - deleted
    if wrong:
        stands = "deleted already" if request.kind == "delete" else "not deleted"
        raise NothingChanges(f"subject {subject}: {_listed(wrong)} is {stands}; leave it out")
    return Intention(request.kind, request.registry, change={"subject": subject, "versions": versions})


def _subject_of(state: ControlState, request: ProposalRequest) -> str:
    if not request.subject:
        raise ProposalInvalid("subject-missing", f"subject: a proposal to {request.kind} names one")
    if request.subject not in state.subjects:
        raise SubjectUnknown(
            f"{request.subject} is no subject of a registry; free subjects are changed in the schema registry itself"
        )
    owners = [one.registry for one in naming_definitions(state, request.subject)]
    if owners and request.registry not in owners:
        raise ProposalInvalid(
            "registry-differs", f"registry: subject {request.subject} belongs to {', '.join(owners)}, propose it there"
        )
    return request.subject


def _listed(versions: Iterable[int]) -> str:
    return ", ".join(str(one) for one in sorted(versions))
