"""What the HTTP intake takes: every event is judged as the consumer will judge it, before any is appended.

What needs a registry's tables is asked of `find_known`, where it is given: an id that was used for other
content, a correction of another key. An event that corrects one the hub has not read yet is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple, Protocol

from hub.log.interface import NewRecord, Position
from producers.catalogue import AcceptedSchema
from producers.cloud_events import ReceivedEvent, headers_of
from producers.errors import EventInvalid, IntakeRefused
from producers.field_values import from_json_fields
from schemas.avro import Field, RecordSchema
from schemas.decoding import compile_decoder
from schemas.definition import KEY_SEPARATOR, Definition, EventRule
from schemas.encoding import compile_encoder
from schemas.errors import EnvelopeError, ValueInvalid, WireError
from schemas.event import Envelope, from_headers, identity_digest, organisation_of
from schemas.times import format_instant
from schemas.wire import frame, schema_id_of

MAX_KEY_BYTES = 1024
MAX_ID_CHARACTERS = 200
MAX_RECORD_BYTES = 1_000_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()


class IntakeSchema(AcceptedSchema, Protocol):
    """One accepted schema with its subject."""

    @property
    def subject(self) -> str: ...


class IntakeDepartment(Protocol):
    """A department, as `hub.control.state.Department` has it."""

    @property
    def organisation(self) -> str: ...


class IntakeState(Protocol):
    """What the intake reads of a control state; `hub.control.state.ControlState` is one."""

    @property
    def schemas(self) -> Mapping[int, IntakeSchema]: ...

    @property
    def schema_ids(self) -> Mapping[str, int]: ...

    @property
    def subjects(self) -> Mapping[str, Sequence[IntakeSchema]]: ...

    @property
    def definitions(self) -> Mapping[str, Definition]: ...

    @property
    def departments(self) -> Mapping[str, IntakeDepartment]: ...

    def is_draft_schema(self, schema_id: int) -> bool: ...

    def is_free_schema(self, schema_id: int) -> bool: ...


class KnownEvent(NamedTuple):
    """An event the hub knows: its key, what tells its content (`identity_digest`), and its position."""

    key: str
    digest: bytes
    position: Position


# registry, source, event id
FindKnown = Callable[[str, str, str], KnownEvent | None]
# state, record, envelope -> None, or reason and message
CheckSignature = Callable[[Any, NewRecord, Envelope], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class JudgedEvent:
    """An event that will be taken. `known` is the position it has already."""

    record: NewRecord
    envelope: Envelope
    digest: bytes
    known: Position | None = None


class Intake:
    """Judges the events that department `department` posts to `topic`, under one control state."""

    def __init__(
        self,
        state: IntakeState,
        department: str,
        topic: str,
        *,
        schema_url: str = "urn:hub:schemas",
        find_known: FindKnown | None = None,
        check_signature: CheckSignature | None = None,
    ) -> None:
        self._state = state
        self._topic = topic
        self._schema_url = schema_url.rstrip("/")
        self._find_known = find_known
        self._check_signature = check_signature
        self._definition = self._open_topic(department)
        self._organisation = state.departments[department].organisation

    def _open_topic(self, department: str) -> Definition:
        if department not in self._state.departments or self._topic.split(".")[0] != department:
            raise IntakeRefused("topic-forbidden", f"{department} may not post to {self._topic}", kind="forbidden")
        for definition in self._state.definitions.values():
            if self._topic in definition.topics:
                return definition
        raise IntakeRefused("unknown-topic", f"no registry reads the topic {self._topic}", kind="not-found")

    def judge(self, events: Sequence[ReceivedEvent]) -> tuple[list[JudgedEvent], list[IntakeRefused]]:
        """The events that can be taken, and why others cannot; only if none is refused may they be appended."""
        taken: dict[int, JudgedEvent] = {}
        refused: list[IntakeRefused] = []
        for index, event in enumerate(events):
            try:
                taken[index] = self._judge(event)
            except IntakeRefused as error:
                error.index = index
                refused.append(error)
        return list(taken.values()), sorted([*refused, *_reused_ids(taken)], key=lambda error: error.index or 0)

    def _judge(self, event: ReceivedEvent) -> JudgedEvent:
        try:
            record = self._record(event)
            envelope = from_headers(record.headers)
            self._check_envelope(envelope)
            rule, version = self._schema(record, envelope)
            fields = compile_decoder(version.schema)(record.value or b"")
        except EnvelopeError as error:
            raise IntakeRefused(error.code, str(error), field=error.header.removeprefix("ce_")) from error
        except WireError as error:
            raise IntakeRefused(error.code, str(error), field="data") from error
        _check_key(envelope, rule, version.schema, fields)
        _check_changed(rule, version.schema, fields)
        self._check_signed(record, envelope)
        return self._compared(JudgedEvent(record, envelope, identity_digest(record.key, record.value, record.headers)))

    def _record(self, event: ReceivedEvent) -> NewRecord:
        attributes, value = dict(event.attributes), event.value
        if event.data is not None:
            version = self._schema_for(attributes)
            attributes.setdefault("dataschema", f"{self._schema_url}/{version.guid}")
            value = frame(version.id, _encode(version.schema, event.data))
        record = NewRecord(self._topic, attributes.get("subject", "").encode(), value, headers_of(attributes))
        size = len(record.key or b"") + len(value or b"") + sum(len(n) + len(v) for n, v in record.headers)
        if size > MAX_RECORD_BYTES or len(record.key or b"") > MAX_KEY_BYTES:
            raise IntakeRefused("too-large", f"has {size} bytes, more than {MAX_RECORD_BYTES}, or a key too long")
        return record

    def _schema_for(self, attributes: Mapping[str, str]) -> IntakeSchema:
        """The schema that JSON data is encoded with: the one in `dataschema`, else the event's newest."""
        rule = self._rule(attributes.get("type", ""))
        guid = attributes.get("dataschema", "").rsplit("/", 1)[-1]
        schema_id = self._state.schema_ids.get(guid)
        if guid and (schema_id is None or self._state.schemas[schema_id].subject != rule.schema):
            raise IntakeRefused("wrong-schema", f"{guid} is no schema of {rule.type}", field="dataschema")
        if schema_id is not None:
            return self._state.schemas[schema_id]
        return self._state.subjects[rule.schema][-1]

    def _rule(self, event_type: str) -> EventRule:
        rule = self._definition.events.get(event_type)
        if rule is None:
            known = ", ".join(self._definition.events)
            message = f"{self._definition.registry} knows no event {event_type!r}; known are {known}"
            raise IntakeRefused("unknown-event-type", message, field="type")
        return rule

    def _schema(self, record: NewRecord, envelope: Envelope) -> tuple[EventRule, IntakeSchema]:
        rule = self._rule(envelope.type)
        schema_id = schema_id_of(record.value)
        version = self._state.schemas.get(schema_id)
        if version is None:
            raise self._schema_refused(schema_id)
        if version.subject != rule.schema:
            message = f"{envelope.type} is written with {rule.schema}, not with {version.subject}"
            raise IntakeRefused("wrong-schema", message, field="data")
        if version.guid != envelope.schema_guid:
            message = f"schema {schema_id} has the GUID {version.guid}, dataschema names another"
            raise IntakeRefused("wrong-schema", message, field="dataschema")
        return rule, version

    def _schema_refused(self, schema_id: int) -> IntakeRefused:
        if self._state.is_draft_schema(schema_id):
            message = f"schema {schema_id} is the draft of a proposal, which events never carry: use the approved one"
            return IntakeRefused("draft-schema", message, field="data")
        if self._state.is_free_schema(schema_id):
            message = f"schema {schema_id} belongs to a subject that no registry names"
            return IntakeRefused("wrong-schema", message, field="data")
        return IntakeRefused("unknown-schema", f"no schema has the id {schema_id}", field="data")

    def _check_envelope(self, envelope: Envelope) -> None:
        if organisation_of(envelope.source) != self._organisation:
            message = f"{envelope.source} is no source of the organisation {self._organisation}"
            raise IntakeRefused("source-not-allowed", message, kind="forbidden", field="source")
        for name, text in (("id", envelope.id), ("source", envelope.source), ("type", envelope.type)):
            if len(text) > MAX_ID_CHARACTERS or "\0" in text:
                raise IntakeRefused("bad-header", f"has more than {MAX_ID_CHARACTERS} characters or U+0000", field=name)

    def _check_signed(self, record: NewRecord, envelope: Envelope) -> None:
        if not self._definition.signatures or self._check_signature is None:
            return
        fault = self._check_signature(self._state, record, envelope)
        if fault is not None:
            raise IntakeRefused(*fault, field="signature")

    def _compared(self, event: JudgedEvent) -> JudgedEvent:
        """`event` beside what the hub knows of its id and of the event it corrects."""
        envelope = event.envelope
        known = self._known(envelope.source, envelope.id)
        if known is not None and known.digest != event.digest:
            message = f"{envelope.source} used the id {envelope.id} for another event"
            raise IntakeRefused("id-reused", message, kind="conflict", field="id")
        corrected = self._known(envelope.source, envelope.corrects) if envelope.corrects else None
        if corrected is not None and corrected.key != envelope.subject:
            message = f"{envelope.corrects} is an event of the key {corrected.key!r}"
            raise IntakeRefused("corrects-other-key", message, field="corrects")
        return event if known is None else replace(event, known=known.position)

    def _known(self, source: str, event_id: str) -> KnownEvent | None:
        if self._find_known is None:
            return None
        return self._find_known(self._definition.registry, source, event_id)


