"""Workbooks, XLSX and XLS: titles above the header, merged headers, old fonts in disguise."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from producers.csv_source import check_header
from producers.errors import SourceError
from producers.feed import Origin, Row
from producers.legacy_encodings import decode_legacy_text, find_legacy_encoding

Cells = list[list[Any]]


@dataclass(frozen=True, slots=True)
class ExcelOptions:
    """How to read a workbook.

    `sheet` is a name or a number from 0; None reads every visible sheet that has rows. `header_row` is
    the first line of the header (from 1), `header_height` its number of lines: names of a header of
    several lines are joined by " / ". `encoding` is unicode, tcvn3 or vni; None: by evidence per sheet.
    """

    sheet: str | int | None = None
    header_row: int = 1
    header_height: int = 1
    encoding: str | None = None


def parse_excel(content: bytes, file: str, options: ExcelOptions | None = None) -> Iterator[Row]:
    """The rows of a workbook. Empty cells are absent, whole numbers are int, dates are dates.

    Raises `SourceError` naming file and sheet where the sheet is missing or has no such header.
    """
    options = options or ExcelOptions()
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except (CalamineError, OSError, ValueError) as error:
        raise SourceError(file, f"is no workbook: {error}") from error
    for name in _sheet_names(workbook, file, options.sheet):
        yield from _sheet_rows(workbook.get_sheet_by_name(name), file, options)


def _sheet_names(workbook: CalamineWorkbook, file: str, sheet: str | int | None) -> list[str]:
    names = workbook.sheet_names
    if sheet is None:
        return [name for name in names if workbook.get_sheet_by_name(name).total_height]
    if isinstance(sheet, int) and 0 <= sheet < len(names):
        return [names[sheet]]
    if sheet in names:
        return [str(sheet)]
    raise SourceError(file, f"has no sheet {sheet!r}; its sheets are {', '.join(names)}")


def _sheet_rows(sheet: CalamineSheet, file: str, options: ExcelOptions) -> Iterator[Row]:
    cells: Cells = sheet.to_python(skip_empty_area=False)
    place = f"{file}, sheet {sheet.name}"
    end = options.header_row - 1 + options.header_height
    if len(cells) < end:
        raise SourceError(place, f"has {len(cells)} rows, and its header is said to end in row {end}")
    cells = _unicode(cells, place, options.encoding)
    merged = sheet.merged_cell_ranges or []
    header = check_header(_header(_filled(cells[:end], merged), options), place, row=options.header_row)
    for number, row in enumerate(cells[end:], start=end + 1):
        values = {name: _value(cell) for name, cell in zip(header, row, strict=False) if name and not _is_empty(cell)}
        if values:
            yield Row(values=values, origin=Origin(file=file, sheet=sheet.name, row=number))


def _filled(rows: Cells, merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> Cells:
    """`rows` with the value of each merged range in all of its cells."""
    filled = [list(row) for row in rows]
    for (top, left), (bottom, right) in merged:
        for row in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, len(rows[row]))):
                filled[row][column] = rows[top][left]
    return filled


def _header(rows: Cells, options: ExcelOptions) -> list[str]:
    columns = zip(*rows[options.header_row - 1 :], strict=True)
    return [
        " / ".join(dict.fromkeys(" ".join(str(_value(one)).split()) for one in c if not _is_empty(one)))
        for c in columns
    ]


def _unicode(cells: Cells, place: str, encoding: str | None) -> Cells:
    if encoding not in (None, "unicode", "tcvn3", "vni"):
        raise SourceError(place, f"the encoding {encoding!r} is not known; known are unicode, tcvn3, vni")
    texts = [cell for row in cells for cell in row if isinstance(cell, str)]
    found = encoding or find_legacy_encoding(texts) or "unicode"
    return [[_text(cell, found, place, number) for cell in row] for number, row in enumerate(cells, start=1)]


def _text(cell: Any, encoding: str, place: str, row: int) -> Any:
    if not isinstance(cell, str):
        return cell
    if encoding == "unicode":
        return cell
    try:
        return decode_legacy_text(cell, encoding)
    except UnicodeDecodeError as error:
        raise SourceError(place, f"is not {encoding}: {error.reason}", row=row, way_out="name the encoding") from error


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _value(cell: Any) -> Any:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
