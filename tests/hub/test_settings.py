"""Settings: every row is documented, a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.reference import settings_page
from hub.settings import SettingInvalid, read_settings


def test_the_page_of_settings_is_what_the_code_says() -> None:
    assert Path("docs/reference/settings.md").read_text(encoding="utf-8") == settings_page()


def test_an_unknown_setting_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(SettingInvalid, match=r"HUB_DATABSE is no setting; known are .*HUB_DATABASE"):
        read_settings({"HUB_DATABSE": "x"})


def test_a_number_that_is_none_is_named_with_its_variable() -> None:
    with pytest.raises(SettingInvalid, match="HUB_PORT='http'"):
        read_settings({"HUB_PORT": "http"})


def test_variables_of_others_are_left_alone() -> None:
    assert read_settings({"PATH": "/bin", "HUB_PROOF": "1"}).port == 8080


def test_the_embedded_defaults_lie_in_the_data_folder(tmp_path: Path) -> None:
    settings = read_settings({"HUB_DATA_DIR": str(tmp_path)})
    assert settings.log_url == f"sqlite:///{tmp_path}/log.sqlite"
    assert settings.database_url == f"sqlite:///{tmp_path}/registries.sqlite"
