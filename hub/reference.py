"""The reference pages that are made from the code: `python -m hub.reference commands|settings|lint`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields

import click

from hub.cli import main_group
from hub.settings import PREFIX, Settings
from schemas.lint_rules import RULE_ROWS

_WIDTH = 100


def commands_page() -> str:
    """The text of docs/reference/commands.md."""
    lines = [
        "# Commands",
        "",
        "What `huehub … --help` says. Every command reads the [settings](settings.md) from the environment.",
        "Exit codes:",
        "0 done, 1 not done (the line on standard error says why and what helps), 2 called wrongly, 75 not done now:",
        "repeat.",
    ]
    for path, command in _walk(main_group, ("huehub",)):
        context = click.Context(command, info_name=" ".join(path), max_content_width=_WIDTH, terminal_width=_WIDTH)
        lines += ["", f"## {' '.join(path)}", "", "```", command.get_help(context), "```"]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """The text of docs/reference/settings.md."""
    lines = [
        "# Settings",
        "",
        "Environment variables. An unknown name with the prefix `HUB_` is an error that names the known ones.",
        "",
        "| name | default | what |",
        "|---|---|---|",
    ]
    for one in fields(Settings):
        default = "" if one.default in (None, "") else f"`{one.default}`"
        lines.append(f"| `{PREFIX}{one.name.upper()}` | {default} | {one.metadata['help']} |")
    return "\n".join(lines) + "\n"


def lint_page() -> str:
    """The text of docs/reference/lint.md."""
    lines = [
        "# Lint rules",
        "",
        "What a schema or a definition must say beyond what Avro asks; `huehub lint` lists what is lacking. An `error`",
        "refuses a proposal, a `warning` does not, `off` is silent. An administrator may set another level, or except",
        "one place until a day.",
        "",
        "| rule | level | tiếng Việt | English |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{name}` | {rule.level} | {rule.vi} | {rule.en} |" for name, rule in RULE_ROWS.items()]
    return "\n".join(lines) + "\n"


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from _walk(one, (*path, name))


_PAGES = {"commands": commands_page, "settings": settings_page, "lint": lint_page}

if __name__ == "__main__":
    sys.stdout.write(_PAGES[sys.argv[1]]())
