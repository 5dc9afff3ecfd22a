"""Where things are."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradtui import locations


def test_what_is_shipped_is_there() -> None:
    assert (locations.shipped_scenarios() / "sigmoid-deep.toml").is_file()
    assert locations.digits_file().is_file()


def test_the_cache_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(locations.CACHE_VARIABLE, str(tmp_path))
    assert locations.cache_folder() == tmp_path
    monkeypatch.delenv(locations.CACHE_VARIABLE)
    assert "gradtui" in str(locations.cache_folder())
