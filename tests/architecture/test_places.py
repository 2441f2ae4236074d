"""What code may not know: the environment, and the place it runs for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.sources import Module, modules

ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"})
# settings are data: their defaults name the first city
DATA = ("hub/settings.py", "producers/departments/")
PLACE = re.compile(r"(?<![a-z])hue(?![a-z])|huế|thừa thiên|^46$|(?<![0-9])46-", re.IGNORECASE)


def reads_of_environment(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT and ast.unparse(node.value) == "os":
            yield f"{module.path}:{node.lineno} reads os.{node.attr}"
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (
                f"{module.path}:{node.lineno} imports {one.name}" for one in node.names if one.name in ENVIRONMENT
            )


def docstrings(tree: ast.Module) -> set[int]:
    """The identities of the constants that are docstrings."""
    found = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            found.add(id(body[0].value))
    return found


def names_of_places(module: Module) -> Iterator[str]:
    """Every text (docstrings excepted) and every name in the code that names the place."""
    left_out = docstrings(module.tree)
    for node in ast.walk(module.tree):
        text = _text_of(node)
        if id(node) not in left_out and text and PLACE.search(text):
            yield f"{module.path}:{getattr(node, 'lineno', 0)} says {text[:60]!r}"


def _text_of(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    for attribute in ("id", "attr", "name", "arg"):
        if isinstance(found := getattr(node, attribute, None), str):
            return found
    return ""


def test_only_the_settings_read_the_environment() -> None:
    found = [one for module in modules() if module.path != "hub/settings.py" for one in reads_of_environment(module)]
    assert found == []


def test_the_settings_do_read_it_where_the_test_would_see() -> None:
    settings = [module for module in modules() if module.path == "hub/settings.py"]
    assert [one for module in settings for one in reads_of_environment(module)]


def test_no_place_is_in_the_code() -> None:
    found = [one for module in modules() if not module.path.startswith(DATA) for one in names_of_places(module)]
    assert found == []


def test_the_search_for_places_sees_texts_and_names() -> None:
    tree = ast.parse('"""Of Huế."""\nsource = "urn:hue:H57"\nhue_units = 1\ncommand = "huehub"\ncode = "46"\n')
    assert len(list(names_of_places(Module("x", "x.py", tree)))) == 3
