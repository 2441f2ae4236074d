"""Which commune an address names; the codes expected are those of the statistics office's table of 2025-07."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.errors import ValueRefused
from producers.rules_communes import commune, converted, find_commune, find_new_commune, find_province, short_province
from producers.source import read_file
from tests.producers.departments.mapped import apply_rule

PHU_XUAN, THUAN_HOA, THUAN_AN = "19753", "19789", "19900"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("Phường Thuận Thành, thành phố Huế, tỉnh Thừa Thiên Huế", PHU_XUAN),
        # merged into Gia Hội in 2021, which became part of Phú Xuân
        ("290 Bạch Đằng, phường Phú Hiệp, thành phố Huế, tỉnh Thừa Thiên Huế", PHU_XUAN),
        ("Thuộc phường Vĩnh Ninh/ thành phố Huế/ tỉnh Thừa Thiên Huế", THUAN_HOA),
        ("Thôn An Hải, thị trấn Thuận An, huyện Phú Vang, tỉnh TT Huế", THUAN_AN),
        # the package's own parser takes this for Thủy Phù
        ("Xã Thủy Phương, huyện Hương Thủy, tỉnh Thừa Thiên Huế", "19969"),
        ("xã Thủy An (nay là phường An Tây), thành phố Huế", "19815"),
        # Hương Phong is the name of two communes; the district tells which
        ("Xã Hương Phong, huyện A Lưới, tỉnh Thừa Thiên Huế", "20101"),
        ("Xã Hương Phong, thị xã Hương Trà, tỉnh Thừa Thiên Huế.", "20014"),
    ],
)
def test_a_former_commune_is_recognised(address: str, code: str) -> None:
    assert find_commune(address, "Huế").code == code


@pytest.mark.parametrize(
    "address",
    [
        "205 Điện Biên Phủ, Tp. Huế",
        "đường Trần Hưng Đạo",
        "70 đường Nguyễn Huệ, thành phố Huế, bên bờ sông An Cựu",  # the river, not the ward
        "Xã Tắc, Thuận Hòa",  # an altar
        "Thị trấn Khe Tre, huyện A Lưới, tỉnh Thừa Thiên Huế",  # Khe Tre lies in Nam Đông
    ],
)
def test_an_address_that_names_no_commune_beyond_doubt_is_not_guessed(address: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        find_commune(address, "Huế")
    assert refused.value.code == "commune-not-named"


def test_an_address_between_communes_is_ambiguous() -> None:
    with pytest.raises(ValueRefused) as refused:
        find_commune("giáp xã Thủy Bằng và phường Tây Lộc, thành phố Huế; phường Vỹ Dạ", "Huế")
    assert refused.value.code == "commune-ambiguous"


def test_a_name_in_two_districts_is_ambiguous_without_the_district() -> None:
    with pytest.raises(ValueRefused) as refused:
        find_commune("Xã Hương Phong, tỉnh Thừa Thiên Huế", "Huế")
    assert refused.value.code == "commune-ambiguous"


def test_the_rule_fills_both_codes_and_flags_the_conversion() -> None:
    rule = commune({"province": "Huế", "former": "formerAdminCode"})
    code, cell = apply_rule(rule, "Phường Thuận Thành, thành phố Huế")
    assert code == PHU_XUAN
    assert cell.others == {"formerAdminCode": "19768"}
    assert [flag.rule for flag in cell.flags] == ["commune-converted"]


def test_the_rule_leaves_null_what_the_address_does_not_name() -> None:
    code, cell = apply_rule(commune({"province": "Huế", "former": "formerAdminCode"}), "Ngọ Môn")
    assert code is None
    assert cell.others == {}
    assert [flag.rule for flag in cell.flags] == ["commune-not-named"]


def test_a_former_code_is_converted() -> None:
    code, cell = apply_rule(converted({"former": "formerAdminCode"}), "19762")
    assert (code, cell.others) == (PHU_XUAN, {"formerAdminCode": "19762"})


def test_a_code_that_had_ended_before_is_kept_and_flagged() -> None:
    code, cell = apply_rule(converted({"former": "formerAdminCode"}), "20032")
    assert (code, cell.others) == (None, {"formerAdminCode": "20032"})
    assert [flag.rule for flag in cell.flags] == ["commune-code-unknown"]


def test_a_former_province_is_known_in_the_new_geography() -> None:
    assert find_province("Hà Giang") == "Tuyên Quang"
    assert find_province("Bà Rịa Vũng Tàu") == "Hồ Chí Minh"
    assert find_province("Thành phố Huế") == "Huế"
    assert find_province("Atlantis") is None


def test_a_new_province_is_known_however_its_kind_is_written() -> None:
    assert short_province("TP Hồ Chí Minh") == short_province("Thành phố Hồ Chí Minh") == "Hồ Chí Minh"


def test_a_new_commune_is_found_with_its_kind_alone() -> None:
    assert find_new_commune("xã Phú Lộc", "Thành phố Huế") == "20107"
    assert find_new_commune("phường Phú Lộc", "Thành phố Huế") is None


def test_every_undivided_commune_of_hue_goes_where_the_official_table_says(real_data: Path) -> None:
    rows = read_file(real_data, "02-vn-admin-2025-reform/nso-conversion-table-2025-07.csv", header_row=2)
    official = {
        str(row.values["Mã Xã cũ"]): str(row.values["Mã Xã mới"])
        for row in rows
        if row.values.get("Tỉnh cũ") == "Thành phố Huế (46)"
    }
    rule = converted({"former": "formerAdminCode"})
    assert len(official) == 133
    assert {former: apply_rule(rule, former)[0] for former in official} == official
