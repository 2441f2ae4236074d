"""Helpers: what a packaged feed's mapping makes of rows that a test writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from producers.departments.packaged import find_feed
from producers.feed import Fact, Finding, Flag, Origin, Refusal, Row
from producers.mapping import map_rows
from producers.rules import Apply, Cell


def rows_of(*values: Mapping[str, Any], file: str = "list.ndjson") -> list[Row]:
    return [Row(values=one, origin=Origin(file, number)) for number, one in enumerate(values, start=1)]


def map_with(feed: str, *values: Mapping[str, Any]) -> list[Finding]:
    """What the declared mapping of the packaged feed says of rows with these values."""
    return list(map_rows(find_feed(feed), rows_of(*values)))


def facts_in(findings: Iterable[Finding]) -> list[Fact]:
    return [one for one in findings if isinstance(one, Fact)]


def rules_in(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    """How often each rule spoke of each field."""
    return Counter((one.field, one.rule) for one in findings if isinstance(one, Flag))


def refusals_in(findings: Iterable[Finding]) -> list[tuple[str | None, str]]:
    return [(one.field, one.code) for one in findings if isinstance(one, Refusal)]


def apply_rule(rule: Apply, value: Any) -> tuple[Any, Cell]:
    """What a rule makes of a value, and the cell with its flags and further fields."""
    cell = Cell(Origin("list.ndjson", 1), "field")
    return rule(value, cell), cell
