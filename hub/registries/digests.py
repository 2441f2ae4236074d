"""A name for what of a definition changes the tables of its registry: the writer and the readers compare it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import orjson

from schemas.definition import Definition

FOLD_VERSION = 3  # raised when this program folds otherwise than before, or makes other tables


def definition_digest(definition: Definition) -> str:
    """A name for what of a definition changes the tables of its registry."""
    content: dict[str, Any] = {
        "fold": FOLD_VERSION,
        "events": [
            [rule.type, rule.operation, list(rule.key), rule.successors, rule.survivor, rule.absorbed, rule.edges]
            for rule in definition.events.values()
        ],
        "schemas": sorted(schema.guid for schema in definition.schemas.values()),
        "record": [[one.name, one.kind, one.scale, one.classification] for one in definition.record.values()],
        "columns": [definition.sortable, definition.search, definition.indexes, definition.geometry],
        "authority": [[one.source, sorted(one.events), one.start, one.end] for one in definition.authority],
    }
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
