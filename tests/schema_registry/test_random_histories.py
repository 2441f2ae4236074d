"""Random histories of subjects over REST beside a model of the rules: levels, groups, contexts, references, deletions.

Schemas are records of text fields and a referenced part, so that the model can tell by sets alone who reads whom.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.schema_registry.client import RegistryClient

LEVELS = ("NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE")
CONTEXTS = ("", ":.ctx:")
PARTS = ({"a": False}, {"a": False, "b": True}, {"a": False, "c": False})  # field -> whether it has a default
STEPS = 80


@dataclass(frozen=True)
class Shape:
    """A schema: its fields, each with or without a default; the version of the part it holds (0: none); its group."""

    fields: frozenset[tuple[str, bool]]
    part: int
    group: str

    def reads(self, writer: Shape) -> bool:
        names = {name for name, _ in writer.fields}
        if not all(default or name in names for name, default in self.fields):
            return False
        if not self.part:
            return True
        return bool(writer.part) and reads_part(self.part, writer.part)


def reads_part(reader: int, writer: int) -> bool:
    return all(default or name in PARTS[writer - 1] for name, default in PARTS[reader - 1].items())


@dataclass
class Version:
    number: int
    shape: Shape
    id: int
    deleted: bool = False


@dataclass
class Subject:
    level: str = "BACKWARD"
    grouped: bool = False
    versions: list[Version] = field(default_factory=list)

    @property
    def active(self) -> list[Version]:
        return [one for one in self.versions if not one.deleted]

    def allows(self, shape: Shape, earlier: list[Version]) -> bool:
        """By the level, `earlier` from the oldest."""
        if self.grouped:
            earlier = [one for one in earlier if one.shape.group == shape.group]
        chosen = earlier if self.level.endswith("TRANSITIVE") else earlier[-1:]
        rule = self.level.removesuffix("_TRANSITIVE")
        backward, forward = rule in ("BACKWARD", "FULL"), rule in ("FORWARD", "FULL")
        return all(
            (not backward or shape.reads(one.shape)) and (not forward or one.shape.reads(shape)) for one in chosen
        )


class History:
    """Does the same to a registry and to the model, and compares every answer."""

    def __init__(self, client: RegistryClient, chance: random.Random) -> None:
        self.client, self.chance = client, chance
        self.subjects = {f"{context}{name}": Subject() for context in CONTEXTS for name in ("one", "two")}
        self.ids: dict[tuple[str, Any], int] = {}
        for context in CONTEXTS:
            client.put(f"/config/{context}part", {"compatibility": "NONE"})
            for number in (1, 2, 3):
                self.ids[context, number] = number
                assert client.register(f"{context}part", part(number)).json["id"] == number

    def step(self) -> None:
        name = self.chance.choice(list(self.subjects))
        acts = (self.register,) * 5 + (self.check,) * 3 + (self.configure, self.delete, self.delete_all)
        self.chance.choice(acts)(name, self.subjects[name])

    def shape(self) -> Shape:
        names = self.chance.sample("fghi", self.chance.randint(1, 3))
        fields = frozenset((name, self.chance.random() < 0.6) for name in names)
        return Shape(fields, self.chance.choice((0, 0, 1, 2, 3)), self.chance.choice(("1", "2")))

    def register(self, name: str, subject: Subject) -> None:
        shape = self.shape()
        found = self.client.register(name, **asked(shape))
        standing = next((one for one in subject.active if one.shape == shape), None)
        if standing is not None:
            assert (found.json["version"], found.json["id"]) == (standing.number, standing.id)
        elif not subject.allows(shape, subject.active):
            assert found.error == (409, 409)
        else:
            number = max((one.number for one in subject.versions), default=0) + 1
            context = name.rpartition(":")[0]
            taken = [one for (other, _), one in self.ids.items() if other.rpartition(":")[0] == context]
            schema_id = self.ids.setdefault((f"{context}:" if context else "", shape), max(taken) + 1)
            subject.versions.append(Version(number, shape, schema_id))
            assert (found.json["version"], found.json["id"]) == (number, schema_id)

    def check(self, name: str, subject: Subject) -> None:
        shape, active = self.shape(), subject.active
        where, earlier = "", active
        if active and self.chance.random() < 0.6:
            one = self.chance.choice((active[-1], self.chance.choice(active)))
            where, earlier = f"/{one.number}", [one]
            if one is active[-1] and self.chance.random() < 0.5:
                where = "/latest"
        found = self.client.check(f"{name}/versions{where}", **asked(shape), query="?verbose=true").json
        assert found["is_compatible"] is subject.allows(shape, earlier), found
        assert bool(found["messages"]) is not found["is_compatible"]

    def configure(self, name: str, subject: Subject) -> None:
        subject.level, subject.grouped = self.chance.choice(LEVELS), self.chance.random() < 0.4
        group = "major" if subject.grouped else None
        document = {"compatibility": subject.level, "compatibilityGroup": group}
        assert self.client.put(f"/config/{name}", document).status == 200

    def delete(self, name: str, subject: Subject) -> None:
        """A version softly, or for good if it was already; while others stand, so that the settings stay."""
        if len(subject.versions) < 2:
            return
        one = self.chance.choice(subject.versions)
        query = "?permanent=true" if one.deleted else ""
        if not one.deleted and len(subject.active) < 2:
            return
        assert self.client.delete(f"/subjects/{name}/versions/{one.number}{query}").json == one.number
        if one.deleted:
            subject.versions.remove(one)
        one.deleted = True

    def delete_all(self, name: str, subject: Subject) -> None:
        if not subject.active or self.chance.random() < 0.7:
            return
        numbers = [one.number for one in subject.active]
        assert self.client.delete(f"/subjects/{name}").json == numbers
        for one in subject.versions:
            one.deleted = True

    def compare(self) -> None:
        """What is listed in the end."""
        for name, subject in self.subjects.items():
            found = self.client.get(f"/subjects/{name}/versions?deletedAsNegative=true")
            assert (found.json if found.status == 200 else []) == [
                -one.number if one.deleted else one.number for one in subject.versions
            ]
            for one in subject.versions:
                told = self.client.get(f"/subjects/{name}/versions/{one.number}?deleted=true").json
                assert (told["id"], told.get("deleted", False)) == (one.id, one.deleted)


def part(number: int) -> dict[str, Any]:
    return {"type": "record", "name": "Part", "fields": [text_field(*one) for one in PARTS[number - 1].items()]}


def text_field(name: str, default: bool) -> dict[str, Any]:
    return {"name": name, "type": "string", **({"default": ""} if default else {})}


def asked(shape: Shape) -> dict[str, Any]:
    """The members of a request."""
    fields = [text_field(*one) for one in sorted(shape.fields)]
    found: dict[str, Any] = {"metadata": {"properties": {"major": shape.group}}}
    if shape.part:
        fields.append({"name": "part", "type": "Part"})
        found["references"] = [{"name": "Part", "subject": "part", "version": shape.part}]
    return {**found, "schema": {"type": "record", "name": "R", "fields": fields}}


@pytest.mark.parametrize("seed", range(8))
def test_a_history_goes_as_the_rules_have_it(client: RegistryClient, seed: int) -> None:
    history = History(client, random.Random(seed))
    for _ in range(STEPS):
        history.step()
    history.compare()
