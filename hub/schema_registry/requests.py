"""A schema as a client sends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.schema_registry.tagging import Tags
from schemas.stored_text import Reference


@dataclass(frozen=True, slots=True)
class SchemaRequest:
    """Metadata and rules are None where the client is silent; `version` and `id` 0."""

    text: str
    references: tuple[Reference, ...] = ()
    metadata: Any = None
    rules: Any = None
    version: int = 0
    id: int = 0
    normalize: bool = False
    force: bool = False
    tags_to_add: Tags = field(default_factory=dict)
    tags_to_remove: Tags = field(default_factory=dict)
    propagates_tags: bool = False
