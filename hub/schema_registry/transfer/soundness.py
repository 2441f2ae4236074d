"""Which versions of another registry this one can take: parsed one by one, referenced ones first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Engine

from hub.control.claims import DEFAULT_CONTEXT
from hub.control.governance import FIRST_DRAFT_ID, is_draft_context
from hub.schema_registry.errors import SchemaInvalid
from hub.schema_registry.parsing import Parser
from hub.schema_registry.reads import Reads, StoredVersion
from hub.schema_registry.subjects import check_subject
from hub.schema_registry.transfer.contents import AVRO, Contents, MovedVersion, Place, in_order_of_references
from hub.schema_registry.transfer.findings import (
    CONTRADICTS,
    ID_OUTSIDE,
    NAME_INVALID,
    NOT_AVRO,
    TOO_LARGE,
    UNSOUND,
    Refusal,
)
from schemas.stored_text import Content

_MAX_VERSION = 2**31 - 1
_MAX_BYTES = 900_000  # a control event of the version must fit into one record of the log
_SHOWN = 300


class _Arriving(Reads):
    """What stands here with what has arrived so far: references are looked up in both."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.arrived: dict[Place, StoredVersion] = {}

    def find_version(self, subject: str, version: int | None, *, deleted: bool) -> StoredVersion | None:
        found = self.arrived.get((subject, version)) if version is not None else None
        return found or super().find_version(subject, version, deleted=deleted)


class SoundVersions:
    """Takes versions in order; what cannot be taken is noted with its reason."""

    def __init__(self, engine: Engine) -> None:
        self.taken: list[MovedVersion] = []
        self.refused: list[Refusal] = []
        self._reads = _Arriving(engine)
        self._parser = Parser(self._reads)
        self._ids: dict[tuple[str, int], str] = {}
        self._guids: dict[tuple[str, str], int] = {}

    def take_all(self, contents: Contents) -> None:
        """Take the versions of a registry, what is referred to first."""
        for one in in_order_of_references(contents.versions.values()):
            self._take(one)

    def _take(self, one: MovedVersion) -> None:
        found = self._objection(one)
        if isinstance(found, Content):
            taken = replace(one, content=found)
            self.taken.append(taken)
            self._reads.arrived[one.place] = stored_version(taken)
        else:
            self.refused.append(Refusal(found[0], one.subject, one.version, one.id, found[1]))

    def _objection(self, one: MovedVersion) -> Content | tuple[str, str]:
        """Why the version cannot be taken, as code and reason; else its content as it is kept here."""
        try:
            for code, find_reason in _CHECKS:
                reason = find_reason(one)
                if reason is not None:
                    return code, reason
            content = spelled(self._parser, one.subject, one.content)
            contradiction = self._contradiction(one, content.guid)
        except SchemaInvalid as error:
            return UNSOUND, _short(str(error))
        except UnicodeEncodeError:
            return UNSOUND, "it has half of a surrogate pair, which is no character"
        return content if contradiction is None else (CONTRADICTS, contradiction)

    def _contradiction(self, one: MovedVersion, guid: str) -> str | None:
        other = self._ids.setdefault((one.context, one.id), guid)
        if other != guid:
            return f"the id {one.id} has another content in the source too"
        first = self._guids.setdefault((one.context, guid), one.id)
        return None if first == one.id else f"the source has the same content under the id {first} too"


def spelled(parser: Parser, subject: str, content: Content) -> Content:
    """The content in the text it is kept by here: its own where that is one of our two spellings (plain,
    normalized), else the plain one; raises `SchemaInvalid`."""
    plain = parser.parse(subject, content, is_new=False).text
    if plain == content.text or is_normalized(parser, subject, content):
        return content
    return replace(content, text=plain)


def is_normalized(parser: Parser, subject: str, content: Content) -> bool:
    """Whether the text is the normalized spelling, and another than the plain one."""
    normalized = parser.parse(subject, content, normalized=True, is_new=False).text
    return normalized == content.text != parser.parse(subject, content, is_new=False).text


def stored_version(one: MovedVersion) -> StoredVersion:
    """The version as it stands, or would stand, here."""
    return StoredVersion(
        subject=one.subject,
        version=one.version,
        id=one.id,
        deleted=one.deleted,
        at=0,
        guid=one.content.guid,
        content=one.content,
    )


def _other_type(one: MovedVersion) -> str | None:
    return None if one.type == AVRO else f"a schema of type {one.type}; this hub takes AVRO only"


def _number_outside(one: MovedVersion) -> str | None:
    if not 0 < one.id < FIRST_DRAFT_ID:
        return f"the id is outside 1 to {FIRST_DRAFT_ID - 1}: higher ones are drafts here"
    return None if 0 < one.version <= _MAX_VERSION else f"the version is outside 1 to {_MAX_VERSION}"


def _bad_name(one: MovedVersion) -> str | None:
    if one.context != DEFAULT_CONTEXT and is_draft_context(one.context):
        return f"the context {one.context} holds the drafts of a proposal"
    try:
        check_subject(one.subject)
    except SchemaInvalid as error:
        return str(error)
    return None


def _oversize(one: MovedVersion) -> str | None:
    content = one.content
    size = sum(len(part.encode()) for part in (one.subject, content.text, content.metadata, content.rules))
    return None if size <= _MAX_BYTES else f"{size} bytes; at most {_MAX_BYTES} are taken"


_CHECKS: tuple[tuple[str, Callable[[MovedVersion], str | None]], ...] = (
    (NOT_AVRO, _other_type),
    (ID_OUTSIDE, _number_outside),
    (NAME_INVALID, _bad_name),
    (TOO_LARGE, _oversize),
)


def _short(text: str) -> str:
    """The reason without the schema's text before it."""
    reason = text.rpartition("details: ")[2]
    return reason if len(reason) <= _SHOWN else reason[:_SHOWN] + "…"
