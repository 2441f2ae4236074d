"""Whether two names differ only in case or in the place of the tone: `Thị Xã Hoà` and `Thị xã Hòa`."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


@lru_cache(maxsize=65536)
def spelling_key(name: str) -> tuple[tuple[str, str], ...]:
    """Each word's small letters without tone, and its tones."""
    return tuple(_word(word) for word in unicodedata.normalize("NFD", name.casefold()).split())


def _word(word: str) -> tuple[str, str]:
    letters = unicodedata.normalize("NFC", "".join(one for one in word if one not in _TONES))
    return letters, "".join(sorted(one for one in word if one in _TONES))


def same_name(one: str, other: str) -> bool:
    """Whether both are one name but for case and the place of tones."""
    return spelling_key(one) == spelling_key(other)
