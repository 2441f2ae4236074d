"""The request that adds and removes tags: a new version made of an earlier one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.schema_registry.config import with_version
from hub.schema_registry.errors import SchemaInvalid
from hub.schema_registry.populating import following
from hub.schema_registry.reads import StoredVersion
from hub.schema_registry.requests import SchemaRequest
from hub.schema_registry.rest.exchange import BadRequest
from hub.schema_registry.rules import check_rules, merged_rules, without_rules
from hub.schema_registry.store import SchemaStore
from hub.schema_registry.tagging import Tags, tags_of_request


@dataclass(frozen=True, slots=True)
class TagRequest:
    """What the new version is to have; None where it keeps what the earlier one has."""

    new_version: int
    add: Tags
    remove: Tags
    metadata: Any
    rules: Any
    merged: Any
    removed: Sequence[str] | None


def tag_request(document: dict[str, Any]) -> TagRequest:
    """The request in a body; raises `BadRequest`, `SchemaInvalid` (42201, 42210)."""
    merged, removed = document.get("rulesToMerge"), document.get("rulesToRemove")
    rules, metadata = document.get("ruleSet"), document.get("metadata")
    if rules is not None and (merged is not None or removed is not None):
        raise SchemaInvalid(42210, "ruleSet should be omitted if specifying rulesToMerge or rulesToRemove")
    for name, value, wanted in (
        ("metadata", metadata, dict),
        ("ruleSet", rules, dict),
        ("rulesToMerge", merged, dict),
        ("rulesToRemove", removed, list),
        ("newVersion", document.get("newVersion"), int),
    ):
        if value is not None and not isinstance(value, wanted):
            raise BadRequest(400, f"{name} is not what it is called: {wanted.__name__} is expected")
    check_rules(merged)
    check_rules(rules)
    return TagRequest(
        new_version=document.get("newVersion") or 0,
        add=tags_of_request(document.get("tagsToAdd"), "tagsToAdd"),
        remove=tags_of_request(document.get("tagsToRemove"), "tagsToRemove"),
        metadata=metadata,
        rules=rules,
        merged=merged,
        removed=removed,
    )


def retagged(store: SchemaStore, found: StoredVersion, request: TagRequest) -> SchemaRequest:
    """The version `found` as it is to be registered anew."""
    content = found.content
    state = store.reads.state(found.subject)
    version = request.new_version or following(state)
    metadata = request.metadata
    if metadata is None and content.metadata:
        metadata = json.loads(content.metadata)
    return SchemaRequest(
        text=content.text,
        references=content.references,
        metadata=with_version(metadata, version),
        rules=_rules(store, found, request, version),
        version=request.new_version or -1,
        tags_to_add=request.add,
        tags_to_remove=request.remove,
    )


def _rules(store: SchemaStore, found: StoredVersion, request: TagRequest, version: int) -> Any:
    """Rules are merged into those of the version before the new one."""
    if request.merged is None and request.removed is None:
        return request.rules
    before = store.reads.find_version(found.subject, version - 1 if request.new_version else None, deleted=False)
    earlier = json.loads(before.content.rules) if before is not None and before.content.rules else None
    return without_rules(merged_rules(earlier, request.merged), request.removed or ())
