"""`gradtui doctor`: findings, and advice where something is missing."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from gradtui import doctor, locations

Rows = dict[str, tuple[str, str]]


def rows(**environment: str) -> Rows:
    return {topic: (finding, advice) for topic, finding, advice in doctor.report(environment)}


def test_versions() -> None:
    found = rows()
    for package in ("numpy", "numba", "scipy", "textual"):
        assert found[package] == (metadata.version(package), "")


def test_blas_and_processor_are_found() -> None:
    found = rows()
    assert "broken" not in found["BLAS"][0]
    assert "cores" in found["CPU"][0]


def test_something_broken_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradtui.engine.blas.gemm_address", lambda dtype: 1 / 0)
    finding, advice = rows()["BLAS"]
    assert finding.startswith("broken")
    assert "reinstall SciPy" in advice


@pytest.mark.parametrize(
    ("environment", "finding", "advised"),
    [
        ({"TERM": "xterm-256color"}, "256", False),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "16 million", False),
        ({"TERM": "xterm"}, "16 or fewer", True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "NO_COLOR", True),
    ],
)
def test_colours(environment: dict[str, str], finding: str, advised: bool) -> None:
    found = rows(**environment)["colours"]
    assert finding in found[0]
    assert bool(found[1]) is advised


def test_terminals_that_cannot_draw() -> None:
    assert "TERM=xterm-256color" in rows()["TERM"][1]
    assert "TERM=xterm-256color" in rows(TERM="dumb")["TERM"][1]
    assert rows(TERM="xterm")["TERM"] == ("xterm", "")


def test_what_stands_between_here_and_the_terminal() -> None:
    found = rows(TERM="screen-256color", TMUX="/tmp/tmux", SSH_CONNECTION="1 2 3 4")
    assert "RGB" in found["tmux"][1]
    assert "COLORTERM" in found["ssh"][0]
    assert "screen" in rows(STY="1")


def test_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(locations.CACHE_VARIABLE, str(tmp_path / "kernels"))
    assert "gradtui warmup" in rows()["cache"][1]
    (tmp_path / "kernels" / "inner").mkdir(parents=True)
    (tmp_path / "kernels" / "inner" / "relu").write_bytes(b"x" * 500_000)
    assert rows()["cache"] == (f"{tmp_path / 'kernels'}, 1 files, 0.5 MB", "")
    (tmp_path / "a file").touch()
    monkeypatch.setenv(locations.CACHE_VARIABLE, str(tmp_path / "a file"))
    assert locations.CACHE_VARIABLE in rows()["cache"][1]
