"""Who sends a request: three ways to show a secret, and what a role lets its key do."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

import pytest
from flask import Flask

from hub.api.problems import install_problem_handlers
from hub.control.governance import AccessKey
from hub.security.access import actor_of, authenticate, require_role
from hub.security.errors import KeyMissing, KeyUnknown, RoleMissing

SECRET = "s3cret-of-the-water-department"
# sha256sum of SECRET, by coreutils
DIGEST = "e0169c538622cef52fad9ca4224ce16fc3ce599dbb8d19e20f859c94bad6dd9e"
KEY = AccessKey("h57.15-1", "producer", "H57.15", "loader")
KEYS = {DIGEST: KEY}


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "headers",
    [
        basic("h57.15-1", SECRET),
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": f"bearer  {SECRET} "},
        {"authorization": SECRET},
        {"x-ckan-api-key": SECRET},
    ],
    ids=["basic", "bearer", "bearer in small letters", "as CKAN", "as CKAN's own header"],
)
def test_a_secret_may_come_in_each_of_the_ways(headers: Mapping[str, str]) -> None:
    assert authenticate(KEYS, headers) == KEY


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"x-ckan-api-key": " "}, basic("", "")])
def test_nothing_shown_is_nobody(headers: Mapping[str, str]) -> None:
    assert authenticate(KEYS, headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        basic("h57.15-2", SECRET),
        basic("h57.15-1", "wrong"),
        basic("h57.15-1", ""),
        {"authorization": "Basic not-base64!"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": DIGEST},
        {"x-ckan-api-key": "wrong"},
    ],
    ids=["of another key", "wrong", "no password", "no base64", "empty bearer", "wrong bearer", "its digest", "CKAN"],
)
def test_a_secret_that_opens_nothing_is_told(headers: Mapping[str, str]) -> None:
    with pytest.raises(KeyUnknown) as caught:
        authenticate(KEYS, headers)
    assert caught.value.kind == "unauthorised"


def test_what_was_shown_never_stands_in_the_message() -> None:
    with pytest.raises(KeyUnknown) as caught:
        authenticate(KEYS, {"authorization": "Bearer tell-nobody"})
    assert "tell-nobody" not in str(caught.value)


def test_a_role_that_would_do_lets_the_key_through() -> None:
    assert require_role(KEY, "producer", "steward") is KEY


def test_another_role_is_told_which_would_do_and_which_is_held() -> None:
    told = re.escape("steward or administrator; the key h57.15-1 has the role producer")
    with pytest.raises(RoleMissing, match=told) as caught:
        require_role(KEY, "steward", "administrator")
    assert caught.value.kind == "forbidden"


def test_no_key_is_told_which_role_is_needed_and_how_to_send_one() -> None:
    with pytest.raises(KeyMissing, match=r"role administrator.*Basic.*Bearer.*X-CKAN-API-Key") as caught:
        require_role(None, "administrator")
    assert caught.value.kind == "unauthorised"


def test_over_http_a_missing_key_is_401_with_the_ways_to_send_one() -> None:
    app = Flask("test")
    install_problem_handlers(app)

    @app.get("/decided")
    def decided() -> str:
        return require_role(authenticate(KEYS, {}), "steward").key_id

    answer = app.test_client().get("/decided")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "key-missing")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="hub", Bearer realm="hub"'


def test_the_actor_is_organisation_and_key() -> None:
    assert actor_of(KEY) == "H57.15/h57.15-1"
