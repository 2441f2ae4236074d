"""Parts of the page of benchmarks: each begins with its own heading of the second order, and is written alone."""

from __future__ import annotations

import re
from pathlib import Path

SCHEMA_REGISTRY = "## Schema registry"
_NEXT = re.compile(r"^## ", re.MULTILINE)


def find_part(page: str, heading: str) -> str:
    """The part from `heading` to the next heading of its order; empty where there is none."""
    start = page.find(f"{heading}\n")
    if start < 0:
        return ""
    after = _NEXT.search(page, start + len(heading))
    return page[start : after.start() if after else len(page)].strip() + "\n"


def put_part(page: str, part: str) -> str:
    """The page with the part in place of the one with its heading, else at its end."""
    if not part:
        return page
    old = find_part(page, part.partition("\n")[0]).strip()
    if old:
        return page.replace(old, part.strip())
    return page.rstrip() + "\n\n" + part.strip() + "\n"


def write_part(file: Path, part: str) -> None:
    """Put the part into the page in `file`."""
    page = file.read_text(encoding="utf-8") if file.exists() else "# Benchmarks\n"
    file.write_text(put_part(page, part), encoding="utf-8")
