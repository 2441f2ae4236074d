"""Text in the encodings Vietnam's offices used before Unicode: TCVN3 (ABC), VNI, Windows-1258.

TCVN3 is TCVN 5712:1993, set VN3: one byte a letter; capitals with tones have no codes of their own
(they were a matter of the font), so such text comes out in small letters. VNI writes a letter and then
a byte for its marks. What these three give is NFC. A byte that a table does not know is an error, never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from producers.vietnamese_syllables import accented_words, plausibility

Decoder = Callable[[bytes], str]

_TCVN3_LETTERS = {
    0xA0: "\u00a0ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
_TCVN3_MARKS = {0xB0: "\u0300", 0xB1: "\u0309", 0xB2: "\u0303", 0xB3: "\u0301", 0xB4: "\u0323"}
_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT, _CIRCUMFLEX, _BREVE = (
    "\u0301", "\u0300", "\u0309", "\u0303", "\u0323", "\u0302", "\u0306",
)  # fmt: skip
_VNI_MARKS = {
    0xF9: _ACUTE, 0xF8: _GRAVE, 0xFB: _HOOK, 0xF5: _TILDE, 0xEF: _DOT,
    0xE2: _CIRCUMFLEX, 0xE1: _CIRCUMFLEX + _ACUTE, 0xE0: _CIRCUMFLEX + _GRAVE,
    0xE5: _CIRCUMFLEX + _HOOK, 0xE3: _CIRCUMFLEX + _TILDE, 0xE4: _CIRCUMFLEX + _DOT,
    0xEA: _BREVE, 0xE9: _BREVE + _ACUTE, 0xE8: _BREVE + _GRAVE,
    0xFA: _BREVE + _HOOK, 0xFC: _BREVE + _TILDE, 0xEB: _BREVE + _DOT,
}  # fmt: skip
_VNI_LETTERS = {
    0xF4: "ơ", 0xF6: "ư", 0xF1: "đ", 0xED: "í", 0xEC: "ì", 0xE6: "ỉ", 0xF3: "ĩ", 0xF2: "ị", 0xEE: "ỵ",
}  # fmt: skip
_CAPITAL = 0x20  # a capital's byte lies this far below its small letter's
_VNI_BEARERS = frozenset("aeiouyơưAEIOUYƠƯ")
# typographic signs that Windows put beside every single-byte font
_SIGNS = {0x85: "…", 0x91: "‘", 0x92: "’", 0x93: "“", 0x94: "”", 0x95: "•", 0x96: "–", 0x97: "—"}


def _tcvn3_table() -> dict[int, str]:
    table = {code: chr(code) for code in range(0x80)} | _SIGNS | _TCVN3_MARKS
    for start, letters in _TCVN3_LETTERS.items():
        table |= {start + index: letter for index, letter in enumerate(letters)}
    return table


def _vni_letters() -> dict[int, str]:
    table = {code: chr(code) for code in range(0x80)} | _SIGNS | {0xA0: "\u00a0"}
    for code, letter in _VNI_LETTERS.items():
        table |= {code: letter, code - _CAPITAL: letter.upper()}
    return table


def _vni_marks() -> dict[int, str]:
    return _VNI_MARKS | {code - _CAPITAL: marks for code, marks in _VNI_MARKS.items()}


_TCVN3 = _tcvn3_table()
_VNI = _vni_letters()
_VNI_COMBINING = _vni_marks()


def decode_tcvn3(content: bytes) -> str:
    """The text of TCVN3 bytes, NFC; UnicodeDecodeError at a byte that TCVN3 does not use."""
    return unicodedata.normalize("NFC", "".join(_letter(_TCVN3, "tcvn3", content, at) for at in range(len(content))))


def decode_vni(content: bytes) -> str:
    """The text of VNI bytes, NFC; UnicodeDecodeError at a byte that VNI does not use there."""
    letters: list[str] = []
    for at, code in enumerate(content):
        marks = _VNI_COMBINING.get(code)
        bears = bool(letters) and letters[-1] in _VNI_BEARERS
        letters.append(marks if marks and bears else _letter(_VNI, "vni", content, at))
    return unicodedata.normalize("NFC", "".join(letters))


def decode_windows_1258(content: bytes) -> str:
    """The text of Windows-1258 bytes, NFC (its tones follow their letter)."""
    return unicodedata.normalize("NFC", content.decode("cp1258"))


def decode_utf8(content: bytes) -> str:
    """The text of UTF-8 bytes, with or without byte order mark, as it stands."""
    return content.decode("utf-8-sig")


def _letter(table: Mapping[int, str], name: str, content: bytes, at: int) -> str:
    letter = table.get(content[at])
    if letter is None:
        raise UnicodeDecodeError(name, content, at, at + 1, f"no letter has the code 0x{content[at]:02X}")
    return letter


DECODERS: Mapping[str, Decoder] = {
    "utf-8": decode_utf8,
    "windows-1258": decode_windows_1258,
    "tcvn3": decode_tcvn3,
    "vni": decode_vni,
}
_SINGLE_BYTE = ("windows-1258", "tcvn3", "vni")
_ENOUGH = 0.8
_AHEAD = 0.1


def find_encoding(content: bytes) -> str | None:
    """The encoding that the bytes themselves support, or None where they leave a doubt.

    Valid UTF-8 is UTF-8. Otherwise each table decodes, and the one whose accented words are possible
    Vietnamese syllables (80 % of them, and a tenth more than under the next table) is taken.
    """
    if _plausibility(content, "utf-8") is not None:
        return "utf-8"
    scores = {name: _plausibility(content, name) or 0.0 for name in _SINGLE_BYTE}
    best, second = sorted(scores, key=lambda name: scores[name], reverse=True)[:2]
    convincing = scores[best] >= _ENOUGH and scores[best] - scores[second] >= _AHEAD
    return best if convincing else None


def _plausibility(content: bytes, name: str) -> float | None:
    try:
        return plausibility(DECODERS[name](content))
    except UnicodeDecodeError:
        return None


def legacy_bytes(text: str) -> bytes | None:
    """The bytes that a reader took for Windows-1252 to get `text`; None where it is no such text."""
    try:
        return b"".join(_legacy_byte(one) for one in text)
    except UnicodeEncodeError:
        return None


def _legacy_byte(letter: str) -> bytes:
    return bytes([ord(letter)]) if ord(letter) < 0x100 else letter.encode("cp1252")


def decode_legacy_text(text: str, encoding: str) -> str:
    """`text`, read from its file as Windows-1252, as what it is in `encoding` (tcvn3, vni), NFC.

    A word that cannot have been such bytes is already Unicode and stays: offices mixed both in one cell.
    """
    words = [_decode_word(word, encoding) for word in re.split(r"( +|\n)", text)]
    return unicodedata.normalize("NFC", "".join(words))


def _decode_word(word: str, encoding: str) -> str:
    content = legacy_bytes(word)
    return word if content is None else DECODERS[encoding](content)


def find_legacy_encoding(texts: list[str]) -> str | None:
    """`tcvn3` or `vni` where `texts` of a workbook are that in disguise; None where they are Unicode."""
    joined = "\n".join(text for text in texts if legacy_bytes(text) is not None and accented_words(text))
    content = legacy_bytes(joined)
    if not content or plausibility(joined) >= _ENOUGH:
        return None
    scores = {name: _plausibility(content, name) or 0.0 for name in ("tcvn3", "vni")}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= _ENOUGH and scores[best] > plausibility(joined) else None
