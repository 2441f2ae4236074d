"""Access keys in the control log: told once, kept as a digest, ids never given twice."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from hub.control.errors import ControlRefused
from hub.control.governance import AccessKey
from hub.control.journal import control_events
from hub.control.store import ControlStore
from hub.log.open import open_log


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ControlStore]:
    log = open_log(f"sqlite:///{tmp_path / 'log.sqlite'}")
    made = ControlStore(create_engine(f"sqlite:///{tmp_path / 'hub.sqlite'}"), log, now=lambda: 1, actor="test")
    made.add_department(code="water", organisation="H57.15", name_vi="Nước", name_en="Water", contact="w@example.org")
    yield made
    log.close()


def test_a_key_is_known_by_the_digest_of_its_secret(store: ControlStore) -> None:
    key_id, secret = store.issue_access_key(role="producer", organisation="H57.15", holder="loader")
    digest = sha256(secret.encode()).hexdigest()
    assert store.state.access_keys == {digest: AccessKey("h57.15-1", "producer", "H57.15", "loader")}
    assert key_id == "h57.15-1"


def test_the_control_log_never_has_the_secret(store: ControlStore) -> None:
    _, secret = store.issue_access_key(role="producer", organisation="H57.15", holder="")
    with store._engine.connect() as connection:
        values = [value for (value,) in connection.execute(select(control_events.c.value))]
    assert values and not any(secret.encode() in value for value in values)


def test_a_revoked_key_opens_nothing_and_its_id_is_not_given_again(store: ControlStore) -> None:
    first, _ = store.issue_access_key(role="steward", organisation="H57.15", holder="")
    store.revoke_access_key(first, reason="lost")
    second, _ = store.issue_access_key(role="steward", organisation="H57.15", holder="")
    assert (first, second) == ("h57.15-1", "h57.15-2")
    assert [one.key_id for one in store.state.access_keys.values()] == ["h57.15-2"]


def test_revoking_twice_changes_nothing(store: ControlStore) -> None:
    key_id, _ = store.issue_access_key(role="producer", organisation="H57.15", holder="")
    store.revoke_access_key(key_id, reason="lost")
    number = store.state.number
    store.revoke_access_key(key_id, reason="lost")
    assert store.state.number == number


def test_a_key_that_was_never_made_cannot_be_revoked(store: ControlStore) -> None:
    store.issue_access_key(role="producer", organisation="H57.15", holder="")
    with pytest.raises(ControlRefused, match=r"no access key 'h57.15-9'; those are h57.15-1"):
        store.revoke_access_key("h57.15-9", reason="lost")


def test_an_organisation_without_department_is_refused_with_those_that_have_one(store: ControlStore) -> None:
    with pytest.raises(ControlRefused, match=r"'H57.99'; those are H57.15: add the department first"):
        store.issue_access_key(role="steward", organisation="H57.99", holder="")


def test_an_administrator_may_be_of_another_organisation(store: ControlStore) -> None:
    key_id, _ = store.issue_access_key(role="administrator", organisation="IT.Centre", holder="")
    assert key_id == "it.centre-1"


def test_a_key_id_can_be_sent_as_the_user_of_basic_authentication(store: ControlStore) -> None:
    with pytest.raises(ControlRefused, match="letters, digits, dots, hyphens and underscores"):
        store.issue_access_key(role="administrator", organisation="a:b", holder="")


def test_a_role_that_is_none_is_refused(store: ControlStore) -> None:
    with pytest.raises(ControlRefused, match="those are producer, reviewer, steward, administrator"):
        store.issue_access_key(role="king", organisation="H57.15", holder="")
