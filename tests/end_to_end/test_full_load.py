"""`huehub up` on a fresh folder: every feed arrives, and the registries hold what the sources say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.log.interface import Partition
from hub.log.open import open_log
from tests.end_to_end.running import RunningHub, wait_for

pytestmark = pytest.mark.slow
BEFORE_REFORM = "2025-01-02"


def log_ends(hub: RunningHub) -> dict[tuple[str, int], int]:
    """The ends of the topics of events and of the control log."""
    log = open_log(f"sqlite:///{hub.folder / 'var' / 'log.sqlite'}", create=False)
    try:
        topics = {name: count for name, count in log.topics().items() if not name.startswith("hub.order.")}
        ends = log.ends(Partition(name, number) for name, count in topics.items() for number in range(count))
        return {(at.topic, at.partition): end for at, end in ends.items()}
    finally:
        log.close()


def units(hub: RunningHub, **conditions: str) -> tuple[int, int, int]:
    """Provinces, districts, communes."""
    provinces, districts, communes = (
        hub.count("admin-units", level=level, **conditions) for level in ("PROVINCE", "DISTRICT", "COMMUNE")
    )
    return provinces, districts, communes


@pytest.fixture(scope="module", params=["with real data", "without"])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """The packaged city with its feeds applied."""
    settings = {}
    if request.param == "with real data":
        settings["HUB_SHARED_DATA"] = str(request.getfixturevalue("shared_data"))
    hub = RunningHub(tmp_path_factory.mktemp("city"), settings)
    try:
        hub.start()
        hub.wait_until_ready()
        hub.wait_until_published()
        yield hub
    finally:
        hub.end()


def has_real_data(hub: RunningHub) -> bool:
    return "HUB_SHARED_DATA" in hub.settings


def test_the_registries_hold_what_the_sources_say(loaded: RunningHub) -> None:
    # issue 3, "It must show"
    communes = 10_057 if has_real_data(loaded) else 10_035
    assert units(loaded, valid_at=BEFORE_REFORM) == (63, 696, communes)
    assert units(loaded) == (34, 0, 3_321)
    assert units(loaded, valid_at="2025-07-01") == (34, 0, 3_321)
    assert loaded.count("admin-units", level="COMMUNE", provinceKey="province-46") == 40
    # without the lists there are tables of facts: twenty places (rows of several dishes), sixteen festivals
    assert loaded.count("food-places") == (212 if has_real_data(loaded) else 20)
    assert loaded.count("festivals") == (69 if has_real_data(loaded) else 16)


def test_every_registry_has_records_and_no_dead_letters(loaded: RunningHub) -> None:
    registries = loaded.get("/api/v1/registries")["registries"]
    assert len(registries) == 11
    assert [one["registry"] for one in registries if not one["records"]] == []
    assert [one["registry"] for one in registries if one["dead_letters"] or one["missing_sequences"]] == []


def test_an_incomplete_list_is_quarantined_and_told(loaded: RunningHub) -> None:
    told = [line for line in loaded.output.splitlines() if "quarantined" in line]
    assert [line.split(": ")[0] for line in told] == ["sodulich/travel-agencies"] * has_real_data(loaded)
    assert all("190" in line and "10 rows" in line for line in told)


def test_a_second_up_publishes_nothing_new(loaded: RunningHub) -> None:
    ends, entries = log_ends(loaded), loaded.entries()
    assert loaded.stop() == 0
    loaded.start()
    loaded.wait_until_ready()
    wait_for(lambda: "feeds are published" in loaded.output, timeout_s=200, what="feeds")
    assert log_ends(loaded) == ends
    assert loaded.entries() == entries
    for registry, entry in entries.items():
        since = loaded.get(f"/api/v1/registries/{registry}/changes", since=entry)["changes"]
        assert [one for one in since if "turn" not in one] == []  # what the clock alone moved is no event


def test_the_output_of_the_load_is_lines_for_people(loaded: RunningHub) -> None:
    assert "Traceback" not in loaded.output
    told = [line.split(": ")[0] for line in loaded.output.splitlines() if " read, " in line or "quarantined" in line]
    listed = [line.split("\t") for line in loaded.run("publish").splitlines()]
    assert told == [name for name, _, absent in listed if not absent]


def test_a_rebuild_from_the_log_has_equal_hashes(loaded: RunningHub) -> None:
    told = loaded.run("rebuild", "heritage-sites")
    assert "(equal)" in told


def test_an_export_passes_the_lint(loaded: RunningHub, tmp_path: Path) -> None:
    """What `registry export` writes is what `registry apply` and `lint` read."""
    loaded.run("registry", "export", str(tmp_path / "export"))
    assert "0 errors" in loaded.run("lint", str(tmp_path / "export"))
