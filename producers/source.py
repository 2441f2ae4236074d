"""Opens a declared source: a file below the data folder, an HTTP address or a database, as rows.

A source is declared as `{kind, file | url, …}`; `kind` (csv, excel, json, sql) may be left out where the
file's name tells it. `file` may be a pattern (`06-*/Bao_cao_*.xlsx`); its files are read in name order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from producers.csv_source import CsvOptions, parse_csv
from producers.errors import DeclarationError, SourceError
from producers.excel_source import ExcelOptions, parse_excel
from producers.feed import Row
from producers.json_source import JsonOptions, inflate, parse_json
from producers.sql_source import read_sql

Fetch = Callable[[str], bytes]
Parse = Callable[[bytes, str, Mapping[str, Any]], Iterator[Row]]

_KINDS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "excel", ".xls": "excel",
    ".json": "json", ".ndjson": "json", ".jsonl": "json", ".geojson": "json",
}  # fmt: skip
_PARSERS: Mapping[str, Parse] = {
    "csv": lambda content, file, options: parse_csv(inflate(content, file), file, CsvOptions(**options)),
    "excel": lambda content, file, options: parse_excel(content, file, ExcelOptions(**options)),
    "json": lambda content, file, options: parse_json(content, file, JsonOptions(**options)),
}


def read_file(data: Path | None, pattern: str, **options: Any) -> Iterator[Row]:
    """The rows of the file or files that match `pattern` below `data`, parsed by their names; `kind` overrides.

    Options are those of `CsvOptions`, `ExcelOptions` or `JsonOptions`.
    """
    kind = options.pop("kind", None)
    for path in list_files(data, pattern):
        file = path.relative_to(data or path).as_posix()
        yield from parse_content(path.read_bytes(), file, kind=kind, options=options)


def list_files(data: Path | None, pattern: str) -> list[Path]:
    """The files that match `pattern` below `data`, by name; raises `SourceError` where there is none."""
    if data is None:
        raise SourceError(pattern, "there is no data folder")
    if ".." in Path(pattern).parts or Path(pattern).is_absolute():
        raise SourceError(pattern, "a source lies below the data folder")
    found = sorted(path for path in data.glob(pattern) if path.is_file())
    if not found:
        raise SourceError(pattern, "no such file in the data folder")
    return found


def parse_content(content: bytes, file: str, *, kind: str | None = None, options: Mapping[str, Any]) -> Iterator[Row]:
    """The rows in `content`; `kind` is csv, excel or json, None: by the name."""
    chosen = kind or _KINDS.get(Path(file.removesuffix(".gz").split("?")[0]).suffix.lower())
    if chosen is None or chosen not in _PARSERS:
        raise SourceError(file, "its name tells no kind of file", way_out=f"name the kind: {', '.join(_PARSERS)}")
    try:
        return _PARSERS[chosen](content, file, options)
    except TypeError as error:
        raise DeclarationError(f"source of {file}", f"an option is not known to {chosen} files: {error}") from error


def open_source(source: Mapping[str, Any], data: Path | None, *, fetch: Fetch | None = None) -> Iterator[Row]:
    """The rows of a declared source. `fetch` gives the body of an HTTP address (`HttpSource.fetch`)."""
    options = dict(source)
    kind = options.pop("kind", None)
    if kind == "sql":
        return read_sql(options["url"], table=options.get("table"), query=options.get("query"))
    if "file" in options:
        return read_file(data, str(options.pop("file")), kind=kind, **options)
    url = options.pop("url", None)
    if not url or fetch is None:
        raise DeclarationError("source", "names neither a file nor an address that can be fetched here")
    return parse_content(fetch(url), url, kind=kind, options=options)
