"""Vietnamese order and search. Expected orders: the alphabet of TCVN and the CLDR collation for `vi`."""

from __future__ import annotations

import unicodedata

import pytest

from hub.registries.vietnamese import fold, name_key, nfc, search_text, sort_key, words


@pytest.mark.parametrize(
    "ordered",
    [
        ["a", "ă", "â", "b", "c", "d", "đ", "e", "ê", "g", "o", "ô", "ơ", "p", "u", "ư", "v"],
        ["ma", "mà", "mả", "mã", "má", "mạ", "mă", "mâ"],
        ["an", "An", "AN", "àn", "ân", "Ân"],
        ["Da", "Dạ", "Đa", "Đà", "E"],
        ["Phường 1", "Phường 2", "Phường An Cựu", "Phường Ấn"],
        ["Hương An", "Hương Thủy", "Hương Trà"],
        ["", " ", "-", "0", "9", "a", "z", "ж"],
    ],
)
def test_texts_stand_in_dictionary_order(ordered: list[str]) -> None:
    backwards = ordered[::-1]
    assert sorted(backwards, key=sort_key) == ordered


def test_code_point_and_utf8_order_of_keys_agree() -> None:
    texts = ["Huế", "huế", "Hué", "Hue", "Hueé", "Đông Ba", "ðông", "\U0001f600", "Ü", "ñ", "(a)"]
    assert sorted(texts, key=sort_key) == sorted(texts, key=lambda one: sort_key(one).encode())


def test_decomposed_and_composed_text_have_one_key() -> None:
    assert sort_key(unicodedata.normalize("NFD", "Thừa Thiên Huế")) == sort_key("Thừa Thiên Huế")
    assert nfc(unicodedata.normalize("NFD", "Huế")) == "Huế"


def test_a_tone_counts_only_where_the_letters_agree() -> None:
    assert sort_key("bà") < sort_key("ban") < sort_key("bàn") < sort_key("bao")


@pytest.mark.parametrize(
    ("text", "folded"), [("Đà Nẵng", "da nang"), ("TRẠM Y TẾ", "tram y te"), ("Phú Lộc", "phu loc"), ("Ðông", "dong")]
)
def test_folding_takes_marks_and_case_away(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_search_text_holds_words_with_and_without_marks() -> None:
    assert search_text(["Trạm Y tế", None, "Đà"]) == "=trạm=y=tế=đà= tram y te da "


def test_search_text_of_nothing_is_empty() -> None:
    assert search_text([None, "", "…"]) == ""


def test_words_put_the_tone_in_one_place() -> None:
    assert words("Hòa Thủy hoà thuỷ khỏe") == ["hoà", "thuỷ", "hoà", "thuỷ", "khoẻ"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Hòa Bình", "HOÀ  BÌNH", True),
        ("Thủy Xuân", "Thuỷ Xuân", True),
        ("Huế", unicodedata.normalize("NFD", "Huế"), True),
        ("Phú Hòa", "Phú Hóa", False),
        ("Đông", "Dông", False),
        ("Tân", "Tần", False),
    ],
)
def test_names_are_the_same_but_for_case_and_tone_placement(one: str, other: str, same: bool) -> None:
    assert (name_key(one) == name_key(other)) is same
