"""What one run of a feed reads: its rows are counted, and the rule `nfc` composes their texts.

Sources give text as it stands in the file. Some of it is decomposed (NFD), which looks the same and
compares otherwise; every row passes here before a mapping sees it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from producers.feed import FeedContext, Flag, Row
from producers.source import read_file

NFC_RULE = "nfc"


class Reading:
    """Counts the rows of a run in `count`; `on_row` hears of each, `on_flag` of each text that was composed.

    A row that is read again is not counted again. Rows of one file come in their order.
    """

    def __init__(
        self, on_row: Callable[[int], None] | None = None, on_flag: Callable[[Flag], None] | None = None
    ) -> None:
        self.count = 0
        self._on_row = on_row
        self._on_flag = on_flag
        self._last: dict[tuple[str, str | None], int] = {}

    def take(self, rows: Iterable[Row]) -> Iterator[Row]:
        """`rows` with their texts composed."""
        for row in rows:
            is_new = self._counts(row)
            composed = compose_row(row)
            if composed is not row and is_new and self._on_flag is not None:
                self._tell(row, composed)
            yield composed

    def _counts(self, row: Row) -> bool:
        file = row.origin.file, row.origin.sheet
        if row.origin.row <= self._last.get(file, 0):
            return False
        self._last[file] = row.origin.row
        self.count += 1
        if self._on_row is not None:
            self._on_row(self.count)
        return True

    def _tell(self, row: Row, composed: Row) -> None:
        for name, value in composed.values.items():
            if value is not row.values[name] and self._on_flag is not None:
                message = f"letters and marks stood apart (NFD) and were composed (NFC): {value!r:.80}"
                self._on_flag(Flag(row.origin, name, NFC_RULE, message))


def compose_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """`rows` with their texts composed, and nothing told: of a list that another feed reads as its own."""
    return map(compose_row, rows)


def compose_row(row: Row) -> Row:
    """`row` with every text composed; `row` itself where they are."""
    values = {name: compose(value) for name, value in row.values.items()}
    if all(value is row.values[name] for name, value in values.items()):
        return row
    return replace(row, values=values)


def compose(value: Any) -> Any:
    """`value` with the texts in it in NFC; `value` itself where they are."""
    if isinstance(value, str):
        if value.isascii() or unicodedata.is_normalized("NFC", value):
            return value
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        items = [compose(one) for one in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    if isinstance(value, dict):
        fields = {name: compose(one) for name, one in value.items()}
        return value if all(fields[name] is value[name] for name in fields) else fields
    return value


def read_rows(context: FeedContext, pattern: str, **options: Any) -> Iterator[Row]:
    """The rows of the files that match `pattern` below the context's data folder, counted and composed.

    Options are those of `read_file`.
    """
    yield from context.take(read_file(context.data, pattern, **options))
