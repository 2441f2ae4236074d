"""Random pairs of Avro schemas: near relatives, so that most questions have an interesting answer; some unsound."""

from __future__ import annotations

import copy
import random
from typing import Any

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NAMES = ("A", "B", "C", "x.A", "x.B", "y.A")
FIELDS = ("f", "g", "h", "i")
SYMBOLS = ("R", "G", "B", "Y")
LOGICAL: tuple[dict[str, Any], ...] = (
    {"type": "int", "logicalType": "date"},
    {"type": "long", "logicalType": "timestamp-micros"},
    {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2},
    {"type": "string", "logicalType": "uuid", "unit": "x"},
)
DEFAULTS: tuple[Any, ...] = (None, True, 0, 7, 2**31, 2**63, 1.5, "", "a", "R", "ÿ", [], [1], {}, {"f": 1}, {"f": "a"})


class SchemaMaker:
    """Makes schemas out of one source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.named: list[str] = []

    def schema(self) -> Any:
        """A new schema."""
        self.named = []
        return self.record(3) if self.chance.random() < 0.7 else self.type(3)

    def type(self, depth: int) -> Any:
        chance = self.chance
        kind = chance.choice(
            ("primitive",) * 4 + ("logical", "array", "map", "union", "enum", "fixed", "record", "ref")
        )
        if depth <= 0 or kind == "primitive":
            return chance.choice(PRIMITIVES)
        if kind == "logical":
            return dict(chance.choice(LOGICAL))
        if kind == "array":
            return {"type": "array", "items": self.type(depth - 1)}
        if kind == "map":
            return {"type": "map", "values": self.type(depth - 1)}
        if kind == "union":
            return [self.type(depth - 1) for _ in range(chance.randint(0, 3))]
        if kind == "ref" and self.named:
            return chance.choice(self.named)
        if kind == "enum":
            return self.enum()
        if kind == "fixed":
            return self.titled({"type": "fixed", "size": chance.choice((0, 1, 2, 2, 16))})
        return self.record(depth - 1)

    def titled(self, document: dict[str, Any]) -> dict[str, Any]:
        name = self.chance.choice(NAMES)
        self.named.append(name)
        titled = {"type": document["type"], "name": name, **document}
        if self.chance.random() < 0.2:
            titled["namespace"] = self.chance.choice(("x", "y", ""))
        if self.chance.random() < 0.2:
            titled["aliases"] = [self.chance.choice(NAMES)]
        if self.chance.random() < 0.1:
            titled["doc"] = "what it is"
        return titled

    def enum(self) -> dict[str, Any]:
        document: dict[str, Any] = {"type": "enum", "symbols": self.chance.sample(SYMBOLS, self.chance.randint(1, 4))}
        if self.chance.random() < 0.3:
            document["default"] = self.chance.choice(document["symbols"])
        return self.titled(document)

    def record(self, depth: int) -> dict[str, Any]:
        document = self.titled({"type": "record", "fields": []})
        names = self.chance.sample(FIELDS, self.chance.randint(0, 3))
        document["fields"] = [self.field(name, depth) for name in names]
        return document

    def field(self, name: str, depth: int) -> dict[str, Any]:
        field: dict[str, Any] = {"name": name, "type": self.type(depth - 1)}
        if self.chance.random() < 0.35:
            field["default"] = copy.deepcopy(self.chance.choice(DEFAULTS))
        if self.chance.random() < 0.15:
            field["aliases"] = [self.chance.choice(FIELDS)]
        if self.chance.random() < 0.1:
            field["order"] = self.chance.choice(("ascending", "descending", "ignore"))
        return field

    def changed(self, schema: Any) -> Any:
        """A relative of `schema`: one to three places are different."""
        found = copy.deepcopy(schema)
        for _ in range(self.chance.randint(1, 3)):
            found = self._change(found)
        return found

    def _change(self, document: Any) -> Any:
        chance = self.chance
        if isinstance(document, dict) and chance.random() < 0.8:
            if document.get("fields"):
                self._change_fields(document["fields"])
                return document
            for inner in ("items", "values"):
                if inner in document:
                    document[inner] = self._change(document[inner])
                    return document
            if "symbols" in document:
                document["symbols"] = chance.sample(SYMBOLS, chance.randint(1, 4))
                return document
            if "name" in document:
                document["name"] = chance.choice(NAMES)
                return document
        if isinstance(document, list) and document and chance.random() < 0.6:
            document[chance.randrange(len(document))] = self.type(1)
            return document
        return [document, "null"] if chance.random() < 0.2 and not isinstance(document, list) else self.type(1)

    def _change_fields(self, fields: list[dict[str, Any]]) -> None:
        chance = self.chance
        at = chance.randrange(len(fields))
        match chance.randrange(4):
            case 0:
                fields.append(self.field(chance.choice(FIELDS), 2))
            case 1:
                fields.pop(at)
            case 2:
                fields[at]["type"] = self._change(fields[at]["type"])
            case _:
                fields[at]["name"] = chance.choice(FIELDS)
