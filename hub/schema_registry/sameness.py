"""Which version of a subject has a content already."""

from __future__ import annotations

import json
from typing import Any

from hub.schema_registry.config import json_text, version_of, without_version
from hub.schema_registry.parsing import Parser
from hub.schema_registry.reads import StoredVersion, SubjectState
from schemas.stored_text import Content, stored_text


def find_same(
    parser: Parser, state: SubjectState, wanted: Content, *, any_metadata: bool, deleted: bool
) -> StoredVersion | None:
    """The newest version with this content, `confluent:version` aside; one that equals it exactly before others.

    Where the request has no metadata, schema and references decide. They decide also of managed subjects: their
    metadata are derived, not part of what a version is. A schema with its references written out is the one that
    refers to them.
    """
    asked = [one for one in reversed(state.versions) if deleted or not one.deleted]
    exact = next((one for one in asked if one.guid == wanted.guid), None)
    if exact is not None:
        return exact
    any_metadata = any_metadata or state.registry is not None
    for one in asked:
        if _has_schema(parser, one, wanted) and (any_metadata or _has_metadata(one, wanted)):
            return one
    return None


def _has_schema(parser: Parser, found: StoredVersion, wanted: Content) -> bool:
    content = found.content
    if content.references == wanted.references and _has_text(content.text, wanted.text):
        return True
    if wanted.references or not content.references:
        return False
    resolved = parser.resolved_text(found.subject, content)
    return _ordered(_normalized(resolved)) == _ordered(_normalized(wanted.text))


def _has_text(found: str, wanted: str) -> bool:
    """Attributes the specification does not know say the same in any order."""
    return found == wanted or (len(found) == len(wanted) and _ordered(found) == _ordered(wanted))


def _ordered(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True)


def _normalized(text: str) -> str:
    return stored_text(json.loads(text), normalized=True)


def _has_metadata(found: StoredVersion, wanted: Content) -> bool:
    """A `confluent:version` that only one of both tells says nothing, or the version found."""
    new, old = _metadata(wanted), _metadata(found.content)
    told, kept = version_of(new), version_of(old)
    if told is not None and told != (str(found.version) if kept is None else kept):
        return False
    same = json_text(without_version(new)) == json_text(without_version(old))
    return same and wanted.rules == found.content.rules


def _metadata(content: Content) -> Any:
    return json.loads(content.metadata) if content.metadata else None
