from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from producers.legacy_encodings import (
    decode_legacy_text,
    decode_tcvn3,
    decode_vni,
    decode_windows_1258,
    find_encoding,
    find_legacy_encoding,
)
from producers.vietnamese_syllables import is_syllable

# written by hand from TCVN 5712:1993 and the VNI-Windows chart
TCVN3_BYTES = {
    b"Th\xb5nh ph\xe8 Hu\xd5": "Thành phố Huế",
    b"\xa7\xa8ng k\xfd h\xe9 kh\xc8u": "Đăng ký hộ khẩu",
    b"\xa6\xedc th\xf9c hi\xd6n": "Ước thực hiện",
    b"n\xad\xedc": "nước",
    b"\xae\xbb ng\xb7 ph\xeb": "đằ ngã phở",
}
VNI_BYTES = {
    b"Th\x61\xf8nh pho\xe1 Hue\xe1": "Thành phố Huế",
    b"\xd1a\xeang ky\xf9": "Đăng ký",
    b"NGA\xc2N SA\xd9CH HUYE\xc4N": "NGÂN SÁCH HUYỆN",
    b"U\xfby ban nha\xe2n da\xe2n": "Ủy ban nhân dân",
    b"\xf4\xf9 \xf6\xf8 n\xf6\xf4\xf9c m\xf3": "ớ ừ nước mĩ",
}


@pytest.mark.parametrize(("content", "text"), TCVN3_BYTES.items())
def test_tcvn3_bytes_become_nfc(content: bytes, text: str) -> None:
    assert decode_tcvn3(content) == text


@pytest.mark.parametrize(("content", "text"), VNI_BYTES.items())
def test_vni_bytes_become_nfc(content: bytes, text: str) -> None:
    assert decode_vni(content) == text


def test_windows_1258_tones_are_composed() -> None:
    content = unicodedata.normalize("NFD", "Huế").replace("e\u0302", "ê").encode("cp1258")
    assert decode_windows_1258(content) == "Huế"


def test_a_byte_that_tcvn3_does_not_use_is_an_error() -> None:
    with pytest.raises(UnicodeDecodeError, match="0xFF"):
        decode_tcvn3(b"Hu\xff")


def test_a_mark_without_a_letter_is_an_error_in_vni() -> None:
    with pytest.raises(UnicodeDecodeError, match="0xE4"):
        decode_vni(b"b\xe4")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Trạm y tế".encode(), "utf-8"),
        ("\ufeffTrạm y tế".encode(), "utf-8"),
        (b"plain ASCII", "utf-8"),
        (b"Th\xb5nh ph\xe8 Hu\xd5, huy\xd6n Qu\xb6ng \xa7i\xd2n", "tcvn3"),
        (b"Tha\xf8nh pho\xe1 Hue\xe1, huye\xe4n Qua\xfbng \xd1ie\xe0n", "vni"),
        (unicodedata.normalize("NFD", "Thành phố Huế").replace("o\u0302", "ô").replace("e\u0302", "ê").encode("cp1258"),
         "windows-1258"),
    ],
)  # fmt: skip
def test_the_bytes_themselves_tell_their_encoding(content: bytes, encoding: str) -> None:
    assert find_encoding(content) == encoding


def test_bytes_that_support_no_table_leave_the_encoding_open() -> None:
    assert find_encoding(b"caf\xe9 na\xefve r\xf4le") is None


def test_unicode_cells_are_not_taken_for_an_old_font() -> None:
    assert find_legacy_encoding(["Thành phố Huế", "Tên trạm", "Café"]) is None


@pytest.mark.parametrize("word", ["Huế", "nghiêng", "Quảng", "giếng", "uyển", "khuỷu", "gì", "ĐẮK"])
def test_words_of_the_language_are_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["caché", "Qu¶ng", "hiÖn", "ấế", "ưở̃ng"])
def test_other_words_are_not(word: str) -> None:
    assert not is_syllable(word)


@pytest.mark.parametrize(
    ("file", "encoding"),
    [
        ("tcvn3__2005-82F5B_NK_01-05.xls", "tcvn3"),
        ("tcvn3__2005-FDILangson.xls", "tcvn3"),
        ("tcvn3__2009-Channuoi_2007.xls", "tcvn3"),
        ("tcvn3__2009-KTTrangTrai_2007.xls", "tcvn3"),
        ("vni__2006-Mau21_CKTC_NSH.xls", "vni"),
        ("vni__2006-Mau23_CKTC_NSH.xls", "vni"),
    ],
)
def test_every_word_of_a_real_workbook_stands_in_its_transcript(real_data: Path, file: str, encoding: str) -> None:
    folder = real_data / "19-legacy-encodings-tcvn3-vni"
    transcript = (folder / "ground-truth" / (Path(file).stem.split("__")[1] + ".txt")).read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", unicodedata.normalize("NFC", transcript).lower()))
    workbook = CalamineWorkbook.from_path(str(folder / "corpus" / file))
    found = 0
    for name in workbook.sheet_names:
        cells = workbook.get_sheet_by_name(name).to_python()
        texts = [cell for row in cells for cell in row if isinstance(cell, str) and cell]
        if not texts:
            continue
        assert find_legacy_encoding(texts) == encoding
        for text in texts:
            spoken = re.findall(r"\w+", decode_legacy_text(text, encoding).lower())
            assert set(spoken) <= words
            found += len(spoken)
    assert found > 100
