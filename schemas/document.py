"""A YAML mapping read piece by piece; every complaint names the place in the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import yaml

from schemas.errors import DefinitionError
from schemas.times import parse_instant, to_micros

_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_DURATION = re.compile(r"P(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?)?\Z")


def parse_duration(text: str) -> int:
    """Seconds of an ISO 8601 duration of days, hours and minutes (`P90D`, `PT15M`); ValueError otherwise."""
    match = _DURATION.match(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not a duration of days, hours and minutes such as P90D or PT15M")
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return (days * 24 + hours) * 3600 + minutes * 60


def parse_document(text: str, place: str) -> Document:
    """The mapping in YAML `text`; raises `DefinitionError`."""
    try:
        values = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError) as error:
        raise DefinitionError(place, f"not YAML: {error}") from error
    if not isinstance(values, dict):
        raise DefinitionError(place, "a mapping of names to values is needed here")
    return Document(place, "", values)


class _Loader(yaml.SafeLoader):
    """YAML where a name that stands twice in a mapping is an error, as the specification of YAML wants it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [one.value for one, _ in node.value if isinstance(one, yaml.ScalarNode) and one.value != "<<"]
        twice = next((one for index, one in enumerate(names) if one in names[:index]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


@dataclass(frozen=True, slots=True)
class Document:
    """One mapping of a file: `file` is the file's name, `place` where in it the mapping stands."""

    file: str
    place: str
    values: Mapping[Any, Any]

    def error(self, name: str, message: str) -> DefinitionError:
        """The complaint about the value `name`."""
        return DefinitionError(f"{self.file}: {self.at(name)}", message)

    def at(self, name: str) -> str:
        """Where the value `name` stands."""
        return f"{self.place}.{name}" if self.place else name

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Raises for the first name that is none of `known`."""
        for name in self.values:
            if name not in known:
                raise self.error(str(name), f"unknown; known are {', '.join(sorted(known))}")

    def string(self, name: str) -> str:
        """The text under `name`, which must be there."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, "a text is needed here")
        return value.strip()

    def find_string(self, name: str) -> str | None:
        """The text under `name`, or None where nothing stands there."""
        return None if self.values.get(name) is None else self.string(name)

    def identifier(self, name: str) -> str:
        """A name of a-z, 0-9 and single hyphens."""
        return self._identifier(name, self.string(name))

    def identifiers(self, name: str) -> tuple[str, ...]:
        """One or more such names."""
        found = tuple(self._identifier(name, one) for one in self.strings(name))
        if not found:
            raise self.error(name, "needs a list of names")
        return found

    def _identifier(self, name: str, value: str) -> str:
        if not _IDENTIFIER.match(value):
            raise self.error(name, f"{value!r} is not made of a-z, 0-9 and single hyphens")
        return value

    def strings(self, name: str) -> tuple[str, ...]:
        """The list of different texts under `name`; a single text counts as a list of one, nothing as none."""
        value = self.values.get(name)
        found = [] if value is None else [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            raise self.error(name, "needs a list of texts")
        if len(set(found)) < len(found):
            raise self.error(name, "names something twice")
        return tuple(found)

    def number(self, name: str, default: int) -> int:
        """The whole number of 1 or more under `name`."""
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.error(name, f"{value!r} is not a whole number of 1 or more")
        return value

    def flag(self, name: str) -> bool:
        """true or false under `name`; nothing counts as false."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise self.error(name, f"{value!r} is neither true nor false")
        return value

    def duration(self, name: str) -> int:
        """Seconds of the duration under `name`."""
        try:
            return parse_duration(self.string(name))
        except ValueError as error:
            raise self.error(name, str(error)) from error

    def instant(self, name: str, default: int) -> int:
        """Microseconds of the time under `name`; quoted or not, it needs a zone."""
        value = self.values.get(name)
        if value is None:
            return default
        try:
            return _micros(value)
        except ValueError as error:
            raise self.error(name, f"{value} is not a time such as 2025-07-01T00:00:00+07:00") from error

    def part(self, name: str) -> Document:
        """The mapping under `name`, which must be there."""
        return self._nested(name, self.values.get(name))

    def find_part(self, name: str) -> Document | None:
        """The mapping under `name`, or None where nothing stands there."""
        return None if self.values.get(name) is None else self.part(name)

    def parts(self, name: str) -> Iterator[Document]:
        """The mappings in the list under `name`; none where nothing stands there."""
        value = self.values.get(name)
        if not isinstance(value, list | None):
            raise self.error(name, "needs a list")
        for index, one in enumerate(value or ()):
            yield self._nested(f"{name}[{index}]", one)

    def items(self) -> Iterator[tuple[str, Document]]:
        """Every name with the mapping under it."""
        for name, value in self.values.items():
            yield str(name), self._nested(str(name), value)

    def _nested(self, name: str, value: object) -> Document:
        if not isinstance(value, dict):
            raise self.error(name, "a mapping of names to values is needed here")
        return Document(self.file, self.at(name), value)


def _micros(value: object) -> int:
    """Microseconds of a time as YAML gives it: an unquoted one comes as a datetime."""
    if isinstance(value, datetime):
        return to_micros(value)
    if isinstance(value, date) or not isinstance(value, str):
        raise ValueError("no time")
    return parse_instant(value)
