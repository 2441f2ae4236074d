"""The statistics office's conversion table of 2025-07-01 (folder 02), row by row.

Rules: the first header row is the title of the two halves, a row with text in one cell alone is a
section heading, blanks and line breaks are taken out of cells, a note is one of the table's standard notes (two
spellings of one of them) or free text. A row without a code before the reform and without a district that became a
special zone names no unit: it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from producers.departments.cucthongke.units import clean, flag_cleaned, split_code, unit_key
from producers.feed import FeedContext, Finding, Flag, Origin, Refusal, Row
from producers.reading import read_rows
from producers.rules_names import fold

TABLE_FILE = "02-vn-admin-2025-reform/nso-conversion-table-2025-07.csv"
HEADER_ROW = 2
NEW_PROVINCE, NEW_NAME, NEW_CODE = "Tỉnh, thành phố", "Tên Xã mới", "Mã Xã mới"
OLD_NAME, OLD_CODE, NOTE = "Tên Xã cũ", "Mã Xã cũ", "Ghi chú"
OLD_DISTRICT, OLD_PROVINCE = "Quận/huyện", "Tỉnh cũ"
COLUMNS = (NEW_PROVINCE, NEW_NAME, NEW_CODE, OLD_NAME, OLD_CODE, NOTE, OLD_DISTRICT, OLD_PROVINCE)

# folded note -> extent of the area, extent of the population
STANDARD_NOTES: Mapping[str, tuple[str, str | None]] = {
    "nhap toan bo": ("WHOLE", "WHOLE"),
    "nhap toan bo dien tich": ("WHOLE", None),
    "nhap mot phan": ("PARTIAL", None),
    "nhap mot phan dien tich": ("PARTIAL", None),
    "nhap mot phan dien tich, toan bo dan so": ("PARTIAL", "WHOLE"),
    "nhap mot phan dan so": ("UNSTATED", "PARTIAL"),
    "giu nguyen": ("UNCHANGED", "WHOLE"),
    "doi ten": ("WHOLE", "WHOLE"),
    "doi loai hinh": ("WHOLE", "WHOLE"),
}
_CODE = re.compile(r"[0-9]{5}\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A name with its code, as `Thành phố Huế (46)` says."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """One mapping: what goes from a unit before to the commune `new`. `old` is None where a district goes."""

    origin: Origin
    new: Place
    new_province: Place
    old: Place | None
    old_district: Place
    old_province: Place
    extent: str
    population_extent: str | None
    note: str | None

    @property
    def from_key(self) -> str:
        if self.old is None:
            return unit_key("DISTRICT", self.old_district.code)
        return unit_key("COMMUNE", self.old.code)

    @property
    def to_key(self) -> str:
        return unit_key("COMMUNE", self.new.code)


def read_table(context: FeedContext) -> Iterator[Conversion | Finding]:
    """The mappings of the table, with what was normalised or refused on the way."""
    for row in read_rows(context, TABLE_FILE, delimiter=",", header_row=HEADER_ROW):
        if len(row.values) > 1:
            yield from read_row(row)


def read_row(row: Row) -> Iterator[Conversion | Finding]:
    """The mapping in one row, after its flags; a refusal where it names no unit."""
    cells: dict[str, str] = {}
    for column in COLUMNS:
        cells[column], rules = clean(row.values.get(column))
        yield from flag_cleaned(row.origin, column, rules, cells[column])
    refusal = _refuse(row.origin, cells)
    if refusal is not None:
        yield refusal
        return
    conversion = _convert(row.origin, cells)
    if conversion.note is not None:
        yield Flag(row.origin, NOTE, "free-text-note", f"{conversion.note!r} was read as {conversion.extent}")
    yield conversion


def _refuse(origin: Origin, cells: Mapping[str, str]) -> Refusal | None:
    for column in (NEW_PROVINCE, OLD_DISTRICT, OLD_PROVINCE):
        if split_code(cells[column]) is None:
            return Refusal(origin, column, "no-code-in-brackets", f"{cells[column]!r} is not a name with its code")
    if not _CODE.match(cells[NEW_CODE]) or not cells[NEW_NAME]:
        return Refusal(origin, NEW_CODE, "no-new-unit", f"{cells[NEW_CODE]!r} is no commune's code of 5 digits")
    if _CODE.match(cells[OLD_CODE]) or _whole_district(cells):
        return None
    message = f"{cells[OLD_NAME] or cells[NOTE]!r} has no code and is no unit"
    return Refusal(origin, OLD_CODE, "no-unit-before", message, "ask the statistics office for the code it had")


def _whole_district(cells: Mapping[str, str]) -> bool:
    """Whether the row turns a whole district into a special zone: no commune before, and its note says so."""
    named = not cells[OLD_NAME] and not cells[OLD_CODE]
    return named and fold(cells[NOTE]).startswith("sap xep toan bo huyen") and "thanh dac khu" in fold(cells[NOTE])


def _convert(origin: Origin, cells: Mapping[str, str]) -> Conversion:
    extent, population, note = read_note(cells[NOTE])
    return Conversion(
        origin=origin,
        new=Place(cells[NEW_NAME], cells[NEW_CODE]),
        new_province=_place(cells[NEW_PROVINCE]),
        old=Place(cells[OLD_NAME], cells[OLD_CODE]) if cells[OLD_CODE] else None,
        old_district=_place(cells[OLD_DISTRICT]),
        old_province=_place(cells[OLD_PROVINCE]),
        extent=extent,
        population_extent=population,
        note=note,
    )


def _place(cell: str) -> Place:
    found = split_code(cell)
    if found is None:
        raise ValueError(f"{cell!r} is not a name with its code")
    return Place(*found)


def read_note(note: str) -> tuple[str, str | None, str | None]:
    """Extent of the area, extent of the population, and the note itself where it is free text."""
    folded = fold(note)
    standard = STANDARD_NOTES.get(folded)
    if standard is not None:
        return (*standard, None)
    if "mot phan" in folded:
        return "PARTIAL", None, note
    return ("WHOLE", "WHOLE", note) if "toan bo" in folded else ("UNSTATED", None, note or None)
