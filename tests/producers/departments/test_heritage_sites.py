"""The three lists of heritage sites, and which of their entries name one site."""

from __future__ import annotations

import unicodedata
from datetime import time
from pathlib import Path

import pytest

from producers.departments.packaged import read_feed
from producers.departments.sovhtt.identities import distance_m, find_identities, site_of
from producers.feed import Fact, Origin
from tests.producers.departments.mapped import facts_in, map_with, refusals_in, rules_in

MONUMENT = {
    "id": "1",
    "tendoituong": "Đình An Cựu",
    "diachi": "phường An Cựu, thành phố Huế",
    "kinhdo": "107.6033",
    "vido": "16.4546",
}


def monument(**cells: str) -> Fact:
    return facts_in(map_with("monuments", {**MONUMENT, **cells}))[0]


def test_a_monument_keeps_its_key_when_rows_are_numbered_anew() -> None:
    assert monument(id="1").key == monument(id="77").key == "monument-dinh-an-cuu-phuong-an-cuu-thanh-pho-hue"


def test_what_the_row_lacks_is_null() -> None:
    fields = monument().fields
    lacking = ("opens", "closes", "priceFrom", "priceTo", "category", "description", "imageUrl")
    assert [fields[name] for name in lacking] == [None] * len(lacking)
    assert "allDay" not in fields


def test_prices_keep_what_is_said_of_them() -> None:
    fields = monument(giathamkhaotu="40.000 VND(trẻ em từ 7t)", giathamkhaoden="200.000 VND(người lớn)").fields
    assert (fields["priceFrom"], fields["priceTo"]) == (40000, 200000)
    assert (fields["priceFromNote"], fields["priceToNote"]) == ("(trẻ em từ 7t)", "(người lớn)")


def test_free_admission_is_a_price_of_nothing() -> None:
    assert monument(giathamkhaotu="Miễn phí").fields["priceFrom"] == 0


def test_a_price_that_cannot_be_read_is_refused_with_file_row_and_field_and_the_row_goes_on() -> None:
    findings = map_with("monuments", MONUMENT | {"giathamkhaotu": "liên hệ"})
    assert refusals_in(findings) == [("priceFrom", "not-a-price")]
    assert str(next(one for one in findings if not isinstance(one, Fact) and one.field == "priceFrom").origin) == (
        "list.ndjson, row 1"
    )
    assert facts_in(findings)[0].fields.get("priceFrom") is None


def test_open_all_day_is_no_hour() -> None:
    fields = monument(mocua="Cả ngày").fields
    assert (fields["allDay"], fields["opens"]) == (True, None)


def test_an_hour_with_a_blank_is_that_hour() -> None:
    assert monument(mocua="07: 00", dongcua="17:00").fields["opens"] == time(7)


@pytest.mark.parametrize("spelling", ["Lịch sử (lưu niệm )", "Lịch sử lưu niệm", "Lịch sử (lưu niệm)"])
def test_spellings_of_a_category_are_one(spelling: str) -> None:
    assert monument(loaihinh=unicodedata.normalize("NFD", spelling)).fields["category"] == "Lịch sử (lưu niệm)"


def test_a_heritage_item_keeps_the_code_of_its_list() -> None:
    row = {"id": "34", "tendisan": "Điện Thái Hòa", "xaphuong": "19762", "kinhdo": "107.5784", "vido": "16.46885"}
    fact = facts_in(map_with("heritage-items", row))[0]
    assert fact.key == "heritage-34"
    assert (fact.fields["formerAdminCode"], fact.fields["adminCode"]) == ("19762", "19753")


def test_an_item_without_a_place_says_so_with_zeros() -> None:
    findings = map_with(
        "heritage-items", {"id": "29", "tendisan": "Tuồng", "xaphuong": "0", "kinhdo": "0", "vido": "0"}
    )
    fields = facts_in(findings)[0].fields
    assert [fields[name] for name in ("longitude", "latitude", "adminCode")] == [None, None, None]
    assert rules_in(findings) == {("adminCode", "nullIf"): 1, ("point", "sentinel-point"): 1}


def test_swapped_axes_of_a_tourist_spot_are_put_right_and_flagged() -> None:
    row = {"id": "670", "ten": "Cầu Ngói", "toaDoX": "16.4668", "toaDoY": "107.6426", "totalRows": "1"}
    findings = map_with("tourist-spots", row)
    assert [facts_in(findings)[0].fields[name] for name in ("longitude", "latitude")] == [107.6426, 16.4668]
    assert rules_in(findings)["point", "swapped-axes"] == 1


