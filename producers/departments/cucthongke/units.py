"""An administrative unit as every list of the statistics office has it, and the fields of its events."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from producers.feed import FeedContext, Flag, Origin
from producers.rules_names import fold
from schemas.times import parse_instant

LEVELS = {"PROVINCE": "province", "DISTRICT": "district", "COMMUNE": "commune"}
CODE_DIGITS = {"PROVINCE": 2, "DISTRICT": 3, "COMMUNE": 5}
KINDS = {
    "thanh pho trung uong": "THANH_PHO",
    "thanh pho": "THANH_PHO",
    "thi tran": "THI_TRAN",
    "thi xa": "THI_XA",
    "dac khu": "DAC_KHU",
    "phuong": "PHUONG",
    "huyen": "HUYEN",
    "quan": "QUAN",
    "tinh": "TINH",
    "xa": "XA",
}
PARTICULARS = (
    "code", "level", "kind", "nameVi", "nameEn", "parentKey", "provinceKey", "areaKm2", "population",
    "longitude", "latitude",
)  # fmt: skip
_CODE_IN_BRACKETS = re.compile(r"(?P<name>.+?)\s*\((?P<code>[0-9]{2,3})\)\Z")


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit in one list; `parent` and `province` are keys."""

    level: str
    code: str
    name: str
    kind: str | None
    parent: str | None = None
    province: str | None = None
    name_en: str | None = None
    area_km2: Decimal | None = None
    longitude: float | None = None
    latitude: float | None = None

    @property
    def key(self) -> str:
        return unit_key(self.level, self.code)

    def fields(self) -> dict[str, Any]:
        """The fields of an event that states the whole unit."""
        values = (
            self.code, self.level, self.kind, self.name, self.name_en, self.parent, self.province, self.area_km2,
            None, self.longitude, self.latitude,
        )  # fmt: skip
        return {"unitKey": self.key, **dict(zip(PARTICULARS, values, strict=True))}


def unit_key(level: str, code: str) -> str:
    """`commune-19753`: codes are shared between levels, so the level is part of the key."""
    return f"{LEVELS[level]}-{code}"


def find_kind(text: str) -> str | None:
    """The kind that `text` (a kind, or a name beginning with one) says; None where it says none."""
    folded = fold(text)
    return next((kind for words, kind in KINDS.items() if folded == words or folded.startswith(words + " ")), None)


def split_code(cell: str) -> tuple[str, str] | None:
    """Name and code of `Thành phố Huế (46)`, or None where the cell has another form."""
    match = _CODE_IN_BRACKETS.match(cell)
    return (match["name"], match["code"]) if match else None


def clean(raw: object) -> tuple[str, list[str]]:
    """A cell in NFC with single blanks, and the names of the rules that had to change it."""
    text = "" if raw is None else str(raw)
    composed = unicodedata.normalize("NFC", text)
    value = " ".join(composed.split())
    rules = ["letters-composed"] if composed != text else []
    if "\n" in text or "\r" in text:
        rules.append("line-break-removed")
    elif value != composed:
        rules.append("blanks-removed")
    return value, rules


CLEANED = {
    "letters-composed": "letters and marks stood apart and were composed",
    "line-break-removed": "line breaks were made blanks",
    "blanks-removed": "superfluous blanks were taken out",
    "kind-abbreviated": "the abbreviated kind was written out",
}


def flag_cleaned(origin: Origin, field: str, rules: Iterable[str], text: str) -> list[Flag]:
    """A flag for each of the `rules` by which a cell became `text`, saying what was done."""
    return [Flag(origin, field, rule, f"{CLEANED[rule]}: {text!r}") for rule in rules]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Turns the bare dates of the lists into instants: 00:00 in the zone the feed's options name."""

    zone: ZoneInfo

    def instant(self, day: str | date) -> int:
        return parse_instant(str(day), self.zone)


def calendar_of(context: FeedContext) -> Calendar:
    """The calendar in the option `zone`."""
    return Calendar(ZoneInfo(str(context.options["zone"])))
