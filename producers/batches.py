"""Checks of a whole source, before any of its rows is believed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from producers.feed import BatchQuarantined, Flag, Row


def check_completeness(rows: Sequence[Row], column: str) -> None:
    """Raises `BatchQuarantined` where the rows' own claim of how many they are (`totalRows`) is not true."""
    claims = {str(row.values[column]).strip() for row in rows if column in row.values}
    if not claims or claims == {str(len(rows))}:
        return
    file = rows[0].origin.file
    raise BatchQuarantined(
        f"{file}: says {column} {', '.join(sorted(claims))} and holds {len(rows)} rows; "
        "export the whole list again, nothing of this one was published"
    )


def halve_doubled(rows: Sequence[Row], *, ignore: Collection[str] = ()) -> tuple[list[Row], list[Flag]]:
    """The first half of `rows` with one flag, where the list is exactly itself twice; else `rows` without a flag.

    Columns in `ignore` (running numbers) are not compared.
    """
    half, odd = divmod(len(rows), 2)
    if not half or odd or any(_content(rows[at], ignore) != _content(rows[half + at], ignore) for at in range(half)):
        return list(rows), []
    message = f"the list repeats itself from here on: {len(rows)} rows are {half} rows twice"
    return list(rows[:half]), [Flag(rows[half].origin, "", "doubled-list", message)]


def _content(row: Row, ignore: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in row.values.items() if name not in ignore}
