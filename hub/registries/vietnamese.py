"""Vietnamese text: NFC, dictionary order, and search with and without marks.

Order follows the Unicode CLDR collation for `vi`: letters a ă â b c d đ e ê … o ô ơ … u ư … first, over the
whole text; then tones (level, huyền, hỏi, ngã, sắc, nặng); then case, small letters first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng
_QUALITY_MARKS = "\u0306\u0302\u031b"  # breve, circumflex, horn: they make another letter, not a tone
_PUNCTUATION = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_LEVEL_END = "\x01"
_OTHER_PUNCTUATION, _OTHER_LETTER = "\x2f", "\x7e"
_WORD = re.compile(r"[^\W_]+")
_SPACE = re.compile(r"\s+")

EXACT_MARK = "="
FOLDED_MARK = " "


def nfc(text: str) -> str:
    """`text` with every letter and its marks composed, as far as Unicode composes them."""
    return unicodedata.normalize("NFC", text)


def _primary_weights() -> dict[str, str]:
    weights = {letter: chr(0x41 + rank) for rank, letter in enumerate(ALPHABET)}
    weights |= {digit: digit for digit in "0123456789"}
    return weights | {sign: chr(0x02 + rank) for rank, sign in enumerate(_PUNCTUATION)}


_PRIMARY = _primary_weights()


@lru_cache(maxsize=8192)
def _weigh(character: str) -> tuple[str, str, str]:
    """Primary weight, tone weight (`0` without) and case weight of one composed character."""
    small = character.lower()
    letter, marks = split_tones(small)
    case = "1" if small != character else "0"
    primary = _PRIMARY.get(letter)
    if primary is None:
        stripped = letter[:1] if letter else ""
        marks += letter[1:]
        primary = _PRIMARY.get(nfc(stripped)) or _foreign(letter or character)
    tone = chr(0x31 + TONES.index(marks)) if len(marks) == 1 and marks in TONES else "6" + marks if marks else "0"
    return primary, tone, case


def _foreign(character: str) -> str:
    kind = unicodedata.category(character[0])[0]
    return (_OTHER_PUNCTUATION if kind in "PSZC" else _OTHER_LETTER) + character


def split_tones(text: str) -> tuple[str, str]:
    """`text` without its marks that make no Vietnamese letter, and those marks in order.

    `ậ` gives (`â`, dot below); the marks of ă â ê ô ơ ư stay.
    """
    kept: list[str] = []
    marks: list[str] = []
    for one in unicodedata.normalize("NFD", text):
        foreign = unicodedata.combining(one) and one not in _QUALITY_MARKS
        (marks if foreign else kept).append(one)
    return nfc("".join(kept)), "".join(marks)


def sort_key(text: str) -> str:
    """A text that, compared by code points, stands where `text` stands in a Vietnamese dictionary."""
    weights = [_weigh(one) for one in nfc(text).replace("\x00", "")]
    primary = "".join(one[0] for one in weights)
    tones = "".join(one[1] for one in weights).rstrip("0")
    cases = "".join(one[2] for one in weights).rstrip("0")
    return f"{primary}{_LEVEL_END}{tones}{_LEVEL_END}{cases}"


def fold(text: str) -> str:
    """`text` in small letters without any marks, đ as d: `Đà Nẵng` gives `da nang`."""
    bare = (one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))
    return nfc("".join(bare)).replace("đ", "d").replace("ð", "d")


def words(text: str) -> list[str]:
    """The words of `text` in small letters, composed, each tone where the older spelling puts it."""
    return [place_tone(one) for one in _WORD.findall(nfc(text).lower())]


def place_tone(word: str) -> str:
    """`word` with the tone of a final oa, oe, uy on its last letter: `hòa` and `hoà` both give `hoà`."""
    if word.isascii():
        return word
    letters, tones = split_tones(word)
    if len(tones) != 1 or not letters.endswith(("oa", "oe", "uy")):
        return word
    return nfc(letters + tones)


def search_text(texts: Iterable[str | None]) -> str:
    """What the column `search` holds: `=trạm=y=tế= tram y te `, or an empty text where there is no word.

    A word that begins with `tr` is found by LIKE `% tr%`, one with just these marks by LIKE `%=trạm=%`.
    """
    found = [word for text in texts if text for word in words(text)]
    if not found:
        return ""
    exact = EXACT_MARK + EXACT_MARK.join(found) + EXACT_MARK
    return exact + FOLDED_MARK + FOLDED_MARK.join(fold(word) for word in found) + FOLDED_MARK


def name_key(text: str) -> str:
    """What two names share that differ only in case, spaces or where a tone stands (hòa, hoà)."""
    spaced = _SPACE.sub(" ", nfc(text).casefold()).strip()
    return _WORD.sub(lambda match: "".join(split_tones(match[0])), spaced)
