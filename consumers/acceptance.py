"""Decides whether a record of the log is an event of a registry, under the control state of its order record.

Everything here can be repeated from the log alone: the same record under the same control state is accepted
again, or set aside again for the same reason. What needs the registry's tables (identity, corrections) is
decided in `consumers.identity`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from consumers.signatures import check_signature
from hub.control.state import ControlState
from hub.log.interface import Record
from hub.registries.rows import Payload, json_converter, pack_headers
from schemas.avro import Field, RecordSchema
from schemas.decoding import compile_decoder
from schemas.definition import KEY_SEPARATOR, Definition, EventRule
from schemas.errors import AvroInvalid, EnvelopeError, WireError
from schemas.event import Envelope, from_headers, identity_digest, organisation_of
from schemas.wire import schema_id_of

MAX_KEY_BYTES = 1024
MAX_ID_CHARACTERS = 200
MAX_VALUE_BYTES = 1_000_000

Fields = dict[str, Any]


@dataclass(slots=True)
class Accepted:
    """An event of the registry. `number` and `target` are given where it takes its place among the entries."""

    record: Record
    envelope: Envelope
    schema_id: int
    fields: Fields
    claimant: str
    digest: bytes
    headers: bytes
    number: int = 0
    target: int | None = None
    recorded_at: int = 0
    payload: Payload | None = None  # of a put decided elsewhere; then `fields` and the record's headers are empty


class Rejected(NamedTuple):
    """A record set aside: a stable reason code, a message, and as much of the envelope as could be read."""

    record: Record
    code: str
    message: str
    envelope: Envelope | None
    recorded_at: int = 0


class Refusal(Exception):
    """Why a record is set aside; never leaves this module."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _Plan:
    """What is known once for all events of one source, topic, type and schema."""

    decode: Callable[[bytes], Fields]
    fold_fields: Callable[[bytes], Fields] | None
    key: Callable[[Fields], str | None] | None
    patches: bool
    names: Collection[str] = field(default_factory=tuple)


class Acceptance:
    """Accepts the events of one registry for the tables that `definition` (the newest) describes."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._plans: dict[tuple[str, str, str, int, str], _Plan] = {}
        self._decoders: dict[str, Callable[..., Fields]] = {}
        self._plans_at = -1

    def decide(self, record: Record, state: ControlState) -> Accepted | Rejected:
        """`record` as an event of the registry, or why it is none, as `state` says."""
        if state.offset != self._plans_at:
            self._plans.clear()
            self._plans_at = state.offset
        envelope: Envelope | None = None
        try:
            _check_size(record)
            schema_id = schema_id_of(record.value)
            envelope = from_headers(record.headers)
            return self._accept(record, envelope, schema_id, state)
        except (Refusal, WireError, EnvelopeError) as error:
            return Rejected(record, error.code, str(error), envelope)

    def fields_of(self, value: bytes, schema_id: int, event_type: str, state: ControlState) -> Fields:
        """The fields of an event accepted before, as the definition's newest schema sees them."""
        schema = state.schemas[schema_id].schema
        resolve = self._fold_decoder(schema, self.definition.events.get(event_type))
        return (resolve or self._decoder(schema))(value)

    def _accept(self, record: Record, envelope: Envelope, schema_id: int, state: ControlState) -> Accepted:
        identity = (record.topic, envelope.source, envelope.type, schema_id, envelope.dataschema)
        plan = self._plans.get(identity)
        if plan is None:
            plan = self._plan(record, envelope, schema_id, state)
            self._plans[identity] = plan
        value = record.value or b""
        fields = plan.decode(value)
        _check_key(record, envelope, plan, fields)
        if plan.patches:
            _check_changed(fields, plan)
        if state.definitions[self.definition.registry].signatures:
            refused = check_signature(state, record, envelope)
            if refused is not None:
                raise Refusal(*refused)
        if plan.fold_fields is not None:
            fields = plan.fold_fields(value)
        return Accepted(
            record,
            envelope,
            schema_id,
            fields,
            self.claimant(envelope),
            identity_digest(record.key, record.value, record.headers),
            pack_headers(record.headers),
        )

    def claimant(self, envelope: Envelope) -> str:
        """Nobody ('') where the source decides, else the source without its incarnation."""
        if self.definition.decides(envelope.source, envelope.type, envelope.valid_from):
            return ""
        return envelope.source.split(";")[0]

    def _plan(self, record: Record, envelope: Envelope, schema_id: int, state: ControlState) -> _Plan:
        definition = state.definitions[self.definition.registry]
        version = state.schemas.get(schema_id)
        if version is None and state.is_draft_schema(schema_id):
            raise Refusal(
                "draft-schema",
                f"schema {schema_id} is the draft of a proposal, which events never carry: the approved schema has "
                "an id of its own",
            )
        if version is None and state.is_free_schema(schema_id):
            raise Refusal("wrong-schema", f"schema {schema_id} belongs to a subject that no registry names")
        if version is None:
            raise Refusal("unknown-schema", f"no schema has the id {schema_id}")
        rule = definition.events.get(envelope.type)
        if rule is None:
            raise Refusal(
                "unknown-event-type",
                f"{definition.registry} knows no event {envelope.type!r}; known are {', '.join(definition.events)}",
            )
        if version.subject != rule.schema:
            raise Refusal("wrong-schema", f"{envelope.type} is written with {rule.schema}, not with {version.subject}")
        if version.guid != envelope.schema_guid:
            raise Refusal(
                "wrong-schema", f"schema {schema_id} has the GUID {version.guid}, ce_dataschema names another"
            )
        _check_source(record.topic, envelope.source, state)
        _check_texts(envelope)
        return _Plan(
            decode=self._decoder(version.schema),
            fold_fields=self._fold_decoder(version.schema, self.definition.events.get(envelope.type)),
            key=compile_key(rule, version.schema),
            patches=rule.operation == "patch",
            names=version.schema.fields.keys(),
        )

    def _decoder(self, schema: RecordSchema) -> Callable[..., Fields]:
        known = self._decoders.get(schema.guid)
        if known is None:
            known = self._decoders[schema.guid] = compile_decoder(schema)
        return known

    def _fold_decoder(self, schema: RecordSchema, rule: EventRule | None) -> Callable[..., Fields] | None:
        """How an older event is read as the newest schema sees it; None where nothing is to be done."""
        newest = self.definition.schemas.get(rule.schema) if rule is not None else None
        if newest is None or newest.guid == schema.guid:
            return None
        name = f"{schema.guid} {newest.guid}"
        known = self._decoders.get(name)
        if known is None:
            try:
                known = compile_decoder(schema, newest)
            except AvroInvalid:
                known = self._decoder(schema)
            self._decoders[name] = known
        return known


