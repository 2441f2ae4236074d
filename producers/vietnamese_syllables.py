"""How Vietnamese a text looks: the share of its accented words that are possible syllables.

The rhymes are those of the language's orthography; a text decoded by a wrong table yields words that
have none of them. This is evidence for an encoding, not a spelling check.
"""

from __future__ import annotations

import re
import unicodedata

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_ONSET = re.compile(r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx])?")
# a run of ASCII letters and anything beyond ASCII but typographic signs: a stray § or ® makes a word impossible
_WORD = re.compile(r"(?:[A-Za-z]|[^\x00-\x7f\s‘’“”•–—…°²³])+")
_RHYMES = frozenset(
    """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt ăk âc âm ân âng âp ât âu ây e ec em en eng eo ep et
    ê êch êm ên ênh êp êt êu i ich im in inh ip it iu ia iêc iêm iên iêng iêp iêt iêu o oc oi om on ong op ot
    oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet ooc oong
    ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u uc ui um un ung up ut ua uân uâng uât uây uê uêch uênh uêu uơ
    uy uya uych uyên uyêt uyn uynh uyp uyt uyu uôc uôi uôm uôn uông uôt ư ưa ưc ưi ưm ưn ưng ưt ưu
    ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêng yêt yêu
    """.split()  # noqa: SIM905 - a table is read as a table
)


def is_syllable(word: str) -> bool:
    """Whether `word` can be one Vietnamese syllable: an onset, a rhyme, at most one tone."""
    letters = unicodedata.normalize("NFD", word.lower())
    if sum(one in _TONES for one in letters) > 1:
        return False
    plain = unicodedata.normalize("NFC", "".join(one for one in letters if one not in _TONES))
    onset = _ONSET.match(plain)
    end = onset.end() if onset else 0
    return any(plain[start:] in _RHYMES for start in {0, min(1, len(plain)), end})


def accented_words(text: str) -> list[str]:
    """The words of `text` that have a sign outside ASCII."""
    return [word for word in _WORD.findall(text) if not word.isascii()]


def plausibility(text: str, *, words: int = 2000) -> float:
    """The share of the first `words` accented words that are possible syllables; 0.0 where there are none."""
    found = accented_words(text)[:words]
    return sum(map(is_syllable, found)) / len(found) if found else 0.0