def _encode(schema: RecordSchema, data: Mapping[str, Any]) -> bytes:
    try:
        return compile_encoder(schema)(from_json_fields(schema, data))
    except ValueInvalid as error:
        raise IntakeRefused("undecodable", error.message, field=f"data.{error.field}") from error
    except EventInvalid as error:
        raise IntakeRefused("undecodable", error.reason, field=f"data.{error.field}") from error


def _check_key(envelope: Envelope, rule: EventRule, schema: RecordSchema, fields: Mapping[str, Any]) -> None:
    if "\0" in envelope.subject:
        raise IntakeRefused("key-mismatch", "the subject holds U+0000", field="subject")
    names = rule.key or ((rule.survivor,) if rule.survivor else ())
    if not names:
        return
    parts = [fields[name] for name in names]
    told = None
    if not any(part is None for part in parts):
        told = KEY_SEPARATOR.join(_key_part(schema.fields[name], fields[name]) for name in names)
    if told != envelope.subject:
        message = f"the fields say the key {told!r}, the subject says {envelope.subject!r}"
        raise IntakeRefused("key-mismatch", message, field="subject")


def _key_part(field: Field, value: Any) -> str:
    """A decoded value as it stands in a key; dates are days and instants microseconds here."""
    if field.kind == "date":
        return date.fromordinal(_EPOCH_DAY + value).isoformat()
    return format_instant(value) if field.kind == "instant" else str(value)


def _check_changed(rule: EventRule, schema: RecordSchema, fields: Mapping[str, Any]) -> None:
    unknown = [name for name in fields["changed"] if name not in schema.fields] if rule.operation == "patch" else []
    if unknown:
        raise IntakeRefused(
            "undecodable", f"names {unknown[0]!r}, which is no field of the event", field="data.changed"
        )


def _reused_ids(taken: Mapping[int, JudgedEvent]) -> list[IntakeRefused]:
    """Refusals of events of one request that share an id and not their content."""
    first: dict[tuple[str, str], bytes] = {}
    refused = []
    for index, event in taken.items():
        identity = (event.envelope.source, event.envelope.id)
        if first.setdefault(identity, event.digest) != event.digest:
            message = f"the id {event.envelope.id} stands twice, with other content"
            refused.append(IntakeRefused("id-reused", message, kind="conflict", field="id", index=index))
    return refused
