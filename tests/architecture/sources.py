"""The project's own modules and what each of them imports, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "producers", "consumers", "hub")


@dataclass(frozen=True)
class Module:
    """One module: its dotted name, its path below the root, its syntax tree."""

    name: str
    path: str
    tree: ast.Module


@dataclass(frozen=True)
class Import:
    """One import statement's target, and where it stands."""

    module: str
    target: str
    line: int
    inside_function: bool


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the project's packages."""
    return tuple(read_module(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))


def read_module(path: Path) -> Module:
    relative = path.relative_to(ROOT)
    parts = list(relative.with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return Module(".".join(parts), str(relative), ast.parse(path.read_text(encoding="utf-8"), str(relative)))


def imports_of(module: Module) -> Iterator[Import]:
    """Every import, also those inside functions and blocks; `from a import b` gives a.b and not a."""
    for node, inside in walk(module.tree, False):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield Import(module.name, one.name, node.lineno, inside)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for one in node.names:
                yield Import(module.name, f"{base}.{one.name}", node.lineno, inside)


def walk(node: ast.AST, inside: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below `node`, and whether it stands inside a function."""
    for child in ast.iter_child_nodes(node):
        yield child, inside
        yield from walk(child, inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))
