"""The settings as a Markdown table: `python -m hub.commands.settings_page > docs/reference/settings.md`."""

from __future__ import annotations

import sys
from dataclasses import fields

from hub.settings import PREFIX, Settings


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


if __name__ == "__main__":
    sys.stdout.write(settings_page())
