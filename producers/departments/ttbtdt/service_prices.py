"""Prices of guiding services: a table of facts taken from the notice that cites their decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from producers.departments.packaged import FOLDER
from producers.feed import FeedContext, Finding
from producers.mapping import DeclaredMapping
from producers.reading import read_rows


def read_service_prices(context: FeedContext) -> Iterator[Finding]:
    """A price for each service of the packaged table; options: file, mapping."""
    rows = read_rows(replace(context, data=FOLDER), context.options["file"])
    yield from DeclaredMapping(context.options["mapping"]).apply(rows)
