"""Checks of a whole source, before any of its rows is believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

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
    """The rows without their doubles and one flag, where the list is itself twice; else `rows` and none.

    It is itself twice where every row stands in it an even number of times, in whatever order; columns
    in `ignore` (running numbers) are not compared.
    """
    contents = [_content(row, ignore) for row in rows]
    counts = Counter(contents)
    if not rows or any(count % 2 for count in counts.values()):
        return list(rows), []
    left = {content: count // 2 for content, count in counts.items()}
    kept = []
    for row, content in zip(rows, contents, strict=True):
        if left[content]:
            left[content] -= 1
            kept.append(row)
    message = f"every row stands here twice: {len(rows)} rows are {len(kept)}"
    return kept, [Flag(rows[0].origin, "", "doubled-list", message)]


def _content(row: Row, ignore: Collection[str]) -> str:
    return repr(sorted((name, repr(value)) for name, value in row.values.items() if name not in ignore))
