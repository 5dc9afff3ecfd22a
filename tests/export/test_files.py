"""Saved files: none is overwritten, and what goes wrong is a sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from gradtui.export.files import Unsaved, free_name, save, stem


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sigmoid-deep", "sigmoid-deep-step1240"),
        ("a/b: c", "a-b-c-step1240"),
        ("../..", "scenario-step1240"),
        ("", "scenario-step1240"),
        ("深い net", "深い-net-step1240"),
        ("x" * 500, "x" * 80 + "-step1240"),
    ],
)
def test_the_name_says_what_and_when(name: str, expected: str) -> None:
    assert stem(name, 1240) == expected


def test_nothing_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-2.csv").symlink_to(tmp_path / "nowhere")
    for number, name in enumerate(("a.csv", "a-3.csv", "a-4.csv")):
        assert free_name("a", "csv") == name
        assert save(str(number).encode(), "a", "csv") == tmp_path / name
    assert [(tmp_path / name).read_bytes() for name in ("a.csv", "a-3.csv", "a-4.csv")] == [b"0", b"1", b"2"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOENT])
def test_a_folder_that_cannot_be_written_is_a_sentence(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **more: Any) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(Unsaved) as caught:
        save(b"", "a", "csv")
    assert str(tmp_path) in str(caught.value)
    assert os.strerror(number) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_half_a_file_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    usual = open

    def full(*arguments: Any, **more: Any) -> Any:
        file = usual(*arguments, **more)

        class Full:
            def __enter__(self) -> Full:
                return self

            def __exit__(self, *error: object) -> None:
                file.close()

            def write(self, content: bytes) -> None:
                file.write(content[:1])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return Full()

    monkeypatch.setattr("builtins.open", full)
    with pytest.raises(Unsaved, match="No space"):
        save(b"1234", "a", "csv")
    assert os.listdir(tmp_path) == []
