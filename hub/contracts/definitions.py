"""The parts of a registry definition that stand in a contract, in the words of the definition's file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.contracts.elements import Json
from schemas.definition import Authority, Claims, Definition, EventRule
from schemas.times import OPEN, format_instant

DEFINITION = "definition"
# what a contract's custom property `definition` may say
WORDS = (
    "writers", "partitions", "fields", "title_field", "sortable", "search", "indexes", "geometry", "authority",
    "claims", "signatures", "dead_letter_limit",
)  # fmt: skip
# what an event's schema object says in custom properties; the key stands in its properties
RULE_WORDS = ("operation", "successors", "survivor", "absorbed", "edges")
_DEAD_LETTER_LIMIT = 1000


def definition_values(definition: Definition) -> Json:
    """What of a definition the contract standard has no words for; what is as by default is left out."""
    values: Json = {
        "writers": list(definition.writers),
        "partitions": definition.partitions,
        "fields": list(definition.record),
        "title_field": definition.title_field,
        "sortable": list(definition.sortable),
        "search": list(definition.search),
        "indexes": list(definition.indexes),
        "geometry": dict(zip(("lon", "lat"), definition.geometry, strict=True)) if definition.geometry else None,
        "authority": [_authority(rule) for rule in definition.authority],
        "claims": [_claims(rule) for rule in definition.claims],
        "signatures": definition.signatures,
        "dead_letter_limit": definition.dead_letter_limit,
    }
    defaults: tuple[object, ...] = (None, [], False)
    limit_is_default = definition.dead_letter_limit == _DEAD_LETTER_LIMIT
    return {
        name: value
        for name, value in values.items()
        if value not in defaults and not (name == "dead_letter_limit" and limit_is_default)
    }


def rule_values(rule: EventRule) -> Json:
    """What an event does, without its key."""
    return {name: getattr(rule, name) for name in RULE_WORDS if getattr(rule, name) is not None}


def _period(start: int, end: int) -> Iterator[tuple[str, str]]:
    if start != -OPEN:
        yield "from", format_instant(start)
    if end != OPEN:
        yield "to", format_instant(end)


def _authority(rule: Authority) -> Json:
    events = {"events": sorted(rule.events)} if rule.events else {}
    return {"source": rule.source, **events, **dict(_period(rule.start, rule.end))}


def _claims(rule: Claims) -> Json:
    told: Json = {"source": rule.source, "title": {"vi": rule.title.vi, "en": rule.title.en}}
    if rule.complete:
        told["complete"] = True
    if rule.fields:
        told["fields"] = list(rule.fields)
    return told | dict(_period(rule.start, rule.end))


def duration_values(seconds: int) -> Json:
    """A duration as `value` and `unit` of a service level: the largest of days, hours and minutes that is whole."""
    for unit, size in _UNITS.items():
        if seconds % size == 0:
            return {"value": seconds // size, "unit": unit}
    raise ValueError(f"{seconds} s is no whole number of minutes")


_UNITS = {"d": 86_400, "h": 3_600, "m": 60}
_UNIT_NAMES: Mapping[str, str] = {
    name: unit
    for unit, names in {
        "d": ("d", "day", "days"),
        "h": ("h", "hr", "hour", "hours"),
        "m": ("m", "min", "minute", "minutes"),
    }.items()
    for name in names
}


def duration_text(value: object, unit: object) -> str | None:
    """The ISO 8601 duration of a service level's `value` and `unit`; None where they are none."""
    if isinstance(value, str) and value.startswith("P"):
        return value
    found = _UNIT_NAMES.get(str(unit or "d").lower())
    if found is None or isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if not str(value).isdigit():
        return None
    return f"P{value}D" if found == "d" else f"PT{value}{found.upper()}"
