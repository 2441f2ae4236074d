"""Rows of dishes become places; festivals told twice become festivals."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from producers.departments.packaged import find_feed, read_feed
from producers.departments.sodulich.food_places import join_places
from producers.feed import BatchQuarantined, Finding
from producers.mapping import DeclaredMapping
from tests.producers.departments.mapped import facts_in, map_with, refusals_in, rows_of, rules_in

PLACE = {"tendoituong": "Quán Hạnh", "diachi": "11 Phó Đức Chính, Tp. Huế", "kinhdo": "107.596", "vido": "16.468"}


def join(*rows: dict[str, str]) -> list[Finding]:
    mapping = DeclaredMapping(find_feed("food-places").options["mapping"])
    return list(join_places(mapping.apply(rows_of(*rows)), longest_dish=120))


def test_rows_of_one_name_and_address_are_one_place_with_their_dishes_in_order() -> None:
    findings = join(PLACE | {"mota": "Bánh khoái"}, PLACE | {"mota": "Nem lụi"}, PLACE | {"mota": "Bánh khoái"})
    assert [one.fields["dishes"] for one in facts_in(findings)] == [["Bánh khoái", "Nem lụi"]]
    rules = rules_in(findings)
    assert (rules["dishes", "row-joined"], rules["dishes", "row-repeated"]) == (1, 1)


def test_the_same_name_at_another_address_is_another_place() -> None:
    findings = join(PLACE | {"mota": "Bún"}, PLACE | {"mota": "Bún", "diachi": "54 Nguyễn Công Trứ"})
    assert len({one.key for one in facts_in(findings)}) == 2


def test_a_long_text_is_a_description_and_no_dish() -> None:
    findings = join(PLACE | {"mota": "Bún bò " * 30})
    fields = facts_in(findings)[0].fields
    assert (fields["dishes"], fields["description"]) == ([], ("Bún bò " * 30).strip())
    assert rules_in(findings)["description", "text-not-a-dish"] == 1


def test_hours_and_prices_of_a_later_row_are_kept() -> None:
    later = {"mota": "Bún", "mocua": "06:00", "giathamkhaotu": "20.000 VND"}
    fields = facts_in(join(PLACE | {"mota": "Cơm"}, PLACE | later))[0].fields
    assert (fields["opens"], fields["priceFrom"]) == (time(6), 20000)


def test_rows_that_place_it_elsewhere_are_flagged_and_the_first_stands() -> None:
    findings = join(PLACE | {"mota": "Cơm"}, PLACE | {"mota": "Bún", "kinhdo": "107.6"})
    assert facts_in(findings)[0].fields["longitude"] == 107.596
    assert rules_in(findings)["longitude", "place-told-otherwise"] == 1


def test_6794_rows_are_212_places(real_data: Path) -> None:
    findings = list(read_feed("food-places", real_data))
    places = facts_in(findings)
    assert len({one.key for one in places}) == len(places) == 212
    rules = rules_in(findings)
    assert rules["dishes", "row-joined"] + rules["dishes", "row-repeated"] == 6794 - 212
    assert refusals_in(findings) == []
    # 902 different texts stand in the column, two of them descriptions
    assert len({dish for one in places for dish in one.fields["dishes"]}) == 900


def test_138_rows_are_69_festivals(real_data: Path) -> None:
    findings = list(read_feed("festivals", real_data))
    assert len({one.key for one in facts_in(findings)}) == len(facts_in(findings)) == 69
    assert rules_in(findings)["", "doubled-list"] == 1


def test_a_festival_at_several_venues_is_several() -> None:
    rows = [
        {"tendoituong": "Festival Huế", "mota": venue, "diachi": "Huế"} for venue in ("Bia Quốc Học", "Đình Kim Long")
    ]
    assert [one.key for one in facts_in(map_with("festivals", *rows))] == [
        "festival-hue-bia-quoc-hoc",
        "festival-hue-dinh-kim-long",
    ]


def test_a_list_that_says_190_rows_and_holds_10_is_quarantined(real_data: Path) -> None:
    with pytest.raises(BatchQuarantined, match="190 and holds 10"):
        list(read_feed("travel-agencies", real_data))


def test_an_incomplete_list_of_agencies_is_quarantined() -> None:
    with pytest.raises(BatchQuarantined):
        map_with("travel-agencies", {"id": "590", "ten": "Cty Cổ phần HG Huế", "totalRows": "2"})


def test_29_transport_businesses_that_share_a_default_point_are_flagged(real_data: Path) -> None:
    findings = list(read_feed("transport-operators", real_data))
    assert len(facts_in(findings)) == 154
    assert rules_in(findings)["longitude", "default-point"] == 29
    assert sum(one.fields["status"] == "NOT_YET_OPERATING" for one in facts_in(findings)) == 2
