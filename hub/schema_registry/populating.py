"""What a request leaves out or asks for: tags, and what stands in the newest version and in the settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hub.schema_registry.config import combined_metadata, combined_rules, version_of, with_version
from hub.schema_registry.errors import SchemaInvalid
from hub.schema_registry.reads import SubjectState
from hub.schema_registry.requests import SchemaRequest
from hub.schema_registry.tagging import tagged, with_tags_of
from schemas.stored_text import Content


def with_tags(state: SubjectState, request: SchemaRequest) -> SchemaRequest:
    """With the tags of the newest version, where asked for, and those the request adds and removes."""
    newest = _newest(state)
    if request.propagates_tags and newest is not None and request.text:
        request = _changed(request, lambda text: with_tags_of(text, newest.text))
    if not request.tags_to_add and not request.tags_to_remove:
        return request
    if not request.text and newest is not None:
        request = replace(request, text=newest.text, references=newest.references)
    add, remove = request.tags_to_add, request.tags_to_remove
    request = _changed(request, lambda text: tagged(text, add=add, remove=remove))
    return replace(request, version=request.version or -1)


def populated(state: SubjectState, request: SchemaRequest) -> SchemaRequest:
    """With what the newest version has, then the subject's default and override metadata and rules.

    `confluent:version` is told where the request names a version, and goes on where it was told before.
    """
    newest = _newest(state)
    text, references = request.text, request.references
    if not text:
        if newest is None:
            raise SchemaInvalid(42201, "Empty schema: there is no earlier version to copy")
        text, references = newest.text, newest.references
    metadata, rules = request.metadata, request.rules
    if state.mode == "IMPORT":
        return replace(request, text=text, references=references)
    if newest is not None:
        metadata = _json(newest.metadata) if metadata is None else metadata
        rules = _json(newest.rules) if rules is None else rules
    metadata, rules = combined_metadata(metadata, state.config), combined_rules(rules, state.config)
    if request.version or version_of(metadata) is not None:
        metadata = with_version(metadata, following(state))
    return replace(request, text=text, references=references, metadata=metadata, rules=rules)


def following(state: SubjectState) -> int:
    """The number of the next version."""
    return max((one.version for one in state.versions), default=0) + 1


def _changed(request: SchemaRequest, change: Callable[[str], str]) -> SchemaRequest:
    try:
        return replace(request, text=change(request.text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SchemaInvalid(42201, f"Invalid schema {request.text[:2000]} of type AVRO, details: {error}") from error


def _newest(state: SubjectState) -> Content | None:
    return state.active[-1].content if state.active else None


def _json(text: str) -> Any:
    return json.loads(text) if text else None
