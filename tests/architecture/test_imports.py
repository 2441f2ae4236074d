"""Who may import whom: the rules of docs/architecture.md as a table, held against every import there is."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

import pytest

from tests.architecture.sources import PACKAGES, Import, Module, imports_of, modules

# part -> parts of ours it may import, beside itself
MAY_IMPORT: dict[str, frozenset[str]] = {
    "schemas": frozenset(),
    "hub.log": frozenset(),
    "hub.settings": frozenset(),
    "hub.telemetry": frozenset(),
    "hub.table_creation": frozenset(),
    "hub.security": frozenset({"schemas", "hub.control"}),
    "hub.control": frozenset({"schemas", "hub.log", "hub.table_creation"}),
    "hub.registries": frozenset({"schemas", "hub.table_creation"}),
    "hub.schema_registry": frozenset({"schemas", "hub.log", "hub.control", "hub.security", "hub.table_creation"}),
    "hub.governance": frozenset({"schemas", "hub.control", "hub.registries", "hub.security", "hub.table_creation"}),
    "hub.contracts": frozenset({"schemas", "hub.control"}),
    "producers": frozenset({"schemas", "hub.log"}),
    "consumers": frozenset(
        {"schemas", "hub.log", "hub.registries", "hub.control", "hub.security", "hub.table_creation"}
    ),
    "hub.api": frozenset({"schemas", "hub.registries", "hub.control"}),
    "hub.portal": frozenset({"schemas", "hub.registries", "hub.control", "hub.api"}),
}
KNOW_ALL = frozenset({"hub", "hub.wiring", "hub.cli", "hub.commands", "hub.app", "hub.reference"})
FORBIDDEN_NAMES = frozenset({"utils", "util", "common", "core", "helpers", "helper", "base", "misc", "lib"})


def part_of(name: str) -> str:
    """The part a module belongs to: a package, or a package or module right below `hub`."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "hub" else parts[0]


def is_ours(one: Import) -> bool:
    return one.target.split(".")[0] in PACKAGES


def every_import() -> list[Import]:
    return [one for module in modules() for one in imports_of(module)]


def told(found: Iterable[Import]) -> list[str]:
    return [f"{one.module}:{one.line} imports {one.target}" for one in found]


def cycle_in(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Some cycle in a graph, or nothing."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for one in edges.get(node, ()):
            if found := visit(one, [*path, node]):
                return found
        done.add(node)
        return []

    return next((found for node in sorted(edges) if (found := visit(node, []))), [])


def test_every_part_has_a_rule() -> None:
    assert {part_of(module.name) for module in modules()} - MAY_IMPORT.keys() - KNOW_ALL == set()


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_a_part_imports_only_what_its_rule_allows(part: str) -> None:
    allowed = MAY_IMPORT[part] | {part}
    broken = [
        one
        for one in every_import()
        if part_of(one.module) == part and is_ours(one) and part_of(one.target) not in allowed
    ]
    assert told(broken) == []


def test_no_import_stands_inside_a_function() -> None:
    assert told(one for one in every_import() if one.inside_function) == []


def test_every_import_is_absolute() -> None:
    assert told(one for one in every_import() if one.target.startswith(".")) == []


def test_kafka_is_known_to_its_log_alone() -> None:
    broken = [
        one
        for one in every_import()
        if one.target.split(".")[0] == "kafka" and not one.module.startswith("hub.log.kafka_")
    ]
    assert told(broken) == []


def test_parts_do_not_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {}
    for one in every_import():
        if is_ours(one) and part_of(one.target) != part_of(one.module):
            edges.setdefault(part_of(one.module), set()).add(part_of(one.target))
    assert cycle_in(edges) == []


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    names = {module.name for module in modules()}
    edges: dict[str, set[str]] = {}
    for one in filter(is_ours, every_import()):
        target = one.target if one.target in names else one.target.rpartition(".")[0]
        edges.setdefault(one.module, set()).add(target)
    assert cycle_in(edges) == []


def test_no_module_is_a_drawer() -> None:
    broken = [module.path for module in modules() if FORBIDDEN_NAMES & set(module.name.split("."))]
    assert broken == []


def test_the_reading_of_imports_sees_those_inside_functions() -> None:
    tree = ast.parse("import a\ndef f():\n    if True:\n        from b.c import d\n")
    found = [(one.target, one.inside_function) for one in imports_of(Module("x", "x.py", tree))]
    assert found == [("a", False), ("b.c.d", True)]


def test_the_search_for_circles_finds_one() -> None:
    assert cycle_in({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert cycle_in({"a": ["b", "c"], "b": ["c"], "c": []}) == []
