"""What the real lists of administrative units add up to; the numbers are those of the data's own description."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from producers.departments.cucthongke.spelling import same_name
from producers.feed import Fact, Flag, Refusal
from schemas.encoding import compile_encoder
from tests.producers.departments.admin_units_world import (
    World,
    count,
    definition_of,
    department,
    facts_of,
    findings_of,
)

pytestmark = pytest.mark.usefixtures("real_data")

HISTORY, REFORM = "administrative-units-history", "administrative-units-reform"
LISTS = {
    "unit-conversion-before": "administrative-units-before-reform",
    "unit-list-2025-01": "administrative-units-list-2025-01",
    "unit-list": "administrative-units-lists",
    "provinces-database": "administrative-units-provinces-database",
}


@pytest.fixture(scope="module")
def world() -> World:
    one = World(definition_of("admin-units"))
    for feed in (HISTORY, REFORM, *LISTS.values()):
        one.hear(feed)
    return one


def edges() -> list[dict[str, str | None]]:
    return [edge for fact in facts_of(REFORM) if "edges" in fact.fields for edge in fact.fields["edges"]]


def divided() -> dict[str, set[str]]:
    """Communes before that went to several communes after."""
    goes: dict[str, set[str]] = defaultdict(set)
    for edge in edges():
        if str(edge["from"]).startswith("commune-") and edge["to"] is not None:
            goes[str(edge["from"])].add(edge["to"])
    return {key: ends for key, ends in goes.items() if len(ends) > 1}


@pytest.mark.parametrize(
    ("day", "provinces", "districts", "communes"),
    [
        ("2025-01-02", 63, 696, 10_057),
        ("2025-06-30", 63, 696, 10_047),
        ("2025-07-01", 34, 0, 3_321),
        ("2026-09-01", 34, 0, 3_321),
    ],
)
def test_the_units_in_force(world: World, day: str, provinces: int, districts: int, communes: int) -> None:
    units = world.at(day)
    assert [count(units, level) for level in ("PROVINCE", "DISTRICT", "COMMUNE")] == [provinces, districts, communes]


def test_hue_has_40_communes_after_the_reform_21_of_them_wards(world: World) -> None:
    units = world.at("2025-07-01")
    assert count(units, "COMMUNE", parentKey="province-46") == 40
    assert count(units, "COMMUNE", parentKey="province-46", kind="PHUONG") == 21


def test_hue_had_134_communes_in_the_register_and_133_in_the_table(world: World) -> None:
    table = world.at("2025-06-30", "urn:hue:G12:unit-conversion-before")
    assert count(world.at("2025-06-30"), "COMMUNE", provinceKey="province-46") == 134
    assert count(table, "COMMUNE", provinceKey="province-46") == 133


def test_the_other_lists_count_otherwise(world: World) -> None:
    before = world.at("2025-06-30", "urn:hue:G12:unit-conversion-before")
    january = world.at("2025-01-04", "urn:hue:G12:unit-list-2025-01")
    assert (count(before, "COMMUNE"), count(january, "COMMUNE")) == (10_033, 10_051)


def test_441_communes_were_divided_among_two_to_five_and_none_in_hue(world: World) -> None:
    before = world.at("2025-06-30")
    assert Counter(len(ends) for ends in divided().values()) == {2: 369, 3: 54, 4: 17, 5: 1}
    assert len(divided()) == 441
    assert not [key for key in divided() if before[key]["provinceKey"] == "province-46"]


def test_five_special_zones_come_from_districts(world: World) -> None:
    zones = {str(one["from"]): one["to"] for one in edges() if str(one["from"]).startswith("district-") and one["to"]}
    assert zones == {
        "district-318": "commune-11948",
        "district-471": "commune-19742",
        "district-498": "commune-20333",
        "district-536": "commune-21548",
        "district-755": "commune-26732",
    }
    assert count(world.at("2025-07-01"), "COMMUNE", kind="DAC_KHU") == 13


def test_new_communes_continue_the_code_of_one_of_their_parts_but_for_those_zones() -> None:
    own = {edge["to"] for edge in edges() if edge["from"] == edge["to"] and str(edge["to"]).startswith("commune-")}
    assert len(own) == 3_316


def test_districts_and_what_the_table_omits_end_without_successor_and_flagged() -> None:
    ending = [edge for edge in edges() if edge["to"] is None]
    assert Counter(edge["flag"] for edge in ending) == {"DISTRICT_LEVEL_ENDED": 691, "OMITTED_BY_TABLE": 14}
    rules = Counter(one.rule for one in findings_of(REFORM) if isinstance(one, Flag))
    assert (rules["district-level-ended"], rules["omitted-by-table"]) == (691, 14)


def test_35_codes_are_given_out_again() -> None:
    begins = Counter(one.key for one in facts_of(HISTORY) if one.event in ("AdminUnitImported", "AdminUnitEstablished"))
    assert sum(times > 1 for times in begins.values()) == 35


def test_40_is_a_province_and_a_district_without_being_mixed_up(world: World) -> None:
    units = world.at("2025-01-02")
    assert units["province-40"]["nameVi"] == "Tỉnh Nghệ An"
    assert units["district-040"]["level"] == "DISTRICT" and "district-40" not in units


def test_an_absorbed_commune_is_followed_by_its_successor(world: World) -> None:
    assert world.successors("commune-19792") == ["commune-19777"]


def test_the_act_that_made_hue_a_city_is_stated() -> None:
    [fact] = [one for one in facts_of(HISTORY) if one.key == "province-46" and one.event == "AdminUnitChanged"]
    assert fact.fields["nameVi"] == "Thành phố Huế" and "175/2024/QH15" in str(fact.legal_basis)


def contradictions(world: World, system: str, day: str) -> Counter[str]:
    """What the list `system` says otherwise on `day`: units it denies or adds, and differing fields."""
    source = f"urn:hue:G12:{system}"
    rule = next(one for one in world.definition.claims if one.source == source)
    ours, theirs = world.at(day), world.at(day, source)
    found = Counter({"denied": len(ours.keys() - theirs.keys()), "added": len(theirs.keys() - ours.keys())})
    for key in ours.keys() & theirs.keys():
        for name in rule.fields:
            one, other = ours[key][name], theirs[key][name]
            if other is not None:  # what a list leaves empty it does not claim
                found[name] += not same_name(one, other) if name == "nameVi" else one != other
    return +found


@pytest.mark.parametrize(
    ("system", "day", "expected"),
    [
        ("unit-conversion-before", "2025-06-30", {"denied": 14, "nameVi": 203, "kind": 4, "parentKey": 1}),
        ("unit-list-2025-01", "2025-01-04", {"denied": 7, "added": 1, "nameVi": 3, "kind": 1}),
        ("unit-list", "2025-10-18", {"denied": 114, "added": 114, "nameVi": 17}),
        ("unit-list", "2026-01-07", {"nameVi": 6}),
    ],
)
def test_the_sources_contradict_each_other(world: World, system: str, day: str, expected: dict[str, int]) -> None:
    assert contradictions(world, system, day) == expected


def test_names_in_english_and_points_come_from_the_provinces_database(world: World) -> None:
    ward = world.at("2026-09-01")["commune-19753"]
    assert (ward["nameVi"], ward["nameEn"]) == ("Phường Phú Xuân", "Phu Xuan Ward")
    assert 107.0 < ward["longitude"] < 108.2 and 16.0 < ward["latitude"] < 16.8


def test_the_one_row_of_the_table_that_names_no_unit_is_refused() -> None:
    refused = [(one.origin.row, one.code) for one in findings_of(REFORM) if isinstance(one, Refusal)]
    assert refused == [(4749, "no-unit-before")]


def test_what_does_not_fit_in_the_table_is_flagged() -> None:
    rules = Counter(one.rule for one in findings_of(REFORM) if isinstance(one, Flag))
    assert (rules["name-disagrees"], rules["extent-disagrees"], rules["province-disagrees"]) == (3, 3, 3)
    assert rules["line-break-removed"] > 800


@pytest.mark.parametrize("name", [one.name for one in department("cucthongke").feeds])
def test_every_fact_fits_its_schema_and_has_an_identity_of_its_own(name: str) -> None:
    encoders = {one.name: compile_encoder(one) for one in definition_of("admin-units").schemas.values()}
    facts = facts_of(name)
    assert all(encoders[one.event](one.fields) for one in facts)
    assert len({one.identity for one in facts}) == len(facts) and None not in {one.identity for one in facts}


def test_facts_come_in_the_order_of_their_days() -> None:
    days = [one.valid_from for one in facts_of(HISTORY) if isinstance(one, Fact) and one.valid_from is not None]
    assert days == sorted(days)
