"""Questions to the tables. Everything answered here is acknowledged by the log."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    null,
    select,
)

from hub.control.claims import DEFAULT_CONTEXT, Claims, control_claims, revision_of
from hub.control.governance import MANAGED_LEVEL, is_draft_context
from hub.control.state import ControlState
from hub.schema_registry.answers import Cached, Moment
from hub.schema_registry.config import LEVEL, Config, merged
from hub.schema_registry.ownership import Ownership
from hub.schema_registry.subjects import GLOBAL, Prefix, scopes
from hub.schema_registry.tables import (
    SETTINGS_MARK,
    managed,
    marks,
    progress,
    references,
    schemas,
    settings,
    versions,
)
from schemas.stored_text import Content, Reference

DEFAULT_MODE = "READWRITE"


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of a subject with its content. `at` in microseconds."""

    subject: str
    version: int
    id: int
    deleted: bool
    at: int
    guid: str
    content: Content


@dataclass(frozen=True, slots=True)
class SubjectState:
    """What a decision about a subject rests on, and the revision that tells whether it still stands."""

    subject: str
    revision: int
    versions: list[StoredVersion]
    config: Config
    own_config: Config | None
    mode: str
    own_mode: str | None
    registry: str | None

    @property
    def active(self) -> list[StoredVersion]:
        """The versions not deleted, oldest first."""
        return [one for one in self.versions if not one.deleted]


_JOINED = (
    select(versions, schemas.c.guid, schemas.c.text, schemas.c.refs, schemas.c.metadata, schemas.c.rules)
    .join(schemas, and_(schemas.c.context == versions.c.context, schemas.c.id == versions.c.id))
    .order_by(versions.c.subject, versions.c.version)
)


# statements are built once: their cache keys are kept with them
_ONE: BindParameter[Any] = bindparam("subject")
_CHAIN: BindParameter[Any] = bindparam("chain", expanding=True)
_ACTIVE = _JOINED.where(versions.c.subject == _ONE, versions.c.deleted.is_(False))
_EVERY = _JOINED.where(versions.c.subject == _ONE)
_APPLIED = select(progress.c.applied)
_STANDING = select(revision_of(bindparam("names", expanding=True)).scalar_subquery(), _APPLIED.scalar_subquery())
_MOMENT = select(
    _APPLIED.scalar_subquery(),
    select(marks.c.number).where(marks.c.name == SETTINGS_MARK).scalar_subquery(),
    select(control_claims.c.number).where(control_claims.c.name == bindparam("name")).scalar_subquery(),
)
_SETTINGS = (
    select(settings.c.subject, settings.c.config, settings.c.mode, null().label("registry"))
    .where(settings.c.subject.in_(_CHAIN))
    .union_all(select(managed.c.subject, null(), null(), managed.c.registry).where(managed.c.subject == _ONE))
)
_CONTENT = select(schemas).where(schemas.c.context == bindparam("context"), schemas.c.id == bindparam("id"))
_HOLDERS = _JOINED.where(versions.c.context == bindparam("context"), versions.c.id == bindparam("id"))
_PURGES = select(progress.c.purges)
_ANY_MANAGED = select(managed.c.subject).limit(1)


def _newest(asked: Select[Any]) -> Select[Any]:
    return asked.order_by(None).order_by(versions.c.version.desc()).limit(1)


_FIRST_CONTEXT = select(func.min(versions.c.context).label("context")).cte("contexts", recursive=True)
_NEXT_CONTEXT = select(func.min(versions.c.context)).where(versions.c.context > _FIRST_CONTEXT.c.context)
_CONTEXTS = _FIRST_CONTEXT.union_all(
    select(_NEXT_CONTEXT.correlate(_FIRST_CONTEXT).scalar_subquery()).where(_FIRST_CONTEXT.c.context.is_not(None))
)
_LIST_CONTEXTS = select(_CONTEXTS.c.context).where(_CONTEXTS.c.context.is_not(None))
# (version told, deleted ones too) -> statement
_FIND_VERSION = {
    (False, False): _newest(_ACTIVE),
    (False, True): _newest(_EVERY),
    (True, False): _ACTIVE.where(versions.c.version == bindparam("version")),
    (True, True): _EVERY.where(versions.c.version == bindparam("version")),
}