def test_minus_one_is_no_place() -> None:
    row = {"id": "850", "ten": "Ngã Ba", "toaDoX": "-1", "toaDoY": "-1", "totalRows": "1"}
    findings = map_with("tourist-spots", row)
    assert facts_in(findings)[0].fields["longitude"] is None
    assert rules_in(findings) == {("point", "sentinel-point"): 1}


def test_a_place_outside_the_box_is_null_and_flagged() -> None:
    findings = map_with("monuments", MONUMENT | {"kinhdo": "105.8", "vido": "21.0"})
    assert facts_in(findings)[0].fields["longitude"] is None
    assert rules_in(findings)["point", "outside-box"] == 1


def entry(key: str, name: str, *, lon: float | None = 107.58, lat: float | None = 16.47) -> Fact:
    fields = {"siteKey": key, "nameVi": name, "longitude": lon, "latitude": lat}
    return Fact("SiteRegistered", key, fields, Origin("list.ndjson", 1))


def merges(*lists: list[Fact], within_m: float = 500) -> list[tuple[str, list[str]]]:
    sites = [site_of(fact, place) for place, facts in enumerate(lists) for fact in facts]
    return [(one.key, one.fields["absorbed"]) for one in facts_in(find_identities(sites, within_m))]


def test_the_same_name_nearby_in_an_earlier_list_is_one_site() -> None:
    spot = entry("spot-1", "NGỌ MÔN (cổng)", lon=107.581)
    assert merges([entry("monument-ngo-mon", "Ngọ Môn")], [spot]) == [("monument-ngo-mon", ["spot-1"])]


def test_the_evidence_names_rules_scores_and_distance() -> None:
    spot = entry("spot-1", "Ngọ Môn", lon=107.581)
    sites = [site_of(entry("monument-1", "Ngọ Môn"), 0), site_of(spot, 1)]
    evidence = facts_in(find_identities(sites, 500))[0].fields["evidence"]
    assert [one["rule"] for one in evidence] == ["same-name", "near"]
    # a thousandth of a degree of longitude at 16.47° north is 6371008.8 m * cos(16.47°) * 0.001° = 106.6 m
    assert evidence[1]["distanceM"] == pytest.approx(106.6, abs=0.1)
    assert evidence[1]["score"] == pytest.approx(1 - 106.6 / 1000, abs=0.001)


def test_the_same_name_far_away_is_another_site() -> None:
    assert merges([entry("monument-1", "Chùa Thiện Khánh")], [entry("spot-1", "Chùa Thiện Khánh", lon=107.6)]) == []


def test_an_entry_without_a_place_is_never_merged() -> None:
    placeless = entry("spot-1", "Làng Cổ Phước Tích", lon=None, lat=None)
    assert merges([entry("monument-1", "Làng Cổ Phước Tích")], [placeless]) == []
    assert distance_m(site_of(placeless, 0), site_of(placeless, 0)) == float("inf")


def test_entries_of_one_list_are_never_merged() -> None:
    assert merges([entry("monument-1", "Nhà thờ họ Lê Văn"), entry("monument-2", "Nhà thờ họ Lê Văn")]) == []


def test_an_entry_that_fits_two_sites_is_flagged_and_not_merged() -> None:
    lists = [[entry("monument-1", "Am Bà"), entry("monument-2", "Am Bà")], [entry("spot-1", "Am Bà")]]
    sites = [site_of(fact, place) for place, facts in enumerate(lists) for fact in facts]
    findings = list(find_identities(sites, 500))
    assert facts_in(findings) == []
    assert rules_in(findings) == {("nameVi", "identity-ambiguous"): 1}


def test_a_third_entry_joins_the_survivor_not_the_absorbed() -> None:
    found = merges([entry("monument-1", "Kỳ Đài")], [entry("heritage-1", "Kỳ Đài")], [entry("spot-1", "Kỳ Đài")])
    assert found == [("monument-1", ["heritage-1"]), ("monument-1", ["spot-1"])]


def test_the_real_lists_hold_180_50_and_195_sites_and_198_of_them_are_the_same(real_data: Path) -> None:
    lists = {name: list(read_feed(name, real_data)) for name in ("monuments", "heritage-items", "tourist-spots")}
    assert {name: len({one.key for one in facts_in(found)}) for name, found in lists.items()} == {
        "monuments": 180,
        "heritage-items": 50,
        "tourist-spots": 195,
    }
    assert refusals_in(lists["tourist-spots"]) == [("nameVi", "test-entry")]
    assert rules_in(lists["tourist-spots"])["point", "swapped-axes"] == 183
    identities = facts_in(read_feed("site-identities", real_data))
    assert len({one.fields["absorbed"][0] for one in identities}) == len(identities) == 198
