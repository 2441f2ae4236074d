"""What some clients cannot take.

Confluent's client for Python (seen in 2.16.0) keeps schemas in a dict by their hash, and its hash fails at any tag in
the metadata: a serializer or deserializer that is handed one raises TypeError. The classes of managed subjects are tags
that its user did not put there, so they are left out of what it gets; owner and contact are properties and stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from hub.schema_registry.ownership import CLASS_TAG
from hub.schema_registry.rest.exchange import Answer

_MARK = f'"{CLASS_TAG}'.encode()


def fails_at_tags(environ: Mapping[str, Any]) -> bool:
    """Whether the request is of Confluent's client for Python; older ones tell by their way to ask."""
    if str(environ.get("HTTP_CONFLUENT_CLIENT_VERSION", "")).startswith("python/"):
        return True
    agent, accepted = str(environ.get("HTTP_USER_AGENT", "")), str(environ.get("HTTP_ACCEPT", ""))
    return agent.startswith(("python-httpx/", "python-requests/")) and "vnd.schemaregistry" in accepted


def without_classes(answer: Answer) -> Answer:
    """The answer without the tags that tell classes."""
    if answer.body is None or answer.raw or _MARK not in answer.body:
        return answer
    return Answer(orjson.dumps(_stripped(orjson.loads(answer.body))), answer.status)


def _stripped(value: Any) -> Any:
    if isinstance(value, list):
        return [_stripped(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _stripped(one) for name, one in value.items() if name != "metadata"}
    metadata = _bare_metadata(value.get("metadata"))
    return {**found, "metadata": metadata} if metadata else found


def _bare_metadata(metadata: Any) -> Any:
    if not isinstance(metadata, dict):
        return metadata
    tags = metadata.get("tags") or {}
    kept = {path: names for path, names in tags.items() if not all(one.startswith(CLASS_TAG) for one in names)}
    others = {name: one for name, one in metadata.items() if name != "tags"}
    return {**others, "tags": kept} if kept else others