class Reads:
    """Reads of one process. What is cached by id is dropped once a permanent deletion, a new context or another
    owner is seen."""

    FRESH_S = 0.1

    def __init__(self, engine: Engine, control: Callable[[], ControlState] = ControlState) -> None:
        self._engine = engine
        self._control = control
        self._ownership = Ownership(control)
        self._looked_at = -self.FRESH_S
        self._has_registries = False
        self._cached = Cached()
        self._listed: tuple[int, dict[Any, list[str]]] = (-1, {})

    def state(self, subject: str, also: Iterable[str] = ()) -> SubjectState:
        """`subject` as it stands; `also` names further subjects whose change would matter."""
        chain = scopes(subject)
        with self._connected() as connection:
            # what is read later can only be newer, and then the commit refuses
            names = [f"subject {one}" for one in {*chain, subject, *also}]
            revision, applied = connection.execute(_STANDING, {"names": names}).one()
            found = [self._stored(row) for row in connection.execute(_EVERY, {"subject": subject})]
            rows = connection.execute(_SETTINGS, {"chain": chain, "subject": subject}).all()
        registry = next((row.registry for row in rows if row.registry is not None), None)
        by_scope = {row.subject: row for row in rows if row.registry is None}
        own = by_scope.get(chain[0])
        configs = [json.loads(by_scope[one].config) for one in chain if one in by_scope and by_scope[one].config]
        own_config = json.loads(own.config) if own is not None and own.config else None
        modes = [by_scope[one].mode for one in chain if one in by_scope and by_scope[one].mode]
        return SubjectState(
            subject=subject,
            revision=(revision or 0) if (revision or 0) <= (applied or 0) else -1,
            versions=found,
            config=merged(configs) if registry is None else {LEVEL: MANAGED_LEVEL, **(own_config or {})},
            own_config=own_config,
            mode=modes[0] if modes and registry is None else DEFAULT_MODE,
            own_mode=own.mode if own is not None else None,
            registry=registry,
        )

    def find_version(self, subject: str, version: int | None, *, deleted: bool) -> StoredVersion | None:
        """One version, the latest where `version` is None."""
        asked = _FIND_VERSION[version is not None, deleted]
        with self._connected() as connection:
            row = connection.execute(asked, {"subject": subject, "version": version}).first()
        return None if row is None else self._stored(row)

    def list_versions(self, subject: str) -> list[StoredVersion]:
        """Every version, oldest first."""
        with self._connected() as connection:
            return [self._stored(row) for row in connection.execute(_EVERY, {"subject": subject})]

    def list_subjects(self, prefix: str, *, deleted: bool, only_deleted: bool) -> list[str]:
        """Names in order of their code points; what was answered is kept until something changes."""
        with self._connected() as connection:
            applied = _applied(connection)
            kept_at, kept = self._listed
            known = kept.get((prefix, deleted, only_deleted)) if kept_at == applied else None
            if known is not None:
                return known
            active = func.sum(_as_number(versions.c.deleted.is_(False)))
            asked = select(versions.c.subject).group_by(versions.c.subject)
            if only_deleted:
                asked = asked.having(active == 0)
            elif not deleted:
                asked = asked.having(active > 0)
            takes = Prefix(prefix).takes
            found = sorted(name for (name,) in connection.execute(asked) if takes(name))
        if kept_at != applied:
            kept = {}
            self._listed = (applied, kept)
        kept[prefix, deleted, only_deleted] = found
        return found

    def list_contexts(self) -> list[str]:
        """Contexts with something in them, the default one first."""
        with self._connected() as connection:
            found = set(connection.execute(_LIST_CONTEXTS).scalars())
        return sorted(found | {DEFAULT_CONTEXT})

    def list_searched_contexts(self) -> list[str]:
        """The contexts in which a name without one is looked for too: drafts are read in their own only."""
        return [one for one in self.list_contexts() if not is_draft_context(one)]

    def list_all(self, prefix: str, *, deleted: bool) -> list[StoredVersion]:
        """Every version of every subject that begins with `prefix`."""
        takes = Prefix(prefix).takes
        with self._connected() as connection:
            found = self._versions(connection, None if deleted else versions.c.deleted.is_(False))
        return sorted((one for one in found if takes(one.subject)), key=lambda one: (one.subject, one.version))

    def find_content(self, context: str, schema_id: int) -> tuple[str, Content] | None:
        """GUID and content of an id."""
        with self._connected() as connection:
            row = connection.execute(_CONTENT, {"context": context, "id": schema_id}).first()
        return None if row is None else (row.guid, self._content(row))

    def look_at(self, subject: str) -> Moment:
        """How far everything stands now, asked before anything about `subject`."""
        with self._connected() as connection:
            row = connection.execute(_MOMENT, {"name": f"subject {subject}"}).one()
        return Moment(*(number or 0 for number in row))

    def forget(self) -> None:
        """Look at the tables before the next answer from memory."""
        self._cached.looked_at = 0.0

    def list_ids_of(self, guid: str) -> list[tuple[str, int]]:
        """Every context and id of the content with the GUID, or of the registry's schema whose own GUID it is."""
        with self._connected() as connection:
            found = connection.execute(select(schemas.c.context, schemas.c.id).where(schemas.c.guid == guid)).all()
        if not found and guid in (ids := self._control().schema_ids):
            return [(DEFAULT_CONTEXT, ids[guid])]
        return sorted((row.context, row.id) for row in found)

    def list_versions_of(self, context: str, schema_id: int) -> list[StoredVersion]:
        """Every version that has the id."""
        with self._connected() as connection:
            return [self._stored(row) for row in connection.execute(_HOLDERS, {"context": context, "id": schema_id})]

    def list_referrers(self, subject: str, version: int) -> list[StoredVersion]:
        """Every version that refers to this one."""
        table = references.c
        with self._connected() as connection:
            to = select(table.subject, table.version).where(table.to_subject == subject, table.to_version == version)
            pairs = connection.execute(to).all()
            found = [
                one
                for row in pairs
                for one in self._versions(
                    connection, and_(versions.c.subject == row.subject, versions.c.version == row.version)
                )
            ]
        return sorted(found, key=lambda one: one.id)

    def max_id(self, context: str) -> int:
        """The highest id given in the context."""
        with self._connected() as connection:
            return Claims(connection).last_id(context)

    def answers(self) -> Cached:
        """What is kept in memory, as far as it still holds."""
        cached = self._cached
        now = time.monotonic()
        if now - cached.looked_at > self.FRESH_S:
            with self._connected() as connection:
                purges = connection.execute(_PURGES).scalar() or 0
                contexts = tuple(Claims(connection).contexts())
            owners = self._ownership.stamp() if self._has_registries else ()
            if (purges, contexts, owners) != (cached.purges, cached.contexts, cached.owners):
                cached = self._cached = Cached(purges, contexts, owners)
            cached.looked_at = now
        return cached

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection. The control log is folded only once there are registries: without, nobody owns a subject."""
        with self._engine.connect() as connection:
            now = time.monotonic()
            if not self._has_registries and now - self._looked_at > self.FRESH_S:
                self._has_registries = connection.execute(_ANY_MANAGED).first() is not None
                self._looked_at = now
            yield connection

    def _versions(self, connection: Connection, condition: ColumnElement[bool] | None) -> list[StoredVersion]:
        asked = _JOINED if condition is None else _JOINED.where(condition)
        return [self._stored(row) for row in connection.execute(asked)]

    def _stored(self, row: Row[Any]) -> StoredVersion:
        return StoredVersion(
            subject=row.subject,
            version=row.version,
            id=row.id,
            deleted=bool(row.deleted),
            at=row.at,
            guid=row.guid,
            content=self._content(row, row.subject),
        )

    def _content(self, row: Row[Any], subject: str | None = None) -> Content:
        """The content of a row; of a managed subject with the metadata that follow from its registry."""
        content = _content(row)
        if not self._has_registries or row.context != DEFAULT_CONTEXT:
            return content
        owned = self._ownership.metadata_of(row.id, subject)
        return replace(content, metadata=owned) if owned else content


def has_subjects(engine: Engine, scope: str) -> bool:
    """Whether anything is registered under a subject, within a context (`:.name:`), or at all."""
    asked = select(versions.c.version).where(versions.c.deleted.is_(False))
    if scope == GLOBAL:
        asked = asked.where(versions.c.context == DEFAULT_CONTEXT)
    elif scope.startswith(":.") and scope.endswith(":"):
        asked = asked.where(versions.c.context == scope.strip(":"))
    else:
        asked = asked.where(versions.c.subject == scope)
    with engine.connect() as connection:
        return connection.execute(asked.limit(1)).first() is not None


def _applied(connection: Connection) -> int:
    return connection.execute(_APPLIED).scalar() or 0


def _content(row: Row[Any]) -> Content:
    refs = tuple(Reference(one["name"], one["subject"], one["version"]) for one in json.loads(row.refs or "[]"))
    return Content(row.text, refs, row.metadata, row.rules)


def _as_number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
