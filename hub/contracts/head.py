"""What a contract says of the registry as a whole, as the beginning of its definition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.contracts.definitions import DEFINITION, WORDS, duration_text
from hub.contracts.elements import Json, Problems, custom_values, find_text, list_elements

_VERSION = re.compile(r"v?([1-9][0-9]*)(\.[0-9]+)*\Z")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
# word of the definition -> property of the service level, and what it means
_SERVICE_LEVELS = {
    "cadence": ("frequency", "how often the custodian publishes"),
    "limit": ("latency", "after how long without news the data counts as stale"),
}


def read_head(document: Json, problems: Problems) -> Json:
    """The definition without its events; what is missing is noted."""
    custom = custom_values(document)
    head: Json = {
        "registry": _registry(document, problems),
        "version": _version(document, problems),
        "title": _title(document, custom, problems),
        "description": _description(document, problems),
        "custodian": _custodian(document, problems),
        "licence": _custom_text(custom, "licence", "under which terms the data may be used", problems),
        "attribution": _custom_text(custom, "attribution", "how the source is to be named", problems),
        **{word: _service_level(document, word, problems) for word in _SERVICE_LEVELS},
    }
    return head | _definition(custom, head, problems)


def _registry(document: Json, problems: Problems) -> str | None:
    """The name of the registry: the data product's, else the contract's, made a name of a-z, 0-9 and hyphens."""
    for word in ("dataProduct", "name"):
        found = find_text(document, word)
        if found is not None:
            name = re.sub(r"[\s_.]+", "-", found.lower())
            if not _IDENTIFIER.match(name):
                problems.add(word, f"{found!r} makes no name of a registry: add dataProduct of a-z, 0-9 and hyphens")
            return name
    problems.add("dataProduct", "the registry needs a name of a-z, 0-9 and single hyphens")
    return None


def _version(document: Json, problems: Problems) -> int | None:
    """The number before the first point."""
    given = document.get("version")
    found = _VERSION.match(str(given))
    if found is None:
        problems.add("version", f"{given!r} does not begin with a whole number of 1 or more, such as 1 or 1.2.0")
        return None
    return int(found[1])


def _title(document: Json, custom: Mapping[str, Any], problems: Problems) -> Json:
    return {
        "vi": _needed(document, "name", "name", "the title in Vietnamese", problems),
        "en": _custom_text(custom, "nameEn", "the title in English", problems),
    }


def _description(document: Json, problems: Problems) -> Json:
    found = document.get("description")
    described = found if isinstance(found, dict) else {}
    english = custom_values(described)
    return {
        "vi": _needed(described, "purpose", "description.purpose", "what the data is, in Vietnamese", problems),
        "en": _custom_text(english, "purposeEn", "what the data is, in English", problems, of="description."),
    }


def _custodian(document: Json, problems: Problems) -> str | None:
    team = document.get("team")
    name = find_text(team, "name") if isinstance(team, dict) else None
    if name is None or not _IDENTIFIER.match(name):
        problems.add("team.name", "the code of the department that answers for the data, of a-z, 0-9 and hyphens")
    return name


def _service_level(document: Json, word: str, problems: Problems) -> str | None:
    wanted, meaning = _SERVICE_LEVELS[word]
    for path, one in list_elements(document, "slaProperties", "", problems):
        if one.get("property") == wanted:
            duration = duration_text(one.get("value"), one.get("unit"))
            if duration is None:
                problems.add(f"{path}.value", "a whole number with the unit d, h or m is needed here")
            return duration
    problems.add(f"slaProperties.{wanted}", f"add the property {wanted} with value and unit (d, h or m): {meaning}")
    return None


def _definition(custom: Mapping[str, Any], head: Json, problems: Problems) -> Json:
    """What stands in the custom property `definition`; by default the custodian writes."""
    given = custom.get(DEFINITION, {})
    if not isinstance(given, dict) or not given.keys() <= set(WORDS):
        problems.add(f"customProperties.{DEFINITION}", f"a mapping of these names: {', '.join(WORDS)}")
        return {}
    return {"writers": [head["custodian"]]} | given


def _needed(element: Mapping[str, Any], name: str, path: str, meaning: str, problems: Problems) -> str | None:
    found = find_text(element, name)
    if found is None:
        problems.add(path, f"add {meaning}")
    return found


def _custom_text(custom: Mapping[str, Any], name: str, meaning: str, problems: Problems, *, of: str = "") -> str | None:
    found = find_text(custom, name)
    if found is None:
        problems.add(f"{of}customProperties.{name}", f"add the custom property {name}: {meaning}")
    return found
