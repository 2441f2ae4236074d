"""Settings of subjects: compatibility level, alias, groups, metadata that is added."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hub.schema_registry.errors import SchemaInvalid
from hub.schema_registry.rules import check_rules, merged_rules
from schemas.compatibility import LEVELS

Config = Mapping[str, Any]
LEVEL = "compatibilityLevel"
DEFAULT_LEVEL = "BACKWARD"
VERSION_PROPERTY = "confluent:version"
MODES = ("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD")
_LISTED_LEVELS = (
    "none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive"  # clients compare it
)
_MEMBERS = (
    "alias",
    "normalize",
    "validateFields",
    "validateNewSchemas",
    "validateRules",
    "compatibilityPolicy",
    "compatibilityGroup",
    "defaultMetadata",
    "overrideMetadata",
    "defaultRuleSet",
    "overrideRuleSet",
)


def merged(configs: Sequence[Config]) -> Config:
    """The nearest value of every setting."""
    found: dict[str, Any] = {LEVEL: DEFAULT_LEVEL}
    for one in reversed(configs):
        found.update(one)
    return found


def updated(old: Config | None, request: Mapping[str, Any]) -> Config:
    """`old` with what a PUT names: what is absent stays, null takes it away. Raises `SchemaInvalid` (42203, 42210)."""
    for name in ("defaultRuleSet", "overrideRuleSet"):
        check_rules(request.get(name))
    found = dict(old or {})
    if "compatibility" in request:
        _put(found, LEVEL, _level(request["compatibility"]))
    for name in _MEMBERS:
        if name in request:
            _put(found, name, request[name])
    return found


def echo(config: Config) -> dict[str, Any]:
    """What a PUT is answered: the settings as they stand now, the level under the name it was sent by."""
    found = {name: config[name] for name in _MEMBERS if name in config}
    return {"compatibility": config[LEVEL], **found} if LEVEL in config else found


def mode_of(value: object) -> str:
    """The mode a PUT names; raises `SchemaInvalid` (42204)."""
    mode = str(value).upper()
    if mode not in MODES:
        listed = ", ".join(MODES)
        raise SchemaInvalid(42204, f"Invalid mode. Valid values are {listed}")
    return mode


def json_text(value: object) -> str:
    """JSON in one spelling: members sorted, nothing that is null or empty."""
    cleaned = _without_empty(value)
    return json.dumps(cleaned, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if cleaned else ""


def combined_metadata(given: Any, config: Config) -> Any:
    """Metadata with the defaults beneath and the overrides on top."""
    layers = [config.get("defaultMetadata"), given, config.get("overrideMetadata")]
    found: dict[str, Any] = {}
    for layer in filter(None, layers):
        for part, values in layer.items():
            if part == "sensitive":
                found[part] = sorted({*found.get(part, ()), *(values or ())})
            else:
                found[part] = {**found.get(part, {}), **(values or {})}
    return found or None


def combined_rules(given: Any, config: Config) -> Any:
    """Rules with the defaults beneath and the overrides on top."""
    return merged_rules(merged_rules(config.get("defaultRuleSet"), given), config.get("overrideRuleSet"))


def with_version(metadata: Any, version: int) -> Any:
    """Metadata that tell the version in the property `confluent:version`."""
    found = metadata or {}
    return {**found, "properties": {**(found.get("properties") or {}), VERSION_PROPERTY: str(version)}}


def version_of(metadata: Any) -> str | None:
    """The property `confluent:version`."""
    found: str | None = ((metadata or {}).get("properties") or {}).get(VERSION_PROPERTY)
    return found


def without_version(metadata: Any) -> Any:
    """Metadata without the property `confluent:version`."""
    if version_of(metadata) is None:
        return metadata
    kept = {name: value for name, value in metadata["properties"].items() if name != VERSION_PROPERTY}
    return {**metadata, "properties": kept}


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        found.pop(name, None)
    else:
        found[name] = value


def _level(value: object) -> str | None:
    if value is None:
        return None
    level = str(value).upper()
    if level not in LEVELS:
        raise SchemaInvalid(42203, f"Invalid compatibility level. Valid values are {_LISTED_LEVELS}")
    return level


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {name: _without_empty(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in (None, "", [], {})}
    return value
