"""Rules for communes: which one an address names, and which one it has belonged to since 2025-07-01.

The names are those that the package vietnamadminunits carries. Its own `parse_address` is not asked,
because it guesses (`xã Thủy Phương` becomes Thủy Phù), nor `convert_address`, because for a divided commune
it calls a geocoder. Here a name counts only where it stands in the address as a whole, and only where
every reading of the address ends in the same commune.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vietnamadminunits.converter import converter_2025
from vietnamadminunits.parser import parser_from_2025, parser_legacy

from producers.errors import ValueRefused
from producers.rules import Apply, Cell
from producers.rules_names import fold

LONGEST_NAME_WORDS = 5
_COMMUNE = re.compile(
    r"(?<!\w)(?P<kind>phường|p\.|(?<!thị )xã|thị trấn|tt\.?(?=\s))\s*(?P<rest>[^,;/()–]+)", re.IGNORECASE
)
_DISTRICT = re.compile(
    r"(?<!\w)(?P<kind>quận|huyện|huyên|h\.|thị xã|tx\.?|thành phố|tp\.?)\s*(?P<rest>[^,;/()–]+)", re.IGNORECASE
)
_NOW = re.compile(r"(?:nay là|nay thuộc)", re.IGNORECASE)
_SEGMENT = re.compile(r"[,;/()–]|\s-\s")
_KINDS = {"p.": "phường", "tt": "thị trấn", "tt.": "thị trấn"}
_PROVINCE_KIND = re.compile(r"^(tinh|thanhpho|tp)")


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune in both geographies: `code` since 2025-07-01, `former_code` before it."""

    code: str
    former_code: str
    former_name: str


@dataclass(frozen=True, slots=True)
class _Former:
    district: str
    names: frozenset[
        str
    ]  # keys of its name and of the names of what it had absorbed before, with marks where they matter
    commune: Commune | None  # None: it was divided in 2025


def commune(arguments: Any) -> Apply:
    """The rule of a column of addresses: the code since 2025-07-01 of the commune it names, else null with a flag.

    `{province: Huế, former: formerAdminCode}`: the code before that day goes to the field `former`.
    """
    province, former = arguments["province"], arguments["former"]

    def apply(value: Any, cell: Cell) -> str | None:
        try:
            found = find_commune(str(value), province)
        except ValueRefused as refused:
            cell.flag(refused.code, f"{refused}; left null")
            return None
        cell.others[former] = found.former_code
        if found.code != found.former_code:
            cell.flag(
                "commune-converted",
                f"{found.former_name} ({found.former_code}) is told as {found.code}, its commune since 2025-07-01",
            )
        return found.code

    return apply


def converted(arguments: Any) -> Apply:
    """The rule of a column of former codes: the code since 2025-07-01; the former goes to `{former: …}`."""
    former = arguments["former"]

    def apply(value: Any, cell: Cell) -> str | None:
        cell.others[former] = str(value)
        found = _by_former_code().get(str(value))
        if found is None:
            cell.flag(
                "commune-code-unknown",
                f"{value} is no code of an undivided commune of 2025-06-30; kept as the former one alone",
            )
            return None
        if found.code != found.former_code:
            cell.flag("commune-converted", f"{value} is told as {found.code}, its commune since 2025-07-01")
        return found.code

    return apply


@lru_cache(maxsize=8192)
def find_commune(address: str, province: str) -> Commune:
    """The one commune of `province` that the address names in the geography before 2025-07-01.

    Raises `ValueRefused`: `commune-not-named`, `commune-ambiguous`.
    """
    found = {one.commune for one in _readings(address, _former_communes(province))}
    if not found:
        raise ValueRefused("commune-not-named", "the address names no commune that is known")
    known = {one for one in found if one is not None}
    if None in found or len(known) != 1:
        raise ValueRefused("commune-ambiguous", "the address names several communes, or one that was divided")
    return known.pop()


@lru_cache(maxsize=8192)
def find_new_commune(name: str, province: str) -> str | None:
    """The code of the commune of that full name (`xã Phú Lộc`) in a province of 2025, where there is one alone."""
    exact, plain = _new_names(_province_key(parser_from_2025.DICT_PROVINCE, province))
    codes = exact.get(_key(name, marks=True), frozenset()) | plain.get(_key(name), frozenset())
    return next(iter(codes)) if len(codes) == 1 else None


@lru_cache(maxsize=64)
def _new_names(province: str) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
    """Codes of the communes of 2025 by full name with marks, and by the name without where that is one of its names."""
    exact: dict[str, set[str]] = defaultdict(set)
    plain: dict[str, set[str]] = defaultdict(set)
    for table in (parser_from_2025.DICT_PROVINCE_WARD_NO_ACCENTED, parser_from_2025.DICT_PROVINCE_WARD_ACCENTED):
        for one in (table.get(province) or {}).values():
            exact[_key(one["ward"], marks=True)].add(str(one["wardCode"]))
            if _key(one["ward"]) in one["wardKeywords"]:
                plain[_key(one["ward"])].add(str(one["wardCode"]))
    return _frozen(exact), _frozen(plain)


def _frozen(codes: Mapping[str, set[str]]) -> Mapping[str, frozenset[str]]:
    return {name: frozenset(found) for name, found in codes.items()}


@lru_cache(maxsize=256)
def find_province(former: str) -> str | None:
    """The short name of the province of 2025 to which the province `former` belongs."""
    key = _province_key(parser_legacy.DICT_PROVINCE, former)
    new = next((one for one, parts in converter_2025.DICT_PROVINCE.items() if key in parts), None)
    return str(parser_from_2025.DICT_PROVINCE[new]["provinceShort"]) if new else None


