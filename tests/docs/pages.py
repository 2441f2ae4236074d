"""The pages for people, and the snippets in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")


@dataclass
class Step:
    """One command of a page and the lines of output the page shows; `…` in a line stands for anything."""

    page: str
    command: str
    shown: list[str] = field(default_factory=list)


def list_pages() -> list[str]:
    """README and everything below docs, as paths from the root."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page.relative_to(ROOT).as_posix() for page in found]


def links_of(page: str) -> list[str]:
    """The targets of relative links."""
    return _LINK.findall((ROOT / page).read_text(encoding="utf-8"))


def snippets_of(page: str, language: str) -> list[str]:
    """The blocks of one language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [found["text"] for found in _BLOCK.finditer(text) if found["language"] == language]


def steps_of(page: str) -> list[Step]:
    """The commands of a page's console blocks; where a block has no `$`, each line is one."""
    steps: list[Step] = []
    for block in snippets_of(page, "console"):
        lines = block.splitlines()
        marked = any(line.startswith("$ ") for line in lines)
        for line in lines:
            if line.startswith("$ ") or not marked:
                steps.append(Step(page, line.removeprefix("$ ")))
            elif steps[-1].command.endswith("\\") and not steps[-1].shown:
                steps[-1].command = steps[-1].command[:-1] + line.strip()
            else:
                steps[-1].shown.append(line)
    return steps
