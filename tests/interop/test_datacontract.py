"""The Data Contract CLI lints every contract, and tests the data of a running hub by them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.running import ROOT, RunningHub, wait_for
from tests.interop.datacontract_cli import DataContractCli, installed_cli, save_contract, save_records

pytestmark = [pytest.mark.slow]
FEEDS = {"ticket-prices": "ticket-types", "site-visits": "visits-by-place"}


@pytest.fixture(scope="module")
def cli() -> DataContractCli:
    return installed_cli()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A running hub with the packaged registries, two of them filled from real data."""
    data = (ROOT / "../shared/data").resolve()
    running = RunningHub(tmp_path_factory.mktemp("hub"), {"HUB_SHARED_DATA": str(data), "HUB_LOG_LEVEL": "ERROR"})
    try:
        running.start("--no-publish")
        wait_for(running.is_answering, what="the hub")
        yield running
    finally:
        running.end()


@pytest.fixture(scope="module")
def filled(hub: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with contract and records of two registries as the hub serves them."""
    if not (ROOT / "../shared/data").resolve().is_dir():
        if os.environ.get("CI"):
            pytest.fail("../shared/data is absent: without it nothing is shown of the real data")
        pytest.skip("../shared/data is not here")
    folder = tmp_path_factory.mktemp("filled")
    for feed in FEEDS.values():
        hub.run("publish", feed)
    wait_for(lambda: hub.lag() == 0 and all(map(hub.count, FEEDS)), what="records")
    for registry in FEEDS:
        save_contract(hub, registry, folder)
        save_records(hub, registry, folder)
    return folder


def failed(checks: list[dict[str, Any]]) -> set[str]:
    """The fields (or the record) of the checks that did not pass."""
    return {str(one["field"] or one["model"]) for one in checks if one["result"] != "passed"}


def test_every_packaged_registry_has_a_contract_that_lint_lets_pass(
    cli: DataContractCli, hub: RunningHub, tmp_path: Path
) -> None:
    registries = [one["registry"] for one in hub.get("/api/v1/registries")["registries"]]
    assert len(registries) >= 11
    assert cli.lint([save_contract(hub, one, tmp_path) for one in registries]) == {}


def test_lint_does_find_what_is_wrong(cli: DataContractCli, hub: RunningHub, tmp_path: Path) -> None:
    contract = save_contract(hub, "rainfall", tmp_path)
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("logicalType: timestamp", "logicalType: instant"), encoding="utf-8")
    assert "instant" in cli.lint([contract])["rainfall"]


@pytest.mark.parametrize("registry", FEEDS)
def test_the_real_records_keep_the_contract(cli: DataContractCli, filled: Path, registry: str) -> None:
    code, checks = cli.test(filled / f"{registry}.yaml", registry.replace("-", "_"))
    assert (code, failed(checks)) == (0, set())
    ran = {one["type"] for one in checks}
    assert {"field_required", "field_is_present", "schema"} <= ran
    assert any("duplicate" in one for one in ran), ran
    assert any("invalid" in one for one in ran), ran


@pytest.fixture(scope="module")
def spoiled(cli: DataContractCli, filled: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, set[str]]:
    """Exit code and failed checks for the prices with four records that break the contract."""
    folder = tmp_path_factory.mktemp("spoiled")
    lines = (filled / "ticket_prices.json").read_text(encoding="utf-8").splitlines()
    records = [json.loads(one) for one in lines]
    records.append(dict(records[0]))
    records[1]["customerType"] = "NOBODY"
    records[2]["nameVi"] = None
    records[3]["price"] = "free"
    (folder / "ticket_prices.json").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    contract = folder / "ticket-prices.yaml"
    contract.write_bytes((filled / contract.name).read_bytes())
    code, checks = cli.test(contract, "ticket_prices")
    return code, failed(checks)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("ticket_prices", id="a-key-twice"),
        pytest.param("customerType", id="a-value-that-is-no-symbol"),
        pytest.param("nameVi", id="nothing-where-a-value-is-required"),
        pytest.param("price", id="words-where-a-number-belongs"),
    ],
)
def test_a_record_that_breaks_the_contract_is_found(spoiled: tuple[int, set[str]], broken: str) -> None:
    code, found = spoiled
    assert code != 0
    assert broken in found
    assert "ticketTypeId" not in found