def _check_size(record: Record) -> None:
    if len(record.key or b"") > MAX_KEY_BYTES:
        raise Refusal("too-large", f"the key has more than {MAX_KEY_BYTES} bytes")
    if len(record.value or b"") > MAX_VALUE_BYTES:
        raise Refusal("too-large", f"the value has more than {MAX_VALUE_BYTES} bytes")


def _check_texts(envelope: Envelope) -> None:
    for name, text in (("ce_source", envelope.source), ("ce_type", envelope.type)):
        if len(text) > MAX_ID_CHARACTERS:
            raise Refusal("bad-header", f"{name} has more than {MAX_ID_CHARACTERS} characters")


def _check_source(topic: str, source: str, state: ControlState) -> None:
    department = state.department_of_topic(topic)
    if department is None or organisation_of(source) != department.organisation:
        raise Refusal("source-not-allowed", f"{source} may not write to {topic}")


def _check_key(record: Record, envelope: Envelope, plan: _Plan, fields: Fields) -> None:
    if len(envelope.id) > MAX_ID_CHARACTERS or "\0" in envelope.id:
        raise Refusal("bad-header", f"ce_id has more than {MAX_ID_CHARACTERS} characters, or holds U+0000")
    subject = envelope.subject
    if record.key is None or record.key != subject.encode() or "\0" in subject:
        raise Refusal("key-mismatch", f"the record's key is not its ce_subject {subject!r}")
    if plan.key is not None:
        told = plan.key(fields)
        if told != subject:
            raise Refusal("key-mismatch", f"the fields say the key {told!r}, ce_subject says {subject!r}")


def _check_changed(fields: Fields, plan: _Plan) -> None:
    for name in fields["changed"]:
        if name not in plan.names:
            raise Refusal("undecodable", f"changed names {name!r}, which is no field of the event")


def compile_key(rule: EventRule, schema: RecordSchema) -> Callable[[Fields], str | None] | None:
    """A function from an event's fields to its key; None where the rule does not tell.

    Each part stands as in the record's JSON: dates and instants as ISO, whole numbers in decimal.
    """
    names = rule.key or ((rule.survivor,) if rule.survivor else ())
    if not names:
        return None
    if len(names) == 1 and schema.fields[names[0]].kind in ("string", "enum", "uuid"):
        only = names[0]
        return lambda fields: fields[only]
    parts = [(name, _key_part(schema.fields[name])) for name in names]

    def key(fields: Mapping[str, Any]) -> str | None:
        if any(fields[name] is None for name in names):
            return None
        return KEY_SEPARATOR.join([convert(fields[name]) for name, convert in parts])

    return key


def _key_part(field_: Field) -> Callable[[Any], str]:
    if field_.kind in ("string", "enum", "uuid"):
        return str
    convert = json_converter(field_)
    return (lambda value: str(convert(value))) if convert is not None else str
