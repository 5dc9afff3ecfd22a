"""The verdicts against drawn scenarios whose labels rest on theory, construction or outcome: what is said first is
right in 95 of 100, and of 100 healthy networks at most 3 are called sick."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from labelled_bench import cases, count, examine, report

from gradtui.cli import commands
from gradtui.diagnosis.verdict import KINDS
from gradtui.scenario.writing import to_toml


def _hold(findings):
    found = count(findings)
    assert found.not_shown <= 0.05, report(findings)
    assert found.right >= 0.95, report(findings)
    assert found.called_sick <= 0.03, report(findings)
    return found


def test_a_few_of_each():
    """One in six of each draw."""
    drawn = list(cases(0, every=6))
    assert set(KINDS) <= {case.label for case in drawn}
    _hold([examine(case) for case in drawn])


def test_the_same_seed_draws_the_same_cases():
    assert [c.document for c in cases(4, every=9)] == [c.document for c in cases(4, every=9)]
    assert [c.document for c in cases(4, every=9)] != [c.document for c in cases(5, every=9)]


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_whole_bench(seed):
    drawn = list(cases(seed))
    assert len(drawn) >= 240
    findings = [examine(case) for case in drawn]
    found = _hold(findings)
    assert found.healthy >= 60
    for kind in KINDS:
        shown = [finding for finding in findings if finding.shown and finding.case.label == kind]
        assert len(shown) >= 6, kind


@pytest.mark.parametrize("kind", ["vanishing", "masked", "rate_high", "small_batch"])
def test_the_program_says_the_same(kind, tmp_path):
    """`gradtui run --json` on a case's file."""
    case = next(case for case in cases(1, every=9) if case.label == kind)
    path = tmp_path / "case.toml"
    path.write_text(to_toml(case.scenario))
    result = CliRunner().invoke(commands, ["run", str(path), "--json", "--steps", str(case.steps)])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [each["kind"] for each in found["verdicts"]] == [verdict.kind for verdict in examine(case).said]
    assert found["verdict"]["kind"] in case.right
