"""Departments and their feeds, read from `<folder>/<department>/department.yaml` and checked."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import yaml

from producers.errors import DeclarationError
from producers.feed import FeedDeclaration, MappingFunction

_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_ORGANISATION = re.compile(r"[A-Za-z0-9.]+\Z")
_IMPLEMENTATION = re.compile(r"[a-z_][\w.]*:[a-z_]\w*\Z")
_MODES = ("snapshot", "events")
_DEPARTMENT_KEYS = ("code", "organisation", "name", "contact", "feeds")
_FEED_KEYS = (
    "name", "registry", "system", "mode", "title", "needs", "instead_of", "events", "implementation", "source",
    "mapping", "options",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DepartmentDeclaration:
    """One department: `code` begins its topics, `organisation` stands in its sources."""

    code: str
    organisation: str
    name_vi: str
    name_en: str
    contact: str
    feeds: tuple[FeedDeclaration, ...] = ()

    def source_of(self, feed: FeedDeclaration, place: str) -> str:
        """The `ce_source` of a feed: `urn:<place>:<organisation>:<system>`."""
        return f"urn:{place}:{self.organisation}:{feed.system}"


def load_departments(folder: Path | None = None) -> list[DepartmentDeclaration]:
    """The departments declared below `folder` (default: those packaged), by code; `DeclarationError` otherwise."""
    if folder is not None:
        return _load(folder)
    with as_file(files("producers") / "departments") as packaged:
        return _load(packaged)


def _load(folder: Path) -> list[DepartmentDeclaration]:
    if not folder.is_dir():
        raise DeclarationError(str(folder), "is no folder")
    found = [read_department(path) for path in sorted(folder.glob("*/department.yaml"))]
    _check_unique([department.code for department in found], str(folder), "code")
    feeds = [feed for department in found for feed in department.feeds]
    _check_unique([feed.name for feed in feeds], str(folder), "feeds.name")
    by_name = {feed.name: feed for feed in feeds}
    for feed in feeds:
        if feed.instead_of and feed.instead_of not in by_name:
            raise DeclarationError(f"{folder}: feeds.{feed.name}.instead_of", f"there is no feed {feed.instead_of!r}")
    joined = [replace(one, feeds=tuple(_with_ledger(feed, by_name) for feed in one.feeds)) for one in found]
    return sorted(joined, key=lambda department: department.code)


def _with_ledger(feed: FeedDeclaration, by_name: Mapping[str, FeedDeclaration]) -> FeedDeclaration:
    """`feed`, with the ledger of the feed that it stands in for where both are one system telling in one way."""
    other = by_name.get(feed.instead_of or "")
    if other is None or _system_of(other) != _system_of(feed):
        return feed
    return replace(feed, ledger=other.name)


def _system_of(feed: FeedDeclaration) -> tuple[str, ...]:
    return feed.department, feed.registry, feed.system, feed.mode


def _check_unique(names: list[str], place: str, what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DeclarationError(f"{place}: {what}", f"{name!r} is declared twice")


def read_department(path: Path) -> DepartmentDeclaration:
    """The department declared in the file `path`."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DeclarationError(str(path), f"cannot be read as YAML: {error}") from error
    return _Parser(f"{path.parent.name}/{path.name}").department(document)


