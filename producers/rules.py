"""Named rules: what becomes of a cell before it is a field.

A rule is made once from its arguments (`{vnd: {residue: price_note}}`) and applied to each cell. It
returns the value, or returns None and flags why, or raises `ValueRefused`; it never guesses. None goes
through every rule untouched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from producers.errors import DeclarationError, ValueRefused
from producers.feed import Flag, Origin


@dataclass(slots=True)
class Cell:
    """Where a rule stands: the origin and field, its flags, and further fields that it fills."""

    origin: Origin
    field: str
    flags: list[Flag] = dataclass_field(default_factory=list)
    others: dict[str, Any] = dataclass_field(default_factory=dict)

    def flag(self, rule: str, message: str) -> None:
        self.flags.append(Flag(self.origin, self.field, rule, message))


Apply = Callable[[Any, Cell], Any]
Factory = Callable[[Any], Apply]


def _plain(change: Callable[[str], Any]) -> Factory:
    """A rule without arguments on text; other values pass."""
    return lambda _: lambda value, __: change(value) if isinstance(value, str) else value


def _trim(text: str) -> str | None:
    return " ".join(text.split()) or None


def nfc(arguments: Any) -> Apply:
    """The text composed (NFC), with a flag where it was not. A feed's rows are composed before its rules."""

    def apply(value: Any, cell: Cell) -> Any:
        if not isinstance(value, str) or unicodedata.is_normalized("NFC", value):
            return value
        cell.flag("nfc", "letters and marks stood apart (NFD) and were composed (NFC)")
        return unicodedata.normalize("NFC", value)

    return apply


def null_if(arguments: Any) -> Apply:
    """Null where the text is one of `arguments` (`["-1", "Không có"]`); said by a flag."""
    nothing = frozenset(str(one) for one in _listed(arguments))

    def apply(value: Any, cell: Cell) -> Any:
        if str(value).strip() not in nothing:
            return value
        cell.flag("nullIf", f"{value!r} stands for nothing and is null")
        return None

    return apply


def integer(arguments: Any) -> Apply:
    """A whole number. `{thousands: "."}` names a separator of thousands; `min`, `max` bound it."""
    options = arguments or {}
    thousands = options.get("thousands", "")

    def apply(value: Any, cell: Cell) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return _bounded(value, options)
        text = _ungrouped(str(value).strip(), thousands)
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            raise ValueRefused("not-an-integer", f"{value!r} is not a whole number", way_out="write digits only")
        return _bounded(int(text), options)

    return apply


def decimal(arguments: Any) -> Apply:
    """A decimal. `{point: ","}` names the decimal sign, `thousands` the separator; `scale` the most decimals."""
    options = arguments or {}
    point, thousands, scale = options.get("point", "."), options.get("thousands", ""), options.get("scale")

    def apply(value: Any, cell: Cell) -> Decimal:
        text = _ungrouped(str(value).strip(), thousands).replace(point, ".")
        if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text):
            raise ValueRefused("not-a-number", f"{value!r} is not a number with the decimal sign {point!r}")
        number = _bounded(Decimal(text), options)
        return number if scale is None else _scaled(number, int(scale))

    return apply


def _ungrouped(text: str, thousands: str) -> str:
    if not thousands or thousands not in text:
        return text
    grouped = re.fullmatch(rf"([+-]?[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+)(\D[0-9]+)?", text)
    if grouped is None:
        raise ValueRefused("bad-thousands", f"{text!r} is not grouped in thousands by {thousands!r}")
    return text.replace(thousands, "")


def _bounded(number: Any, options: Mapping[str, Any]) -> Any:
    low, high = options.get("min"), options.get("max")
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueRefused("out-of-bounds", f"{number} is not between {low} and {high}")
    return number


def _scaled(number: Decimal, scale: int) -> Decimal:
    try:
        exact = number.quantize(Decimal(1).scaleb(-scale))
    except InvalidOperation as error:
        raise ValueRefused("not-a-number", f"{number} is too long") from error
    if exact != number:
        raise ValueRefused("too-precise", f"{number} has more than {scale} decimals", way_out="round it at the source")
    return exact


