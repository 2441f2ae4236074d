"""Rule sets: checked as Confluent checks them, and laid over each other. The hub keeps rules; clients run them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from hub.schema_registry.errors import SchemaInvalid

_MIGRATIONS = ("UPGRADE", "DOWNGRADE", "UPDOWN")
_OTHERS = ("WRITE", "READ", "WRITEREAD")
_MODES = {
    "migrationRules": (_MIGRATIONS, "Migration"),
    "domainRules": (_OTHERS, "Domain"),
    "encodingRules": (_OTHERS, "Encoding"),
}
_NAME = re.compile(r"[^\W\d][\w-]*\Z")
_MAX_NAME_CHARACTERS = 256
_KINDS = ("TRANSFORM", "CONDITION")


def check_rules(rules: Mapping[str, Any] | None) -> None:
    """Raises `SchemaInvalid` (42210) for a rule without name, type or mode, or with a name twice."""
    names: set[str] = set()
    for part, (modes, title) in _MODES.items():
        for rule in _rules(rules, part):
            name = _checked_name(rule)
            if name in names:
                raise _invalid(f"Found rule with duplicate name '{name}'")
            names.add(name)
            _check_rule(rule, name)
            if rule.get("mode") not in modes:
                raise _invalid(f"{title} rules can only be {', '.join(modes)}; rule '{name}' is {rule.get('mode')}")


def merged_rules(old: Any, new: Any) -> Any:
    """`new` over `old`: a rule replaces the one of its name."""
    if not old or not new:
        return new or old
    merged = {**old, **new}
    for part in _MODES:
        later = _rules(new, part)
        names = {rule.get("name") for rule in later}
        merged[part] = [*(rule for rule in _rules(old, part) if rule.get("name") not in names), *later]
    return merged


def without_rules(rules: Any, names: Collection[str]) -> Any:
    """The rules but those with one of `names`."""
    if not rules:
        return rules
    kept = {part: [one for one in _rules(rules, part) if one.get("name") not in names] for part in _MODES}
    return {**rules, **kept}


def has_rule_of_type(rules: Mapping[str, Any] | None, wanted: str) -> bool:
    """Whether one of the rules has the type `wanted`."""
    return any(rule.get("type") == wanted for part in _MODES for rule in _rules(rules, part))


def _rules(rules: Mapping[str, Any] | None, part: str) -> list[Any]:
    found = (rules or {}).get(part) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _invalid(f"{part} is a list of rules")
    return found


def _checked_name(rule: Mapping[str, Any]) -> str:
    name = rule.get("name")
    if not isinstance(name, str):
        raise _invalid("Missing rule name")
    if not name:
        raise _invalid("Empty rule name")
    if len(name) > _MAX_NAME_CHARACTERS:
        raise _invalid(f"Rule name too long: '{name[:_MAX_NAME_CHARACTERS]}' and more")
    if not _NAME.match(name):
        raise _invalid(f"Illegal character in rule name: {name}")
    return name


def _check_rule(rule: Mapping[str, Any], name: str) -> None:
    if not isinstance(rule.get("type"), str):
        raise _invalid(f"Missing rule type of '{name}'")
    if rule.get("kind") not in (None, *_KINDS):
        raise _invalid(f"The kind of rule '{name}' is {' or '.join(_KINDS)}, not {rule['kind']}")
    for action in (rule.get("onSuccess"), rule.get("onFailure")):
        if "," in str(action or "") and rule.get("mode") not in ("WRITEREAD", "UPDOWN"):
            raise _invalid(f"Multiple actions only valid with WRITEREAD and UPDOWN: rule '{name}'")


def _invalid(message: str) -> SchemaInvalid:
    return SchemaInvalid(42210, f"Invalid rule set: {message}")
