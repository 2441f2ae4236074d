"""What an event does: its rule and its fields become changes of keys, and edges of descent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from consumers.fold import ABSORB, CEASE, PATCH, PUT, SEPARATE, Change
from hub.registries.rows import Payload, RowMaker, json_converter
from schemas.definition import Definition, EventRule

Fields = Mapping[str, Any]
Changes = dict[str, Change]
Compiled = Callable[[str, Fields], Changes]


class Edge(NamedTuple):
    """One line of descent, to nobody where `to_key` is None; `details` is the edge's JSON where it says more."""

    from_key: str
    to_key: str | None
    kind: str
    details: str | None


class Effects:
    """The effects of the events of one definition, compiled once for each of its rules."""

    def __init__(self, definition: Definition, rows: RowMaker) -> None:
        self._rows = rows
        self._changes = {name: self._compile(rule) for name, rule in definition.events.items()}
        self._edges = {
            name: _compile_edges(definition, rule)
            for name, rule in definition.events.items()
            if rule.operation in _EDGES and (rule.operation != "retire" or rule.successors)
        }

    def changes(self, event_type: str, key: str, fields: Fields) -> Changes:
        """The changes by key; none for an event type the definition no longer knows."""
        compiled = self._changes.get(event_type)
        return compiled(key, fields) if compiled is not None else {}

    def edges(self, event_type: str, key: str, fields: Fields) -> list[Edge]:
        """The lines of descent the event tells."""
        compiled = self._edges.get(event_type)
        return compiled(key, fields) if compiled is not None else []

    def tells_descent(self, event_type: str) -> bool:
        return event_type in self._edges

    def _compile(self, rule: EventRule) -> Compiled:
        if rule.operation in ("put", "append"):
            make = self._rows.make
            return lambda key, fields: {key: Change(PUT, make(key, fields))}
        if rule.operation == "patch":
            return self._patch
        if rule.operation in ("retire", "split"):
            return _ceasing(rule.successors)
        if rule.operation in ("merge", "separate"):
            return _merging(rule, ABSORB if rule.operation == "merge" else SEPARATE)
        return _reorganising(str(rule.edges))

    def _patch(self, key: str, fields: Fields) -> Changes:
        rows, changed = self._rows, tuple(fields["changed"])

        def patch(payload: Payload) -> Payload:
            return rows.patch(payload, fields, changed)

        return {key: Change(PATCH, patch=patch)}


def _ceasing(successors: str | None) -> Compiled:
    def changes(key: str, fields: Fields) -> Changes:
        found = fields[successors] if successors is not None else None
        return {key: Change(CEASE, successors=tuple(found or ()))}

    return changes


def _merging(rule: EventRule, kind: int) -> Compiled:
    survivor, absorbed = str(rule.survivor), str(rule.absorbed)

    def changes(_key: str, fields: Fields) -> Changes:
        change = Change(kind, successors=(fields[survivor],))
        return dict.fromkeys(fields[absorbed] or (), change)

    return changes


def _reorganising(edges: str) -> Compiled:
    def changes(_key: str, fields: Fields) -> Changes:
        ends: dict[str, list[str | None]] = {}
        for edge in fields[edges] or ():
            ends.setdefault(edge["from"], []).append(edge["to"])
        return {
            key: Change(CEASE, successors=tuple(one for one in found if one is not None))
            for key, found in ends.items()
            if key not in found
        }

    return changes


_EDGES = ("retire", "split", "merge", "reorganise")


def _compile_edges(definition: Definition, rule: EventRule) -> Callable[[str, Fields], list[Edge]]:
    if rule.operation == "merge":
        survivor, absorbed = str(rule.survivor), str(rule.absorbed)
        return lambda _, fields: [Edge(one, fields[survivor], "merge", None) for one in fields[absorbed] or ()]
    if rule.operation in ("retire", "split"):
        name, kind = str(rule.successors), rule.operation
        return lambda key, fields: [Edge(key, one, kind, None) for one in fields[name] or ()]
    return _reorganised_edges(definition, rule)


def _reorganised_edges(definition: Definition, rule: EventRule) -> Callable[[str, Fields], list[Edge]]:
    name = str(rule.edges)
    convert = json_converter(definition.schemas[rule.schema].fields[name]) or (lambda value: value)

    def edges(_key: str, fields: Fields) -> list[Edge]:
        return [
            Edge(edge["from"], edge["to"], "reorganise", orjson.dumps(edge).decode())
            for edge in convert(fields[name] or [])
        ]

    return edges
