"""CSV as offices export it: UTF-8 with or without mark, Windows-1258, TCVN3, VNI; comma, semicolon, tab."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from producers.errors import EncodingUnknown, SourceError
from producers.feed import Origin, Row
from producers.legacy_encodings import DECODERS, find_encoding

DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How to read a CSV. None means: by the evidence in the file. `header_row` counts lines from 1."""

    encoding: str | None = None
    delimiter: str | None = None
    header_row: int = 1


def parse_csv(content: bytes, file: str, options: CsvOptions | None = None) -> Iterator[Row]:
    """The rows of a CSV; cells are text as it stands, empty ones are absent. A row's number is its first line's.

    Raises `SourceError` naming file and row where a byte is not of the encoding, a row has more cells
    than the header, or two columns share a name.
    """
    options = options or CsvOptions()
    text = _decode(content, file, options.encoding)
    lines = text.splitlines(keepends=True)[options.header_row - 1 :]
    if not lines:
        raise SourceError(file, f"has no line {options.header_row} for a header")
    delimiter = options.delimiter or _find_delimiter(lines[0], file)
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter, strict=True)
    return _rows(reader, file, before=options.header_row - 1)


def _decode(content: bytes, file: str, encoding: str | None) -> str:
    name = encoding or find_encoding(content)
    if name is None:
        raise EncodingUnknown(
            file, "the bytes support no encoding clearly", way_out=f"name it as encoding: {', '.join(DECODERS)}"
        )
    if name not in DECODERS:
        raise SourceError(file, f"the encoding {name!r} is not known; known are {', '.join(DECODERS)}")
    try:
        return DECODERS[name](content)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise SourceError(file, f"is not {name}: {error.reason}", row=row, way_out="name the encoding") from error


def _find_delimiter(header: str, file: str) -> str:
    counts = {one: header.count(one) for one in DELIMITERS}
    best = max(counts, key=lambda one: counts[one])
    if sum(count == counts[best] for count in counts.values()) > 1 and counts[best]:
        raise SourceError(file, "the header leaves the delimiter in doubt", row=1, way_out="name the delimiter")
    return best


def _rows(reader: Iterator[list[str]], file: str, *, before: int) -> Iterator[Row]:
    lines = _lines(reader, file, before)
    _, cells = next(lines)
    header = check_header([cell.strip() for cell in cells], file, row=before + 1)
    for row, cells in lines:
        if len(cells) > len(header):
            raise SourceError(file, f"has {len(cells)} cells under {len(header)} columns", row=row)
        values = {name: cell for name, cell in zip(header, cells, strict=False) if name and cell != ""}
        if values:
            yield Row(values=values, origin=Origin(file=file, row=row))


def _lines(reader: Iterator[list[str]], file: str, before: int) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of the line it begins on."""
    start = before + 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SourceError(file, f"is not CSV: {error}", row=start) from error
        yield start, cells
        start = before + getattr(reader, "line_num", 0) + 1


def check_header(names: Sequence[str], file: str, *, row: int) -> list[str]:
    """`names` in NFC; raises `SourceError` where two columns have one name or none has any."""
    names = [unicodedata.normalize("NFC", name) for name in names]
    named = [name for name in names if name]
    twice = {name for name in named if named.count(name) > 1}
    if twice:
        raise SourceError(file, f"several columns are named {', '.join(sorted(twice))}", row=row)
    if not named:
        raise SourceError(file, "no column has a name", row=row, way_out="state the header_row")
    return names
