"""The library's own claims: a few in every run of the tests, all of them under three seeds in the long one; and the
example of the documentation."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gradtui import Scenario
from gradtui.check import check
from gradtui.check_report import findings
from gradtui.scenario import claims, files

#: One of each kind of network, and what takes no training at all.
QUICK = (
    "born-dead",
    "dead-second-layer",
    "elu-8",
    "gan-frozen",
    "glorot-init",
    "top-layer-saturates",
    "xor-first",
)
DOCUMENT = Path(__file__).parents[1] / "docs" / "scenarios.md"


def quiet(done: int, total: int, kernel: str) -> None:
    pass


def failures(scenarios: list[tuple[str, Scenario]], seeds: int) -> list[str]:
    return [line for checked in check(scenarios, seeds, quiet) for line in findings(checked, failed_only=True)]


@pytest.mark.parametrize("name", QUICK)
def test_a_few_hold(name: str) -> None:
    assert failures([(name, Scenario.load(name))], seeds=1) == []


@pytest.mark.long
def test_all_hold_under_three_seeds() -> None:
    assert failures(list(files.library()), seeds=3) == []


def test_the_documented_example_holds() -> None:
    example = re.search(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    scenario = Scenario.from_dict(tomllib.loads(example[1]))
    assert [variant.name for variant in scenario.variant] == ["he", "he-norm"]
    assert failures([("example", scenario)], seeds=1) == []


def test_every_word_of_the_language_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    words = (
        *claims.SCALARS,
        *claims.LOOKING_BACK,
        *claims.REDUCTIONS,
        *claims.ELEMENTWISE,
        *claims.CONSTANTS,
        claims.VERDICT,
    )
    assert [word for word in words if not re.search(rf"\b{word}\b", text)] == []


def test_the_library_is_large_enough_and_compares() -> None:
    library = files.library()
    assert len(library) >= 30
    crossing = [
        name for name, scenario in library if any(claims.parse(expect.claim).members for expect in scenario.expect)
    ]
    assert len(crossing) >= 20
    assert {scenario.group for _, scenario in library} == set(files.GROUPS)
