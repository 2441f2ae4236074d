"""The parts of a contract's YAML: elements, their custom properties, and the problems found in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.contracts.errors import ContractInvalid, Problem

Json = dict[str, Any]


class Problems:
    """Everything wrong with a contract, so that it is told at once."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, path: str, message: str) -> None:
        """Note what is wrong at `path`."""
        if all(one.path != path for one in self._found):
            self._found.append(Problem(path, message))

    def raise_found(self) -> None:
        """Raise `ContractInvalid` where anything was noted."""
        if self._found:
            raise ContractInvalid(self._found)


def custom_list(values: Mapping[str, Any]) -> list[Json]:
    """`customProperties` of the values that are not None."""
    return [{"property": name, "value": value} for name, value in values.items() if value is not None]


def custom_values(element: Mapping[str, Any]) -> Json:
    """The custom properties of an element by name."""
    found = element.get("customProperties")
    listed = found if isinstance(found, list) else []
    named = [one for one in listed if isinstance(one, dict) and isinstance(one.get("property"), str)]
    return {one["property"]: one.get("value") for one in named}


def without_empty(element: Json) -> Json:
    """The element without what is None or an empty list."""
    return {name: value for name, value in element.items() if value is not None and value != []}


def list_elements(parent: Mapping[str, Any], name: str, path: str, problems: Problems) -> Iterator[tuple[str, Json]]:
    """The path and content of each mapping in the list `name`; anything else there is a problem."""
    place = f"{path}.{name}" if path else name
    value = parent.get(name)
    if value is not None and not isinstance(value, list):
        problems.add(place, "a list is needed here")
        return
    for index, one in enumerate(value or ()):
        if isinstance(one, dict):
            yield f"{place}[{index}]", one
        else:
            problems.add(f"{place}[{index}]", "a mapping of names to values is needed here")


def find_text(element: Mapping[str, Any], name: str) -> str | None:
    """The text under `name`, without white space around it; None where there is none."""
    value = element.get(name)
    return value.strip() if isinstance(value, str) and value.strip() else None


def allowed_values(prop: Mapping[str, Any]) -> list[str]:
    """The values a property allows: by its rule `invalidValues`, or its custom property `enum`."""
    rules = prop.get("quality")
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict) and (rule.get("metric") or rule.get("rule")) == "invalidValues":
            arguments = rule.get("arguments")
            values = arguments.get("validValues") if isinstance(arguments, dict) else None
            if isinstance(values, list):
                return [one for one in values if isinstance(one, str)]
    values = custom_values(prop).get("enum")
    return [one for one in values if isinstance(one, str)] if isinstance(values, list) else []
