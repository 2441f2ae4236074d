"""The departments' facts about administrative units, folded slowly by the words of docs/architecture.md."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from producers.declarations import DepartmentDeclaration, load_departments
from producers.feed import Fact, FeedContext, FeedDeclaration, Finding
from schemas.definition import Definition
from schemas.packaged import load_definitions
from schemas.times import OPEN, parse_instant

DATA = Path(__file__).parents[4] / "shared" / "data"
SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")


def definition_of(registry: str) -> Definition:
    return next(one.definition for one in load_definitions() if one.definition.registry == registry)


def department(code: str) -> DepartmentDeclaration:
    return next(one for one in load_departments() if one.code == code)


def feed_of(name: str) -> FeedDeclaration:
    return next(feed for one in load_departments() for feed in one.feeds if feed.name == name)


@lru_cache(maxsize=16)
def findings_of(name: str) -> tuple[Finding, ...]:
    """Everything the feed `name` yields from the real data."""
    feed = feed_of(name)
    module, function = str(feed.implementation).split(":")
    context = FeedContext(DATA, feed.options)
    return tuple(getattr(importlib.import_module(module), function)(context))


def facts_of(name: str) -> list[Fact]:
    return [one for one in findings_of(name) if isinstance(one, Fact)]


def instant(day: str) -> int:
    return parse_instant(day, SAIGON)


@dataclass(slots=True)
class World:
    """What the facts add up to: effects by claimant ('' decides) and key, in order of being told."""

    definition: Definition
    effects: dict[tuple[str, str], list[tuple[int, int, int, str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    told: int = 0
    known: dict[tuple[str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)

    def hear(self, feed: str) -> None:
        system = f"urn:hue:{department(feed_of(feed).department).organisation}:{feed_of(feed).system}"
        for fact in facts_of(feed):
            assert fact.valid_from is not None
            decides = self.definition.decides(system, fact.event, fact.valid_from)
            end = OPEN if fact.valid_to is None else fact.valid_to
            for key, operation, value in self._effects(fact):
                self.told += 1
                effect = (fact.valid_from, self.told, end, operation, value)
                self.effects["" if decides else system, key].append(effect)

    def _effects(self, fact: Fact) -> Iterator[tuple[str, str, Any]]:
        operation = self.definition.events[fact.event].operation
        if operation != "reorganise":
            yield fact.key, operation, fact.fields
            return
        ends: dict[str, list[Any]] = defaultdict(list)
        for edge in fact.fields["edges"]:
            ends[edge["from"]].append(edge["to"])
        for key, successors in ends.items():
            if key not in successors:
                yield key, "cease", [one for one in successors if one is not None]

    def at(self, day: str, claimant: str = "") -> dict[str, dict[str, Any]]:
        """The active units at 00:00 of `day`, by key."""
        if (day, claimant) not in self.known:
            self.known[day, claimant] = self._fold(instant(day), claimant)
        return self.known[day, claimant]

    def _fold(self, moment: int, claimant: str) -> dict[str, dict[str, Any]]:
        found = {}
        for (who, key), effects in self.effects.items():
            if who != claimant:
                continue
            body: dict[str, Any] | None = None
            for start, _, end, operation, value in sorted(effects, key=lambda one: one[:2]):
                if start > moment or end <= moment:
                    continue
                if operation == "put":
                    body = dict(value)
                elif operation == "patch":
                    body = None if body is None else body | {name: value[name] for name in value["changed"]}
                else:
                    body = None
            if body is not None:
                found[key] = body
        return found

    def successors(self, key: str) -> list[str]:
        return [one for effect in self.effects["", key] if effect[3] == "cease" for one in effect[4]]


def count(units: dict[str, dict[str, Any]], level: str, **fields: str) -> int:
    return sum(
        one["level"] == level and all(one[name] == value for name, value in fields.items()) for one in units.values()
    )
