"""Writes control events: one SQL transaction gives each its number, the log acknowledges it, then it is answered.

The table `control_events` is the outbox of `hub.control`. Two processes that write at once get different
numbers by its primary key; the one that loses decides again on the newer state.
"""

from __future__ import annotations

import itertools
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

from sqlalchemy import Connection, Engine, select

from hub.control.candidates import newest_schemas
from hub.control.definitions import check_definition, definition_changes, new_versions, schema_changes
from hub.control.errors import ControlConflict, ControlRefused, ControlUnavailable
from hub.control.fold import apply_encoded
from hub.control.governance import ADMINISTRATOR, ROLES
from hub.control.journal import Change, Journal, control_events
from hub.control.state import ControlState, Department, SchemaVersion
from hub.log.interface import Log
from schemas.avro import RecordSchema, parse_record_schema
from schemas.definition import Definition, parse_definition

ORDER_TOPIC_PREFIX = "hub.order."
_ATTEMPTS = 50
_ED25519_BYTES = 32
_ORGANISATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ControlStore:
    """The one way to change the control plane. `now` gives microseconds UTC; `acknowledged` is called in the
    transaction that notes what the log has, for tables that follow it."""

    def __init__(
        self,
        engine: Engine,
        log: Log,
        *,
        now: Callable[[], int],
        actor: str = "hub",
        acknowledged: Callable[[Connection], None] | None = None,
    ) -> None:
        self._engine = engine
        self._log = log
        self._actor = actor
        self._lock = threading.RLock()
        self._state = ControlState()
        self._journal = Journal(engine, log, now=now, acknowledged=acknowledged)

    @property
    def state(self) -> ControlState:
        """The newest acknowledged state."""
        with self._lock:
            self._journal.relay()
            self._refresh()
            return self._state

    def commit(self, decide: Callable[[ControlState], Sequence[Change]], *, actor: str | None = None) -> ControlState:
        """Commit what `decide` answers on the newest state, all of it or nothing; the state once the log has it.

        `decide` is asked again where another writer was first; what it raises is raised here.
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                self._journal.relay()
                self._refresh()
                changes = decide(self._state)
                if not changes or self._journal.commit_after(self._state.number, changes, actor or self._actor):
                    self._journal.relay()
                    self._refresh()
                    return self._state
            raise ControlUnavailable("too many others change the control plane at this moment: repeat")

    def add_department(self, *, code: str, organisation: str, name_vi: str, name_en: str, contact: str) -> Department:
        """Add a department, or change the facts of one; its organisation stays what it was."""
        wanted = Department(code, organisation, name_vi, name_en, contact)

        def decide(state: ControlState) -> list[Change]:
            known = state.departments.get(code)
            if known == wanted:
                return []
            if known is not None and known.organisation != organisation:
                raise ControlConflict(f"department {code} has the organisation code {known.organisation} already")
            facts = {
                "code": code,
                "organisation": organisation,
                "nameVi": name_vi,
                "nameEn": name_en,
                "contact": contact,
            }
            return [("DepartmentAdded", facts)]

        return self.commit(decide).departments[code]

    def register_schema(self, text: str) -> SchemaVersion:
        """Register a schema under its full name; the same content again gives the same version."""
        schema = parse_record_schema(text)
        state = self.commit(lambda state: schema_changes(state, [schema]))
        return state.schemas[state.schema_ids[schema.guid]]

    def define_registry(self, text: str, schemas: Iterable[str] = ()) -> Definition:
        """Register `schemas`, create the topics, define the registry; from then on every process works with it.

        The same text again changes nothing. Raises `ControlConflict` unless a changed text has a higher version.
        """
        parsed = [parse_record_schema(one) for one in schemas]
        topics_made: set[str] = set()

        def decide(state: ControlState) -> list[Change]:
            definition = parse_definition(text, _newest_schemas(state, parsed))
            known = state.definitions.get(definition.registry)
            same = known is not None and state.definition_texts[definition.registry] == text
            if same and not new_versions(state, parsed):
                return []
            check_definition(state, definition)
            self.create_topics(definition, topics_made)
            return definition_changes(state, definition, text=text, schemas=parsed)

        state = self.commit(decide)
        return state.definitions[parse_definition(text, _newest_schemas(state, parsed)).registry]

    def issue_token(self, department: str) -> str:
        """A new secret of `department`, told once; the control log keeps its SHA-256."""
        token = secrets.token_urlsafe(32)
        digest = sha256(token.encode()).hexdigest()

        def decide(state: ControlState) -> list[Change]:
            if department not in state.departments:
                raise ControlRefused(f"there is no department {department!r}; known are {', '.join(state.departments)}")
            return [("TokenIssued", {"department": department, "sha256": digest})]

        self.commit(decide)
        return token

    def revoke_token(self, digest: str) -> None:
        """The token with this SHA-256 (hex) opens nothing any more."""
        self.commit(lambda state: [("TokenRevoked", {"sha256": digest})] if digest in state.tokens else [])

    def register_key(self, *, key_id: str, organisation: str, public_key: bytes) -> None:
        """Signatures with `key_id` are checked with this Ed25519 key (32 bytes) of `organisation`."""

        if len(public_key) != _ED25519_BYTES:
            raise ControlRefused(f"an Ed25519 public key has {_ED25519_BYTES} bytes, this one {len(public_key)}")

        def decide(state: ControlState) -> list[Change]:
            if key_id in state.keys:
                raise ControlConflict(f"the key id {key_id!r} is taken; a new key gets a new id")
            return [("KeyRegistered", {"keyId": key_id, "organisation": organisation, "publicKey": public_key})]

        self.commit(decide)

    def revoke_key(self, key_id: str) -> None:
        """Signatures with `key_id` are refused from now on."""
        self.commit(lambda state: [("KeyRevoked", {"keyId": key_id})] if key_id in state.keys else [])

    def issue_access_key(self, *, role: str, organisation: str, holder: str) -> tuple[str, str]:
        """Id and secret of a new access key; the secret is told once, the control log keeps its SHA-256.

        Raises `ControlRefused` for a role that is none, or an organisation no department has (administrators may
        be of one that has none).
        """
        secret = secrets.token_urlsafe(32)
        made: list[str] = []

        def decide(state: ControlState) -> list[Change]:
            _check_access_key(state, role, organisation)
            made[:] = [_next_key_id(state, organisation)]
            facts = {
                "keyId": made[0],
                "sha256": sha256(secret.encode()).hexdigest(),
                "role": role,
                "organisation": organisation,
                "holder": holder,
            }
            return [("AccessKeyIssued", facts)]

        self.commit(decide)
        return made[0], secret

    def revoke_access_key(self, key_id: str, *, reason: str) -> None:
        """The secret of this key opens nothing any more; raises `ControlRefused` where there is no such key."""

        def decide(state: ControlState) -> list[Change]:
            if key_id not in state.access_key_ids:
                known = ", ".join(sorted(one.key_id for one in state.access_keys.values())) or "none yet"
                raise ControlRefused(f"there is no access key {key_id!r}; those are {known}")
            if all(one.key_id != key_id for one in state.access_keys.values()):
                return []
            return [("AccessKeyRevoked", {"keyId": key_id, "reason": reason})]

        self.commit(decide)

    def decide_dead_letter(
        self, registry: str, topic: str, partition: int, offset: int, *, decision: str, note: str
    ) -> None:
        """Record that the dead letter at a position was `retried` or `discarded`."""
        kind = {"retried": "DeadLetterRetried", "discarded": "DeadLetterDiscarded"}[decision]
        facts = {"registry": registry, "topic": topic, "partition": partition, "offset": offset, "note": note}
        self.commit(lambda state: [(kind, facts)])

    def create_topics(self, definition: Definition, made: set[str]) -> None:
        """Create the topics of a registry, but for those in `made`, to which they are added."""
        for topic in definition.topics:
            if topic not in made:
                self._log.create_topic(topic, definition.partitions)
                made.add(topic)
        self._log.create_topic(ORDER_TOPIC_PREFIX + definition.registry, 1)

    def _refresh(self) -> None:
        newer = (
            select(control_events.c.value)
            .where(control_events.c.number > self._state.number, control_events.c.log_offset.is_not(None))
            .order_by(control_events.c.number)
        )
        with self._engine.connect() as connection:
            for (value,) in connection.execute(newer):
                apply_encoded(self._state, value)


def _check_access_key(state: ControlState, role: str, organisation: str) -> None:
    if role not in ROLES:
        raise ControlRefused(f"there is no role {role!r}; those are {', '.join(ROLES)}")
    known = sorted({one.organisation for one in state.departments.values()})
    if role != ADMINISTRATOR and organisation not in known:
        raise ControlRefused(
            f"no department has the organisation code {organisation!r}; those are {', '.join(known) or 'none yet'}: "
            "add the department first (huehub department add). Only an administrator may be of another organisation"
        )
    if not _ORGANISATION.fullmatch(organisation):
        raise ControlRefused(
            f"the organisation code {organisation!r} has letters, digits, dots, hyphens and underscores only, so that "
            "its key ids can be sent as a user's name"
        )


def _next_key_id(state: ControlState, organisation: str) -> str:
    """The organisation and a number; no id is given twice, also not that of a revoked key."""
    beginning = organisation.lower()
    numbers = itertools.count(1)
    return next(name for number in numbers if (name := f"{beginning}-{number}") not in state.access_key_ids)


def _newest_schemas(state: ControlState, given: Iterable[RecordSchema]) -> Mapping[str, RecordSchema]:
    """The schemas a definition may name: those given with it, else the newest the hub knows."""
    own = {schema.full_name: schema for schema in given}
    return own or newest_schemas(state)