def day(arguments: Any) -> Apply:
    """A date. `arguments` is its format, such as `D/M/YYYY` (the default), `YYYY-MM-DD` or a list of them."""
    formats = [(one, _date_pattern(one)) for one in _listed(arguments or "D/M/YYYY")]

    def apply(value: Any, cell: Cell) -> date:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        for _, pattern in formats:
            if (match := pattern.fullmatch(str(value).strip())) is not None:
                return _date(match, value)
        wanted = " or ".join(one for one, _ in formats)
        raise ValueRefused("not-a-date", f"{value!r} is not a date written {wanted}", way_out=f"write {wanted}")

    return apply


_DATE_PARTS = {
    "YYYY": r"(?P<year>[0-9]{4})", "MM": r"(?P<month>[0-9]{2})", "M": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{2})", "D": r"(?P<day>[0-9]{1,2})", "HH": r"(?P<hour>[0-9]{2})",
    "H": r"(?P<hour>[0-9]{1,2})", "mm": r"(?P<minute>[0-9]{2})", "ss": r"(?P<second>[0-9]{2})",
}  # fmt: skip
_DATE_TOKEN = re.compile("YYYY|MM|M|DD|D|HH|H|mm|ss")


def _date_pattern(text: str) -> re.Pattern[str]:
    pieces, at = [], 0
    for token in _DATE_TOKEN.finditer(text):
        pieces += [re.escape(text[at : token.start()]), _DATE_PARTS[token[0]]]
        at = token.end()
    pattern = re.compile("".join([*pieces, re.escape(text[at:])]))
    if not {"year", "month", "day"} <= set(pattern.groupindex):
        raise DeclarationError(f"date format {text!r}", "needs a day, a month and a year, such as D/M/YYYY")
    return pattern


def _date(match: re.Match[str], value: Any) -> date:
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError as error:
        raise ValueRefused("no-such-day", f"{value!r}: {error}", way_out="check day and month") from error


def instant(arguments: Any) -> Apply:
    """An instant: `{format: "D/M/YYYY H:mm", zone: Asia/Ho_Chi_Minh}`; an aware time passes."""
    options = arguments or {}
    pattern = _date_pattern(options.get("format", "YYYY-MM-DDTHH:mm:ss"))
    zone = _zone(options)

    def apply(value: Any, cell: Cell) -> datetime:
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=zone)
        match = pattern.fullmatch(str(value).strip())
        if match is None:
            raise ValueRefused("not-a-time", f"{value!r} is not written {options.get('format')}")
        clock = [int(match.groupdict().get(name) or 0) for name in ("hour", "minute", "second")]
        return datetime.combine(_date(match, value), _clock(clock, value), zone)

    return apply


def _zone(options: Mapping[str, Any]) -> ZoneInfo:
    if "zone" not in options:
        raise DeclarationError("rule instant", "needs a zone, such as Asia/Ho_Chi_Minh")
    return ZoneInfo(options["zone"])


_TIME = re.compile(r"([0-9]{1,2})\s*[:hHgG]\s*([0-9]{2})?(?:\s*:\s*([0-9]{2}))?")
_ALL_DAY = re.compile(r"cả ngày|24/24|all day", re.IGNORECASE)


def time_of_day(arguments: Any) -> Apply:
    """A time of day: `07: 00` and `7h` are 07:00. `{all_day: <field>}`: `Cả ngày` is null and that field true.

    `24:00` is 00:00, with a flag.
    """
    all_day_field = (arguments or {}).get("all_day")

    def apply(value: Any, cell: Cell) -> time | None:
        if isinstance(value, time):
            return value
        text = str(value).strip()
        if all_day_field is not None and _ALL_DAY.fullmatch(text):
            cell.others[all_day_field] = True
            return None
        match = _TIME.fullmatch(text)
        if match is None:
            raise ValueRefused("not-a-time", f"{value!r} is not a time of day", way_out="write it as 07:00")
        clock = [int(part or 0) for part in match.groups()]
        if clock == [24, 0, 0]:
            cell.flag("time", "24:00 is kept as 00:00")
            clock = [0, 0, 0]
        return _clock(clock, value)

    return apply


