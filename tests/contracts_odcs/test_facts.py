"""What contracts tell of the hub around them: addresses, and no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.contracts.asyncapi import asyncapi_document
from hub.contracts.odcs import export_contract
from hub.control.state import ControlState
from hub.settings import Settings
from hub.wiring import hub_facts
from tests.contracts_odcs.examples import DEFINITIONS

RAIN = DEFINITIONS["rainfall"]
STATE = ControlState(definitions={"rainfall": RAIN})


@pytest.mark.parametrize(
    ("settings", "secrets"),
    [
        (
            Settings(log="kafka://a:9092,b:9092?security=sasl&user=hub-writer&replication=3", log_password="s3cret"),
            ("hub-writer", "s3cret", "replication"),
        ),
        (Settings(data_dir=Path("/srv/hub-data")), ("/srv", "sqlite")),
        (Settings(database="postgresql://hub:pw@db.example.org/hub"), ("postgresql", "db.example.org")),
    ],
)
def test_no_login_and_no_path_stands_in_what_is_handed_out(settings: Settings, secrets: tuple[str, ...]) -> None:
    facts = hub_facts(settings, STATE)
    told = export_contract(RAIN, facts) + json.dumps(asyncapi_document(facts))
    assert [one for one in secrets if one in told] == []


def test_the_brokers_of_the_log_are_told() -> None:
    facts = hub_facts(Settings(log="kafka://a:9092,b:9092"), STATE)
    assert (facts.log_servers, facts.log_security) == (("a:9092", "b:9092"), "")
