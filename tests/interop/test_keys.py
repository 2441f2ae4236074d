"""Confluent's client shows keys of the hub, and works beside managed subjects with its defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub.control.store import ControlStore
from hub.log.open import open_log
from hub.registries.database import open_database
from tests.interop.test_python_clients import run
from tests.producers.places_registry import DEFINITION, SCHEMAS
from tests.schema_registry.serving import served

pytestmark = [pytest.mark.slow]
SUBJECT = "test.places.PlaceListed"
VALUE = {"code": "1", "name": "x", "price": None, "since": None, "area": None}


def keys_in(folder: Path) -> dict[str, str]:
    """A hub with the registry of places in `folder`; its keys as `id:secret`, one of them revoked."""
    log = open_log(f"sqlite:///{folder / 'log.sqlite'}")
    engine = open_database(f"sqlite:///{folder / 'registries.sqlite'}")
    store = ControlStore(engine, log, now=lambda: 1)
    store.add_department(code="culture", organisation="H57.15", name_vi="x", name_en="x", contact="x@example.org")
    store.define_registry(DEFINITION, list(SCHEMAS))
    roles = {"producer": "producer", "administrator": "administrator", "revoked": "producer"}
    keys = {name: store.issue_access_key(role=role, organisation="H57.15", holder=name) for name, role in roles.items()}
    store.revoke_access_key(keys["revoked"][0], reason="lost")
    engine.dispose()
    log.close()
    return {"none": "", **{name: ":".join(key) for name, key in keys.items()}}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, clients_python: Path) -> Any:
    """What the client got with each key."""
    folder = tmp_path_factory.mktemp("keys")
    keys = keys_in(folder)
    with served(folder, workers=2, free_writes="key") as url:
        arguments = (url, SUBJECT, SCHEMAS[0], json.dumps(VALUE), json.dumps(keys))
        return run(clients_python, "confluent_keys.py", *arguments)


def test_anyone_reads_and_a_revoked_key_is_told(found: Any) -> None:
    assert [found[name]["reads"] for name in ("none", "producer", "administrator")] == [1, 1, 1]
    assert found["revoked"]["reads"] == [401, 40101]


def test_a_producer_writes_free_subjects_and_deletes_none_for_good(found: Any) -> None:
    assert found["none"]["registers"] == [401, 40101]
    assert found["producer"]["registers"] is True
    assert (found["producer"]["hides"], found["producer"]["deletes"]) == ([1], [403, 40301])
    assert found["administrator"]["deletes"] == [1]


def test_the_serializer_with_its_defaults_finds_the_managed_schema(found: Any) -> None:
    assert [found[name]["serializes"] for name in ("none", "producer", "administrator")] == [found["id"]] * 3


def test_what_is_written_with_the_latest_version_is_read_back(found: Any) -> None:
    assert found["read"] == VALUE


def test_a_changed_schema_of_a_managed_subject_is_refused_to_everyone(found: Any) -> None:
    assert [found[name]["changes"] for name in ("none", "producer", "administrator")] == [[403, 40301]] * 3


def test_the_client_sees_who_answers_for_the_subject(found: Any) -> None:
    assert found["owner"] == "H57.15"
