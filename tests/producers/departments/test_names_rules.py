"""Rules for names, one by one, on values made by hand."""

from __future__ import annotations

import unicodedata

import pytest

from producers.errors import ValueRefused
from producers.prices import vnd
from producers.rules_names import (
    KEY_LENGTH,
    before,
    bilingual,
    coded_members,
    free_for,
    keyed,
    make_key,
    marked,
    members,
    plain_name,
    readable,
    real_entry,
)
from tests.producers.departments.mapped import apply_rule


def test_readable_text_is_composed_with_single_blanks() -> None:
    apart = unicodedata.normalize("NFD", " Kiến  trúc ")
    assert apply_rule(readable(None), apart)[0] == "Kiến trúc"


def test_words_that_mean_nothing_are_null_and_flagged() -> None:
    value, cell = apply_rule(readable(None), "Không có thông tin")
    assert value is None
    assert [flag.rule for flag in cell.flags] == ["stated-as-missing"]


def test_the_latin_eth_becomes_the_vietnamese_letter_with_a_flag() -> None:
    value, cell = apply_rule(readable(None), "Lăng \u00d0ồng Khánh")
    assert value == "Lăng Đồng Khánh"
    assert [flag.rule for flag in cell.flags] == ["letter-eth"]


@pytest.mark.parametrize("name", ["TTXTDL_test", "Địa điểm test", "Test"])
def test_a_test_entry_is_refused(name: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        apply_rule(real_entry(None), name)
    assert refused.value.code == "test-entry"


def test_a_name_that_only_contains_the_letters_test_is_real() -> None:
    assert apply_rule(real_entry(None), "Khách sạn Testimony")[0] == "Khách sạn Testimony"


def test_name_and_address_make_the_key_whatever_their_blanks_and_case() -> None:
    first = apply_rule(keyed({"prefix": "monument-"}), ("Đình An Cựu", "99 An Dương Vương"))[0]
    again = apply_rule(keyed({"prefix": "monument-"}), ("  Đình  an cựu", "99 An Dương Vương "))[0]
    assert first[0] == again[0] == "monument-dinh-an-cuu-99-an-duong-vuong"


def test_namesakes_at_other_addresses_have_other_keys() -> None:
    one, other = (apply_rule(keyed(None), ("Nhà thờ họ Lê Văn", place))[0][0] for place in ("Mỹ Xuyên", "Phong Hòa"))
    assert one != other


def test_a_row_without_a_name_has_no_key() -> None:
    with pytest.raises(ValueRefused):
        apply_rule(keyed(None), (None, "99 An Dương Vương"))


def test_a_long_key_is_cut_and_still_tells_texts_apart_that_differ_at_their_end() -> None:
    one, other = make_key("a" * 80, "1"), make_key("a" * 80, "2")
    assert len(one) <= KEY_LENGTH and len(other) <= KEY_LENGTH
    assert one != other


def test_a_bilingual_name_is_parted_at_the_slash() -> None:
    value, cell = apply_rule(bilingual({"second": "nameEn"}), "Đại Nội Huế/Hue Imperial City")
    assert (value, cell.others) == ("Đại Nội Huế", {"nameEn": "Hue Imperial City"})


def test_a_name_of_one_language_has_no_second() -> None:
    assert apply_rule(bilingual({"second": "nameEn"}), "Cung An Định")[1].others == {}


def test_the_place_stands_before_the_last_separator() -> None:
    assert apply_rule(before(" - "), "Đại Nội - Trẻ em (TE)")[0] == "Đại Nội"


def test_members_keep_the_commas_inside_them() -> None:
    names = ["Công dân Việt Nam", "Cán bộ, công chức, viên chức", "Tổ chức (không bao gồm doanh nghiệp, HTX)"]
    text = "Tổ chức (không bao gồm doanh nghiệp, HTX), Công dân Việt Nam, Cán bộ, công chức, viên chức"
    value, cell = apply_rule(members(names), text)
    assert value == [names[2], names[0], names[1]]
    assert cell.flags == []


def test_a_member_whose_name_begins_another_is_not_taken_for_it() -> None:
    names = ["Doanh nghiệp", "Doanh nghiệp có vốn đầu tư nước ngoài"]
    assert apply_rule(members(names), "Doanh nghiệp có vốn đầu tư nước ngoài, Doanh nghiệp")[0] == names[::-1]


def test_an_unknown_member_is_kept_and_flagged() -> None:
    value, cell = apply_rule(members(["Công dân Việt Nam"]), "Hộ kinh doanh, Công dân Việt Nam")
    assert value == ["Hộ kinh doanh", "Công dân Việt Nam"]
    assert [flag.rule for flag in cell.flags] == ["member-unknown"]


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueRefused) as refused:
        apply_rule(coded_members({"Cấp xã": "COMMUNE"}), "Cấp xã, Cấp huyện")
    assert refused.value.code == "unknown-code"


def test_free_for_someone_is_a_price_of_nothing_with_whom_it_is_for() -> None:
    text, _ = apply_rule(free_for(None), "trẻ em miễn phí")
    amount, cell = apply_rule(vnd({"residue": "note"}), text)
    assert (amount, cell.others) == (0, {"note": "(trẻ em)"})


def test_a_mark_in_a_name_is_a_code() -> None:
    rule = marked({"words": "chưa hoạt động", "code": "NOT_YET_OPERATING"})
    assert apply_rule(rule, "CÔNG TY BẢO KHANG (Chưa hoạt động)")[0] == "NOT_YET_OPERATING"
    assert apply_rule(rule, "CÔNG TY BẢO KHANG")[0] is None


def test_a_name_is_compared_without_marks_and_brackets() -> None:
    assert plain_name("Lăng Minh Mạng (Hiếu Lăng)") == plain_name("LĂNG MINH MẠNG") == "lang minh mang"