@lru_cache(maxsize=256)
def short_province(name: str) -> str | None:
    """The short name of a province of 2025, however its kind is written (`TP Hồ Chí Minh`: `Hồ Chí Minh`)."""
    key = _province_key(parser_from_2025.DICT_PROVINCE, name)
    return str(parser_from_2025.DICT_PROVINCE[key]["provinceShort"]) if key else None


def _readings(address: str, communes: tuple[_Former, ...]) -> Iterator[_Former]:
    text = " ".join(unicodedata.normalize("NFC", address).split())
    now = _NOW.split(text)[-1]
    text = now if _COMMUNE.search(now) else text
    mentions = [(_KINDS.get(one["kind"].lower(), one["kind"]), one["rest"]) for one in _COMMUNE.finditer(text)]
    districts = _districts(text, communes)
    for kind, rest in mentions:
        yield from _matches(kind, rest, districts, communes)
    if not mentions:
        for segment in _SEGMENT.split(text)[1:]:
            yield from (one for one in communes if one.district in districts and _key(segment) in one.names)


def _matches(kind: str, rest: str, districts: frozenset[str], communes: tuple[_Former, ...]) -> list[_Former]:
    """The communes whose name the words after `kind` begin with, the longest name first, with its kind first."""
    words = rest.split()[:LONGEST_NAME_WORDS]
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count])
        for wanted in (f"{kind} {name}", name):
            keys = {_key(wanted), _key(wanted, marks=True)}
            found = [one for one in communes if one.district in districts and keys & one.names]
            if found:
                return found
    return []


def _districts(text: str, communes: tuple[_Former, ...]) -> frozenset[str]:
    """The districts that the address names, with those that took communes from them; all where it names none."""
    every = frozenset(one.district for one in communes)
    names = [*(one["rest"] for one in _DISTRICT.finditer(text)), *_SEGMENT.split(text)[1:]]
    named = {found for name in names for found in _district_named(name, every)}
    return frozenset(named & every) or every


def _district_named(name: str, every: frozenset[str]) -> set[str]:
    words = name.split()[:LONGEST_NAME_WORDS]
    for count in range(len(words), 0, -1):
        key = _key(" ".join(words[:count]))
        found = {one for one in every if key in _district_names().get(one, ())}
        if found:
            return found
    return set()


@lru_cache(maxsize=1)
def _district_names() -> Mapping[str, frozenset[str]]:
    """For each district the names under which an address can mean it: its own, and those of districts it took from."""
    names: dict[str, set[str]] = {}
    for districts in parser_legacy.DICT_PROVINCE_DISTRICT.values():
        for key, one in districts.items():
            names.setdefault(key, set()).update(one["districtKeywords"])
    for divided in parser_legacy.DICT_PROVINCE_DISTRICT_DIVIDED.values():
        for one in divided.values():
            for key in one["districts"]:
                names.setdefault(key, set()).update(one["dividedDistrictKeywords"])
    return {key: frozenset(found) for key, found in names.items()}


@lru_cache(maxsize=64)
def _former_communes(province: str) -> tuple[_Former, ...]:
    key = _province_key(parser_legacy.DICT_PROVINCE, province)
    return tuple(_communes_of(key)) if key else ()


def _communes_of(province: str) -> Iterator[_Former]:
    tables = (
        parser_legacy.DICT_PROVINCE_DISTRICT_WARD_NO_ACCENTED,
        parser_legacy.DICT_PROVINCE_DISTRICT_WARD_ACCENTED,
        parser_legacy.DICT_PROVINCE_DISTRICT_WARD_SHORT_ACCENTED,
    )
    for table in tables:
        for district, wards in (table.get(province) or {}).items():
            for key, ward in wards.items():
                names = frozenset(ward["wardKeywords"])
                yield _Former(district, names, _commune(province, f"{province}_{district}_{key}", ward))


def _commune(province: str, path: str, ward: Mapping[str, Any]) -> Commune | None:
    """The commune with its code of 2025, or None where it was divided (or the tables do not tell)."""
    new_province = next((one for one, parts in converter_2025.DICT_PROVINCE.items() if province in parts), "")
    new = _undivided(new_province).get(path)
    code = _new_codes(new_province).get(new or "")
    return Commune(code, str(ward["wardCode"]), str(ward["ward"])) if code else None


@lru_cache(maxsize=64)
def _undivided(province: str) -> Mapping[str, str]:
    table = converter_2025.DICT_PROVINCE_WARD_NO_DIVIDED.get(province) or {}
    return {path: new for new, paths in table.items() for path in paths}


@lru_cache(maxsize=64)
def _new_codes(province: str) -> Mapping[str, str]:
    tables = (parser_from_2025.DICT_PROVINCE_WARD_NO_ACCENTED, parser_from_2025.DICT_PROVINCE_WARD_ACCENTED)
    return {key: str(one["wardCode"]) for table in tables for key, one in (table.get(province) or {}).items()}


@lru_cache(maxsize=1)
def _by_former_code() -> Mapping[str, Commune]:
    every = (one.commune for province in parser_legacy.DICT_PROVINCE for one in _communes_of(province))
    return {one.former_code: one for one in every if one is not None}


def _province_key(provinces: Mapping[str, Any], name: str) -> str:
    wanted = _key(name)
    short = _PROVINCE_KIND.sub("", wanted)
    return next(
        (
            key
            for key, one in provinces.items()
            if wanted in one["provinceKeywords"] or short in one["provinceKeywords"]
        ),
        "",
    )


def _key(text: str, *, marks: bool = False) -> str:
    """The words of a name run together, in small letters, without marks unless asked."""
    plain = text.lower() if marks else fold(text)
    return "".join(one for one in plain if one.isalnum())