class _Parser:
    """Reads one document; every complaint names the file and the field."""

    def __init__(self, file: str) -> None:
        self.file = file

    def department(self, document: object) -> DepartmentDeclaration:
        fields = self.mapping("department", document, _DEPARTMENT_KEYS)
        code = self.match("code", fields.get("code"), _IDENTIFIER, "made of a-z, 0-9 and single hyphens")
        name_vi, name_en = self.texts("name", fields.get("name"))
        return DepartmentDeclaration(
            code=code,
            organisation=self.match("organisation", fields.get("organisation"), _ORGANISATION, "a code such as H57.15"),
            name_vi=name_vi,
            name_en=name_en,
            contact=self.string("contact", fields.get("contact")),
            feeds=tuple(self.feeds(fields.get("feeds"), code)),
        )

    def feeds(self, value: object, department: str) -> Iterator[FeedDeclaration]:
        if value is not None and not isinstance(value, list):
            raise self.error("feeds", "needs a list of feeds")
        for index, one in enumerate(value or ()):
            yield self.feed(f"feeds[{index}]", one, department)

    def feed(self, place: str, document: object, department: str) -> FeedDeclaration:
        fields = self.mapping(place, document, _FEED_KEYS)
        title_vi, title_en = self.texts(f"{place}.title", fields.get("title"))
        feed = FeedDeclaration(
            name=self.identifier(f"{place}.name", fields.get("name")),
            department=department,
            registry=self.identifier(f"{place}.registry", fields.get("registry")),
            system=self.identifier(f"{place}.system", fields.get("system")),
            mode=self.one_of(f"{place}.mode", fields.get("mode"), _MODES),
            title_vi=title_vi,
            title_en=title_en,
            needs=self.names(f"{place}.needs", fields.get("needs")),
            instead_of=fields.get("instead_of"),
            events=self.events(f"{place}.events", fields.get("events"), fields.get("mode")),
            implementation=self.implementation(place, fields),
            source=self.mapping(f"{place}.source", fields.get("source") or {}),
            mapping=self.mapping(f"{place}.mapping", fields.get("mapping") or {}),
            options=self.mapping(f"{place}.options", fields.get("options") or {}),
        )
        if feed.implementation is None and not (feed.source and feed.mapping):
            raise self.error(place, "needs an implementation, or a source and a mapping")
        return feed

    def implementation(self, place: str, fields: Mapping[str, Any]) -> str | None:
        value = fields.get("implementation")
        if value is None:
            return None
        return self.match(f"{place}.implementation", value, _IMPLEMENTATION, "module:function")

    def events(self, place: str, value: object, mode: object) -> dict[str, str]:
        known = ("created", "changed", "retired")
        events = self.mapping(place, value or {}, known)
        for name, event in events.items():
            self.string(f"{place}.{name}", event)
        if mode == "snapshot" and "created" not in events:
            raise self.error(place, "a snapshot feed names its created event")
        return events

    def error(self, place: str, message: str) -> DeclarationError:
        return DeclarationError(f"{self.file}: {place}", message)

    def mapping(self, place: str, value: object, known: tuple[str, ...] = ()) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.error(place, "needs names with values")
        for name in value:
            if known and name not in known:
                raise self.error(f"{place}.{name}", f"unknown; known are {', '.join(known)}")
        return value

    def string(self, place: str, value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.error(place, "a text is needed here")
        return value.strip()

    def match(self, place: str, value: object, pattern: re.Pattern[str], shape: str) -> str:
        text = self.string(place, value)
        if not pattern.match(text):
            raise self.error(place, f"{text!r} is not {shape}")
        return text

    def identifier(self, place: str, value: object) -> str:
        return self.match(place, value, _IDENTIFIER, "made of a-z, 0-9 and single hyphens")

    def one_of(self, place: str, value: object, choices: tuple[str, ...]) -> str:
        if value not in choices:
            raise self.error(place, f"{value!r} is not one of {', '.join(choices)}")
        return str(value)

    def texts(self, place: str, value: object) -> tuple[str, str]:
        names = self.mapping(place, value, ("vi", "en"))
        return self.string(f"{place}.vi", names.get("vi")), self.string(f"{place}.en", names.get("en"))

    def names(self, place: str, value: object) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.error(place, "needs a list of names")
        return tuple(value)


def find_missing(feed: FeedDeclaration, data: Path | None) -> tuple[str, ...]:
    """What the feed needs and `data` lacks; empty where it can run."""
    return tuple(name for name in feed.needs if data is None or not any(data.glob(name)))


def choose_feeds(feeds: list[FeedDeclaration], data: Path | None) -> list[FeedDeclaration]:
    """The feeds that can run with `data`: those whose needs are there, and stand-ins of those whose are not.

    A stand-in of another system than the feed that can run now is run as `withdrawn`, last.
    """
    runnable = {feed.name for feed in feeds if not find_missing(feed, data)}
    chosen = [feed for feed in feeds if feed.name in runnable and feed.instead_of not in runnable]
    unneeded = [feed for feed in feeds if feed.instead_of in runnable and feed.ledger is None]
    return chosen + [replace(feed, withdrawn=True) for feed in unneeded]


def load_implementation(name: str) -> MappingFunction:
    """The mapping function called `module:function`; raises `DeclarationError`."""
    module, _, function = name.partition(":")
    try:
        found: MappingFunction = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise DeclarationError(f"implementation {name}", f"cannot be loaded: {error}") from error
    return found
