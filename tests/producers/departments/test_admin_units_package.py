"""The package in place of the real data: what it gives alone."""

from __future__ import annotations

import pytest

from tests.producers.departments.admin_units_world import World, count, definition_of, facts_of, feed_of

PACKAGE = "administrative-units-package"


@pytest.fixture(scope="module")
def world() -> World:
    one = World(definition_of("admin-units"))
    one.hear(PACKAGE)
    return one


def test_the_package_stands_in_for_the_reform_and_needs_nothing() -> None:
    assert feed_of(PACKAGE).instead_of == "administrative-units-reform"
    assert feed_of(PACKAGE).needs == ()


@pytest.mark.parametrize(
    ("day", "provinces", "districts", "communes"), [("2025-06-30", 63, 696, 10_035), ("2025-07-01", 34, 0, 3_321)]
)
def test_the_package_gives_both_geographies(
    world: World, day: str, provinces: int, districts: int, communes: int
) -> None:
    units = world.at(day)
    assert [count(units, level) for level in ("PROVINCE", "DISTRICT", "COMMUNE")] == [provinces, districts, communes]


def test_hue_has_40_communes_after_the_reform(world: World) -> None:
    assert count(world.at("2025-07-01"), "COMMUNE", parentKey="province-46") == 40


def test_the_packages_conversion_names_successors(world: World) -> None:
    assert world.successors("commune-19792") == ["commune-19777"]
    assert world.successors("district-755") == ["commune-26732"]


def test_areas_stand_where_the_package_has_them_and_nowhere_else() -> None:
    facts = facts_of(PACKAGE)
    with_area = {one.event for one in facts if one.fields.get("areaKm2") is not None}
    assert with_area <= {"AdminUnitEstablished", "AdminUnitChangedBecauseOfReorganisation"}
    assert sum(one.fields.get("areaKm2") is not None for one in facts) == 3_319  # two communes of Quảng Trị have none
