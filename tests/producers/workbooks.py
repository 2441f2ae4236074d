"""The smallest XLSX files, written by hand: ECMA-376, inline strings and merged cells."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def make_workbook(sheets: Mapping[str, Sequence[Sequence[object]]], *, merged: Sequence[str] = ()) -> bytes:
    """A workbook of `sheets` (name -> rows of cells); `merged` are ranges (`A1:B1`) of each sheet."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("[Content_Types].xml", _content_types(len(sheets)))
        package.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)]
        package.writestr("xl/_rels/workbook.xml.rels", _relations(targets))
        named = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        package.writestr("xl/workbook.xml", f"<workbook {_MAIN} {_RELATIONS}><sheets>{named}</sheets></workbook>")
        for number, rows in enumerate(sheets.values(), 1):
            package.writestr(f"xl/worksheets/sheet{number}.xml", _sheet(rows, merged))
    return file.getvalue()


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{parts}</Types>'
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="r{n}" Type="{_TYPE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f"<Relationships {_PACKAGE}>{inner}</Relationships>"


def _sheet(rows: Sequence[Sequence[object]], merged: Sequence[str]) -> str:
    lines = "".join(
        f'<row r="{r}">' + "".join(_cell(f"{chr(64 + c)}{r}", value) for c, value in enumerate(row, 1)) + "</row>"
        for r, row in enumerate(rows, 1)
    )
    ranges = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    merges = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
    return f"<worksheet {_MAIN}><sheetData>{lines}</sheetData>{merges}</worksheet>"


def _cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'
