"""The legal instruments of each step of the register, and which of them name a unit's province.

The register lists instruments by step, not by unit. A unit's change is put down to those instruments of
its step whose titles name its province, and to all of the step where none does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from producers.departments.cucthongke.units import find_kind
from producers.feed import FeedContext
from producers.reading import read_rows
from producers.rules_names import fold

_FORM = (  # 174/2004/NĐ-CP, 1675/NQ-UBTVQH15, 82/NQ-CP ngày 30/5/2011
    r"[0-9]+(?:/[0-9]{3,4})?/[^\s:;/0-9][^\s:;]*(?:\s+(?:ngày|năm)[^:;]*)?"
)
_NUMBER = re.compile(rf"\s*(?P<number>{_FORM})\s*:(?P<title>.*)", re.DOTALL)
_ONE_INSTRUMENT = re.compile(rf";\s*(?={_FORM}\s*:)")


@dataclass(frozen=True, slots=True)
class Instrument:
    """A decree or resolution: its number and its title folded for comparing."""

    number: str
    title: str


def read_instruments(context: FeedContext, pattern: str) -> dict[str, list[Instrument]]:
    """The instruments of each step, by the step's commit."""
    rows = read_rows(context, pattern, delimiter=",")
    return {str(row.values["commit"]): parse_message(str(row.values.get("message", ""))) for row in rows}


def parse_message(message: str) -> list[Instrument]:
    """The instruments in one step's message, each once; a part without a number is none."""
    found: dict[str, Instrument] = {}
    for part in _ONE_INSTRUMENT.split(message):
        match = _NUMBER.match(part)
        if match:
            found.setdefault(match["number"], Instrument(match["number"], fold(match["title"])))
    return list(found.values())


def find_basis(instruments: Iterable[Instrument], provinces: Iterable[str]) -> str | None:
    """The numbers that stand for the units of `provinces` (full names), joined by `; `; None where there are none."""
    known = list(instruments)
    words = [_bare(name) for name in provinces]
    naming = [one for one in known if any(re.search(rf"\b{re.escape(word)}\b", one.title) for word in words)]
    return "; ".join(one.number for one in naming or known) or None


def _bare(name: str) -> str:
    """The folded name without its kind: `Tỉnh Thừa Thiên Huế` gives `thua thien hue`."""
    folded = fold(name)
    for kind in ("thanh pho ", "tinh "):
        folded = folded.removeprefix(kind) if find_kind(name) else folded
    return folded


Instruments = Mapping[str, list[Instrument]]
