"""The commands as a Markdown page: `python -m hub.commands.commands_page > docs/reference/commands.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from hub.cli import main_group

_WIDTH = 100


def commands_page() -> str:
    """The text of docs/reference/commands.md."""
    lines = [
        "# Commands",
        "",
        "What `huehub … --help` says. Every command reads the [settings](settings.md) from the environment. Exit codes: 0",
        "done, 1 not done (the line on standard error says why and what helps), 2 called wrongly, 75 not done now: repeat.",
    ]
    for path, command in _walk(main_group, ("huehub",)):
        context = click.Context(command, info_name=" ".join(path), max_content_width=_WIDTH, terminal_width=_WIDTH)
        lines += ["", f"## {' '.join(path)}", "", "```", command.get_help(context), "```"]
    return "\n".join(lines) + "\n"


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from _walk(one, (*path, name))


if __name__ == "__main__":
    sys.stdout.write(commands_page())
