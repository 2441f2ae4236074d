"""What is taken at commit, before the log has acknowledged it: numbers, ids, contents, revisions of subjects.

Decisions are made on acknowledged state. Whether they still hold is asked here, under one short lock, in the
transaction that stores the event. Everything here follows from the control events and is filled from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Connection,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    bindparam,
    func,
    or_,
    select,
    text,
    update,
)

from hub.control.events import ControlEvent
from hub.control.fold import CONTEXT_MARK, content_guid

metadata = MetaData()
# name -> number: `lock`, `ids <context>` with the last id, `subject <name>` with its last control event
control_claims = Table(
    "control_claims",
    metadata,
    Column("name", String, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
control_contents = Table(
    "control_contents",
    metadata,
    Column("context", String, primary_key=True),
    Column("guid", String, primary_key=True),
    Column("id", Integer, nullable=False),
)
DEFAULT_CONTEXT = "."
_LOCK = "lock"
_RAISE = text(
    "INSERT INTO control_claims (name, number) VALUES (:name, :number) ON CONFLICT (name) DO UPDATE SET number = "
    "CASE WHEN excluded.number > control_claims.number THEN excluded.number ELSE control_claims.number END"
)
_KEEP_CONTENT = text(
    "INSERT INTO control_contents (context, guid, id) VALUES (:context, :guid, :id) ON CONFLICT DO NOTHING"
)
_SUBJECT_KINDS = frozenset({"SubjectVersionsDeleted", "VersionsRestored", "SubjectConfigured", "SubjectModeSet"})
ASSOCIATIONS = "\x01associations"  # stands for all associations of resources where subjects are named
_ASSOCIATION_KINDS = frozenset({"AssociationSet", "AssociationRemoved"})


def revision_of(names: BindParameter[Any]) -> Select[tuple[int]]:
    """A statement for the number of the last control event about any of the `names` (`subject …`)."""
    return select(func.max(control_claims.c.number)).where(control_claims.c.name.in_(names))


_REVISION = revision_of(bindparam("names", expanding=True))
_OWN_ID = select(control_contents.c.id).where(
    control_contents.c.context == bindparam("context"), control_contents.c.guid == bindparam("guid")
)
_LAST_ID = select(control_claims.c.number).where(control_claims.c.name == bindparam("name"))
_PLACE = select(_OWN_ID.scalar_subquery(), _LAST_ID.scalar_subquery())
_TAKE_LOCK = update(control_claims).where(control_claims.c.name == _LOCK).values(number=0)


def context_of(subject: str) -> str:
    """The context a subject's name begins with (`:.name:subject`), else the default one."""
    if not subject.startswith(CONTEXT_MARK):
        return DEFAULT_CONTEXT
    return subject[1:].partition(":")[0]


def lock(connection: Connection) -> bool:
    """Take the lock until the transaction ends; the first statement of it. Whether it was there before."""
    held = connection.execute(_TAKE_LOCK)
    if not held.rowcount:
        connection.execute(_RAISE, {"name": _LOCK, "number": 0})
    return bool(held.rowcount)


def claim(connection: Connection, events: Iterable[ControlEvent]) -> None:
    """Note what `events` take."""
    raised: dict[str, int] = {}
    contents: list[dict[str, Any]] = []
    for event in events:
        for name, number in _claims_of(event, contents):
            raised[name] = max(number, raised.get(name, 0))
    if raised:
        connection.execute(_RAISE, [{"name": name, "number": number} for name, number in sorted(raised.items())])
    if contents:
        connection.execute(_KEEP_CONTENT, contents)


def _claims_of(event: ControlEvent, contents: list[dict[str, Any]]) -> Iterable[tuple[str, int]]:
    facts = event.facts
    if event.kind in ("SchemaRegistered", "SubjectVersionRegistered"):
        context = context_of(facts["subject"])
        guid = facts["guid"] if event.kind == "SubjectVersionRegistered" else content_guid(facts["text"])
        contents.append({"context": context, "guid": guid, "id": facts["id"]})
        yield f"ids {context}", facts["id"]
        yield f"subject {facts['subject']}", event.number
    elif event.kind == "RegistryDefined":
        for name in facts["schemas"]:
            yield f"subject {name}", event.number
    elif event.kind in _SUBJECT_KINDS:
        yield f"subject {facts['subject']}", event.number
    elif event.kind in _ASSOCIATION_KINDS:
        yield f"subject {ASSOCIATIONS}", event.number


class Claims:
    """What is taken, asked within a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def revision(self, subjects: Iterable[str]) -> int:
        """The number of the last control event about any of `subjects`; 0 where there is none."""
        names = [f"subject {one}" for one in subjects]
        return self._connection.execute(_REVISION, {"names": names}).scalar() or 0

    def revisions(self, subjects: Iterable[str]) -> dict[str, int]:
        """The number of the last control event about each of `subjects` that has any."""
        names = [f"subject {one}" for one in subjects]
        table = control_claims.c
        found = self._connection.execute(select(table.name, table.number).where(table.name.in_(names)))
        return {row.name.removeprefix("subject "): row.number for row in found}

    def place_of(self, context: str, guid: str) -> tuple[int | None, int]:
        """The id the content has in `context`, and the highest ever given there; one question."""
        asked = {"context": context, "guid": guid, "name": f"ids {context}"}
        row = self._connection.execute(_PLACE, asked).one()
        return row[0], row[1] or 0

    def last_id(self, context: str) -> int:
        """The highest id ever given in `context`."""
        return self._connection.execute(_LAST_ID, {"name": f"ids {context}"}).scalar() or 0

    def contexts(self) -> list[str]:
        """Every context in which an id was ever given."""
        name = control_claims.c.name
        found = self._connection.execute(select(name).where(name >= "ids ", name < "ids!").order_by(name))
        return [one.removeprefix("ids ") for (one,) in found]

    def list_taken(self, context: str, *, guids: Iterable[str], ids: Iterable[int]) -> dict[str, int]:
        """The contents of `context`, by GUID with their ids, that have one of `guids` or of `ids`."""
        table = control_contents.c
        asked = select(table.guid, table.id).where(
            table.context == context, or_(table.guid.in_(list(guids)), table.id.in_(list(ids)))
        )
        return {row.guid: row.id for row in self._connection.execute(asked)}

    def has_id(self, context: str, schema_id: int) -> bool:
        """Whether some content has the id in `context`."""
        table = control_contents.c
        asked = select(table.id).where(table.context == context, table.id == schema_id).limit(1)
        return self._connection.execute(asked).first() is not None