def _clock(parts: list[int], value: Any) -> time:
    try:
        return time(parts[0], parts[1], parts[2])
    except ValueError as error:
        raise ValueRefused("no-such-time", f"{value!r}: {error}", way_out="check hours and minutes") from error


def code_list(arguments: Any) -> Apply:
    """A code of `{codes: {CODE: [alias, …]}}`; aliases are compared without case and double blanks.

    `otherwise: CODE` takes what is not listed as that code, with a flag; without it, it is refused.
    """
    codes = {_alias(alias): code for code, names in arguments["codes"].items() for alias in [code, *_listed(names)]}
    otherwise = arguments.get("otherwise")

    def apply(value: Any, cell: Cell) -> str:
        found = codes.get(_alias(value))
        if found is not None:
            return str(found)
        if otherwise is None:
            raise ValueRefused(
                "unknown-code", f"{value!r} is in no code list", way_out="add it to the list as an alias"
            )
        cell.flag("codeList", f"{value!r} is in no code list and is taken as {otherwise}")
        return str(otherwise)

    return apply


def _alias(value: Any) -> str:
    return " ".join(unicodedata.normalize("NFC", str(value)).casefold().split())


def true_false(arguments: Any) -> Apply:
    """A truth: `{true: [Có, x], false: [Không, ""]}`."""
    options = arguments or {True: ["true", "1", "có", "x"], False: ["false", "0", "không"]}
    known = {_alias(one): truth for truth in (True, False) for one in _listed(options.get(truth, ()))}

    def apply(value: Any, cell: Cell) -> bool:
        if isinstance(value, bool):
            return value
        if _alias(value) not in known:
            raise ValueRefused("not-a-truth", f"{value!r} says neither yes nor no")
        return known[_alias(value)]

    return apply


def split_list(arguments: Any) -> Apply:
    """A list of the trimmed parts of a text, at line breaks or at `arguments`; doubles are left out."""
    separator = arguments or "\n"

    def apply(value: Any, cell: Cell) -> list[str]:
        parts = value if isinstance(value, list) else str(value).split(separator)
        return list(dict.fromkeys(part for part in (_trim(str(one)) for one in parts) if part))

    return apply


def match_pattern(arguments: Any) -> Apply:
    """The text, where it matches the regular expression `arguments`; refused otherwise."""
    pattern = re.compile(arguments)

    def apply(value: Any, cell: Cell) -> Any:
        if not pattern.fullmatch(str(value)):
            raise ValueRefused("unlike-pattern", f"{value!r} is not of the form {arguments}")
        return value

    return apply


def slug(arguments: Any) -> Apply:
    """A key part: lower case without marks, a-z, 0-9 and hyphens (`Đại Nội` is `dai-noi`)."""

    def apply(value: Any, cell: Cell) -> str:
        return make_slug(str(value))

    return apply


def make_slug(text: str) -> str:
    """`text` in lower case without marks, everything else one hyphen; `ValueRefused` where nothing is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", strip_marks(text.lower())).strip("-")
    if not plain:
        raise ValueRefused("no-key", f"{text!r} has no letter for a key")
    return plain


def strip_marks(text: str) -> str:
    """`text` (small letters) without marks, đ as d."""
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join([one for one in letters if not unicodedata.combining(one)])


def to_text(arguments: Any) -> Apply:
    """The value as text: a workbook's number 101 is `101`; `{width: 5}` fills with zeros on the left."""
    width = (arguments or {}).get("width", 0)

    def apply(value: Any, cell: Cell) -> str:
        return str(value).zfill(width)

    return apply


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def floating(arguments: Any) -> Apply:
    """A binary number (double) of a decimal text; options as `decimal`."""
    exact = decimal(arguments)
    return lambda value, cell: float(exact(value, cell))


RULES: Mapping[str, Factory] = {
    "trim": _plain(_trim),
    "nfc": nfc,
    "lower": _plain(str.lower),
    "upper": _plain(str.upper),
    "text": to_text,
    "nullIf": null_if,
    "integer": integer,
    "decimal": decimal,
    "double": floating,
    "date": day,
    "instant": instant,
    "time": time_of_day,
    "codeList": code_list,
    "boolean": true_false,
    "list": split_list,
    "pattern": match_pattern,
    "slug": slug,
}
