"""Rules for names, on top of `producers.rules`: readable text, keys made of names, entries that are none.

Named in a mapping as `producers.rules_names:readable`, and so on; each takes its arguments and returns
what is applied to a cell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from producers.errors import ValueRefused
from producers.rules import Apply, Cell, make_slug, strip_marks

KEY_LENGTH = 64
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_TEST = re.compile(r"(?:^|[^a-z])test(?:[^a-z]|$)")
_FREE_FOR = re.compile(r"(\S.*?)\s+miễn phí", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\([^)]*\)")
_NOTHING = frozenset({"khong co thong tin", "khong co", "chua co", "n/a", "null"})
_ETH = str.maketrans({"\u00d0": "\u0110", "\u00f0": "\u0111"})  # Latin eth, typed for the Vietnamese letter đ


def readable(arguments: Any) -> Apply:
    """Text in NFC with single blanks; null where it says that there is nothing (`Không có thông tin`)."""

    def apply(value: Any, cell: Cell) -> str | None:
        text = " ".join(unicodedata.normalize("NFC", str(value)).split())
        if fold(text) in _NOTHING:
            cell.flag("stated-as-missing", f"{text!r} stands for nothing and is null")
            return None
        if text.translate(_ETH) != text:
            cell.flag("letter-eth", "the Latin letter eth was replaced by the Vietnamese đ")
        return text.translate(_ETH) or None

    return apply


def real_entry(arguments: Any) -> Apply:
    """The name, unless it says that somebody tried the system out (`TTXTDL_test`): then the row is refused."""

    def apply(value: Any, cell: Cell) -> Any:
        if _TEST.search(fold(str(value))):
            raise ValueRefused("test-entry", f"{value!r} is a test entry", way_out="delete it at the source")
        return value

    return apply


def keyed(arguments: Any) -> Apply:
    """For two columns (a name, and an address or venue that tells it from its namesakes) the key and the name.

    `{prefix: monument-}` begins the key. A list without codes of its own has no better key.
    """
    prefix = (arguments or {}).get("prefix", "")
    clean, check = readable(None), real_entry(None)

    def apply(value: Sequence[Any], cell: Cell) -> tuple[str, str] | None:
        name, other = (None if one is None else clean(one, cell) for one in value)
        if name is None:
            raise ValueRefused("no-name", "the row names nothing", way_out="fill the name")
        return prefix + make_key(check(name, cell), other or ""), name

    return apply


def prefixed(arguments: Any) -> Apply:
    """The text behind the prefix `arguments`: a code that is unique in its own list alone."""
    return lambda value, cell: f"{arguments}{value}"


def bilingual(arguments: Any) -> Apply:
    """The Vietnamese of `Đại Nội Huế/Hue Imperial City`; the English goes to the field `{second: …}`."""
    second = arguments["second"]

    def apply(value: Any, cell: Cell) -> str:
        first, slash, rest = str(value).partition("/")
        if slash and rest.strip():
            cell.others[second] = rest.strip()
            cell.flag("bilingual-name", f"the part after the slash is kept in {second}")
        return first.strip()

    return apply


def before(arguments: Any) -> Apply:
    """The text before the last separator `arguments`: `Đại Nội` of `Đại Nội - Trẻ em (TE)`."""
    return lambda value, cell: str(value).rpartition(arguments)[0].strip() or str(value)


def free_for(arguments: Any) -> Apply:
    """`trẻ em miễn phí` with what it is about at its end, as the rule vnd reads it: `Miễn phí (trẻ em)`."""

    def apply(value: Any, cell: Cell) -> str:
        found = _FREE_FOR.fullmatch(str(value).strip())
        return f"Miễn phí ({found[1]})" if found else str(value)

    return apply


def looked_up(arguments: Any) -> Apply:
    """The list that the table `arguments` has for the text; an empty one where it has none."""
    return lambda value, cell: list(arguments.get(str(value), ()))


def marked(arguments: Any) -> Apply:
    """The code `{code: …}` where the text contains `{words: …}`, else null."""
    words = fold(arguments["words"])
    return lambda value, cell: arguments["code"] if words in fold(str(value)) else None


def members(arguments: Any) -> Apply:
    """The members of a list in one text, parted by commas that also stand inside members; `arguments` names them.

    What is not named is kept as it stands between two commas, with a flag.
    """
    names = sorted(arguments, key=len, reverse=True)

    def apply(value: Any, cell: Cell) -> list[str]:
        rest, found = str(value), []
        while rest:
            name = next((one for one in names if rest == one or rest.startswith(f"{one},")), None)
            if name is None:
                name = rest.partition(",")[0]
                cell.flag("member-unknown", f"{name!r} is not in the list of members; kept as it stands")
            rest = rest[len(name) :].lstrip(", ")
            found.append(name.strip())
        return [one for one in dict.fromkeys(found) if one]

    return apply


def coded_members(arguments: Any) -> Apply:
    """The codes of the members parted by commas; `arguments` maps a member to its code; others are refused."""

    def apply(value: Any, cell: Cell) -> list[str]:
        found = [one.strip() for one in str(value).split(",")]
        unknown = [one for one in found if one not in arguments]
        if unknown:
            raise ValueRefused("unknown-code", f"{unknown[0]!r} is in no code list", way_out="add it to the list")
        return [arguments[one] for one in dict.fromkeys(found)]

    return apply


def fold(text: str) -> str:
    """`text` in small letters without marks, đ as d; for comparing, never for showing."""
    return strip_marks(text.lower())


def make_key(*parts: str, length: int = KEY_LENGTH) -> str:
    """A key of the parts that are not empty; past `length` cut, with a digest of the whole."""
    whole = make_slug(" ".join(parts))
    if len(whole) <= length:
        return whole
    return whole[: length - 9].rstrip("-") + "-" + sha256(whole.encode()).hexdigest()[:8]


def plain_name(name: str) -> str:
    """A name for comparing: folded, without what stands in brackets."""
    return _NOT_A_WORD.sub(" ", fold(_IN_BRACKETS.sub(" ", name))).strip()
