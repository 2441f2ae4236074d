"""Schemas with their references resolved: parsed, checked, and written in the text they are kept by."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from hub.control.claims import context_of
from hub.schema_registry.errors import SchemaInvalid
from hub.schema_registry.reads import Reads
from hub.schema_registry.resolved import resolved_text
from hub.schema_registry.subjects import qualify
from schemas.errors import AvroInvalid
from schemas.java_defaults import check_java_defaults
from schemas.java_reading import read_json
from schemas.model import AvroType, parse_type
from schemas.stored_text import Content, Reference, stored_text

_CACHED = 4096
_MAX_TEXT_BYTES = 900_000


@dataclass(frozen=True, slots=True)
class Parsed:
    """A sound schema: its type, and its text as given but in one spelling."""

    type: AvroType
    text: str


class Parser:
    """Parses within a context, where references are looked up; remembers what it parsed."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._known: OrderedDict[Any, Parsed] = OrderedDict()
        self._lock = Lock()

    def parse(self, subject: str, content: Content, *, normalized: bool = False, is_new: bool = True) -> Parsed:
        """The schema as it would stand under `subject`; raises `SchemaInvalid` (42201).

        The defaults of one that is not new (stored, imported, looked for) are not judged: older registries took any.
        """
        if len(content.text.encode()) > _MAX_TEXT_BYTES:
            raise SchemaInvalid(42209, f"The schema has more than {_MAX_TEXT_BYTES} bytes")
        context = context_of(subject)
        key = (self._targets(context, content.references), content.text, content.references, normalized, is_new)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        parsed = self._parse(context, content, normalized=normalized, is_new=is_new)
        with self._lock:
            self._known[key] = parsed
            if len(self._known) > _CACHED:
                self._known.popitem(last=False)
        return parsed

    def _targets(self, context: str, references: Iterable[Reference]) -> tuple[str, ...]:
        """What the references lead to now: a number that became free again can stand for something else."""
        found = (
            self._reads.find_version(qualify(context, one.subject), one.version, deleted=True) for one in references
        )
        return tuple("" if one is None else f"{context_of(one.subject)} {one.guid}" for one in found)

    def resolved_text(self, subject: str, content: Content) -> str:
        """The text with the types of its references written into it."""
        if not content.references:
            return content.text
        texts: list[str] = []
        self._gather(context_of(subject), content.references, texts, seen=set())
        return resolved_text(content.text, texts)

    def _gather(
        self, context: str, references: Iterable[Reference], texts: list[str], seen: set[tuple[str, int]]
    ) -> None:
        for one in references:
            place = (qualify(context, one.subject), one.version)
            found = None if place in seen else self._reads.find_version(*place, deleted=True)
            seen.add(place)
            if found is not None:
                texts.append(found.content.text)
                self._gather(context, found.content.references, texts, seen)

    def _parse(self, context: str, content: Content, *, normalized: bool, is_new: bool) -> Parsed:
        known: dict[str, AvroType] = {}
        try:
            self._define(context, content.references, known, seen=set())
            names = list(known)
            document = read_json(content.text)
            avro = parse_type(document, known)
            if is_new:
                check_java_defaults(avro)
        except (AvroInvalid, ValueError, RecursionError) as error:
            raise _invalid(content, error) from error
        return Parsed(avro, stored_text(document, known=names, normalized=normalized))

    def _define(
        self, context: str, references: Iterable[Reference], known: dict[str, AvroType], seen: set[tuple[str, int]]
    ) -> None:
        for one in references:
            subject = qualify(context, one.subject)
            if (subject, one.version) in seen:
                continue
            seen.add((subject, one.version))
            found = self._reads.find_version(subject, one.version, deleted=True)
            if found is None:
                raise AvroInvalid(
                    "/", f"no schema reference found for subject '{one.subject}' and version {one.version}"
                )
            self._define(context, found.content.references, known, seen)
            parse_type(read_json(found.content.text), known)


def _invalid(content: Content, error: Exception) -> SchemaInvalid:
    what = "the schema is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return SchemaInvalid(42201, f"Invalid schema {content.text[:2000]} of type AVRO, details: {what}")
