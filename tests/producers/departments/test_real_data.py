from __future__ import annotations

from pathlib import Path

import pytest

from tests.producers.departments.real_data import find_real_data


def test_absent_data_fails_a_test_where_ci_is_set_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="CI is set"):
        find_real_data(tmp_path / "data", {"CI": "true"})


def test_absent_data_skips_a_test_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="absent"):
        find_real_data(tmp_path / "data", {})
