"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import gradtui
from gradtui import cli
from gradtui.settings.choosing import Chosen

QUICK = """
seed = 4
steps = 3
[task]
name = "xor"
examples = 40
batch = 8
[network]
depth = 1
width = 4
"""


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    path = tmp_path / "quick.toml"
    path.write_text(QUICK)
    return path


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli.commands, [str(argument) for argument in arguments], prog_name="gradtui")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=300)


# Usage


def test_help_lists_every_command() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    for word in (
        "run",
        "check",
        "scenarios",
        "warmup",
        "doctor",
        "--scenario",
        "--set",
        "--seed",
        "--paused",
        "--fps",
    ):
        assert word in result.output


def test_help_of_every_command_fits_80_columns() -> None:
    names = (
        "",
        "run",
        "check",
        "export",
        "scenarios",
        "scenarios show",
        "settings",
        "settings set",
        "warmup",
        "doctor",
    )
    for arguments in map(str.split, names):
        output = invoke(*arguments, "--help").output
        assert "..." not in output.replace("]...", "")
        assert all(len(line) <= 80 for line in output.splitlines())


def test_version() -> None:
    assert invoke("--version").output == f"gradtui {gradtui.__version__}\n"


def test_version_is_the_projects() -> None:
    import tomllib

    project = Path(gradtui.__file__).parent.parent / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == gradtui.__version__


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sigmoid-deep"], "sigmoid-deep is a scenario, not a command; did you mean --scenario sigmoid-deep"),
        (["sigmod-deep"], "did you mean --scenario sigmoid-deep?"),
        (["chek"], "did you mean check?"),
        (["zzz"], "the commands are check, cure, doctor, explain, export, run, scenarios, settings, theory, warmup"),
        (["--scenario", "nope", "run", "sigmoid-deep"], "without a command"),
        (["--set", "seed=1"], "--scenario"),
        (["--scenario", "sigmod"], "did you mean sigmoid-deep?"),
        (["--fps", "0"], "--fps"),
        (["run"], "NAME|FILE"),
        (["run", "sigmod-deep"], "did you mean sigmoid-deep?"),
        (["run", "sigmoid-deep", "--set", "depth=3"], "did you mean network.depth?"),
        (["run", "sigmoid-deep", "--steps", "-1"], "--steps"),
        (["run", "sigmoid-deep", "--seed", "-1"], "--seed"),
        (["run", "sigmoid-deep", "--set", "task.batch=5000"], "task.batch is 5,000"),
        (["run", "."], "this is a folder"),
        (["check", "sigmod-deep"], "did you mean sigmoid-deep?"),
        (["scenarios", "show", "sigmod-deep"], "did you mean sigmoid-deep?"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(arguments: list[str], words: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_in_a_commands_place(quick: Path) -> None:
    assert f"--scenario {quick}" in invoke(quick).stderr


def test_two_mistakes_in_a_file_are_two_lines(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text("sed = 1\n[network]\ndepth = -1\n")
    lines = invoke("run", path).stderr.splitlines()
    assert [line.split(" is ")[0] for line in lines] == [
        "gradtui: two.toml: sed",
        "gradtui: two.toml: network.depth",
    ]


def test_without_a_terminal_one_line_names_run() -> None:
    for arguments in ([], ["--scenario", "sigmoid-deep"]):
        result = invoke(*arguments)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
        assert "gradtui run" in result.stderr
        assert "--plain" in result.stderr


@pytest.mark.parametrize(("term", "drawn"), [("xterm-256color", True), ("dumb", False), (None, False)])
def test_a_terminal_that_can_move_its_cursor(monkeypatch: pytest.MonkeyPatch, term: str | None, drawn: bool) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("TERM", raising=False)
    if term is not None:
        monkeypatch.setenv("TERM", term)
    assert cli._is_terminal() is drawn


def test_the_screen_gets_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def launch(scenario: object, *, paused: bool, chosen: Chosen, source: str | None) -> int:
        asked.append((scenario, paused, chosen.settings.fps, source))
        return 0

    monkeypatch.setattr(cli, "_is_terminal", lambda: True)
    monkeypatch.setattr("gradtui.tui.launch", launch)
    assert invoke().exit_code == 0
    assert (
        invoke("--scenario", "sigmoid-deep", "--set", "network.depth=3", "--seed", 9, "--paused", "--fps", 5).exit_code
        == 0
    )
    changed = gradtui.Scenario.load("sigmoid-deep").replace("network.depth=3", "seed=9")
    assert asked == [(None, False, 30, None), (changed, True, 5, "sigmoid-deep")]


# run


def test_run_prints_a_table(quick: Path) -> None:
    result = invoke("run", quick)
    assert result.exit_code == 0
    assert "3 steps" in result.stdout
    assert "held-out accuracy" in result.stdout
    assert [line.split()[0] for line in result.stdout.splitlines() if line.startswith((" ", "layer"))] == [
        "layer",
        "1",
        "out",
    ]
    assert all(len(line) <= 80 for line in result.stdout.splitlines()[2:-1])


def test_run_json_is_one_object_that_repeats(quick: Path) -> None:
    first, second = (json.loads(invoke("run", quick, "--json").stdout) for _ in range(2))
    assert first.pop("steps_per_second") > 0
    second.pop("steps_per_second")
    assert json.dumps(first) == json.dumps(second)
    assert (first["scenario"], first["seed"], first["steps"], first["taps"]) == ("quick", 4, 3, ["1", "out"])
    assert set(first["evaluate"]) == {"loss", "accuracy"}
    assert first["verdict"] == first["verdicts"][0]
    assert set(first["verdict"]) == {"kind", "sentence", "layer", "since", "factor", "confidence", "evidence"}
    assert all(set(each) == {"name", "value", "threshold", "words"} for each in first["verdict"]["evidence"])
    assert first["settings"]["network"]["width"] == 4
    from gradtui.gauges import GAUGES

    assert list(first["profile"]) == list(GAUGES)
    assert all(len(row) == 2 for row in first["profile"].values())
    assert len(first["effective_rank"]) == 2
    assert all(0.0 < rank <= 1.0 for rank in first["effective_rank"])


def test_run_obeys_its_options(quick: Path) -> None:
    result = invoke("run", quick, "--steps", 0, "--seed", 8, "--set", "network.depth=2", "--json")
    found = json.loads(result.stdout)
    assert (found["seed"], found["steps"], found["taps"]) == (8, 0, ["1", "2", "out"])


def test_numbers_that_json_lacks_are_words() -> None:
    output = invoke("run", "exploding-init", "--steps", 5, "--json").stdout
    found = json.loads(output, parse_constant=pytest.fail)
    assert found["loss"] == "nan"
    assert found["profile"]["grad_rms"][0] == "nan"
    assert "null" not in output


def test_run_needs_no_screen() -> None:
    code = (
        "import sys; from gradtui.cli import main\n"
        "try: main(['run', 'xor-first', '--steps', '1', '--json'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert 'textual' not in sys.modules and 'rich' not in sys.modules"
    )
    result = python("-c", code)
    assert result.returncode == 0, result.stderr
    json.loads(result.stdout)


# check


def test_check_passes_fails_and_says_when_there_is_nothing(quick: Path) -> None:
    assert "quick.toml: expects nothing" in invoke("check", quick).stdout
    quick.write_text(QUICK + '[[expect]]\nat = 0\nclaim = "loss < 100"\nwhy = "small"\n')
    good = invoke("check", quick, "--seeds", 2)
    assert good.exit_code == 0
    assert "seed 4" in good.stdout
    assert "seed 5" in good.stdout
    assert "2 expectations held, 0 failed" in good.stdout
    quick.write_text(QUICK + '[[expect]]\nclaim = "loss > 100"\nwhy = "large"\n')
    bad = invoke("check", quick)
    assert bad.exit_code == 1
    assert "FAILED  at the end: loss > 100" in bad.stdout
    assert "measured: loss = " in bad.stdout
    assert "claimed because: large" in bad.stdout


def test_check_fails_for_a_tap_that_is_not_there(quick: Path) -> None:
    quick.write_text(QUICK + '[[expect]]\nclaim = "grad_rms[9] > 0"\n')
    result = invoke("check", quick)
    assert result.exit_code == 1
    assert "there is no tap `9`; the taps are 1, out" in result.stdout


VARIANT = '[[variant]]\nname = "deeper"\nwhy = "More."\nset = ["network.depth=2"]\n'


def test_check_writes_junit_and_json(quick: Path, tmp_path: Path) -> None:
    quick.write_text(QUICK + VARIANT + '[[expect]]\nclaim = "deeper.loss < 100 * baseline.loss"\n')
    result = invoke("check", quick, "--seeds", 2, "--json", "--junit", tmp_path / "found.xml", "--jobs", 1)
    assert result.exit_code == 0
    assert [row["passed"] for row in json.loads(result.stdout)["scenarios"]] == [True, True]
    assert (tmp_path / "found.xml").read_text(encoding="utf-8").count("<testcase ") == 2
    refused = invoke("check", quick, "--junit", tmp_path / "nowhere" / "found.xml")
    assert refused.exit_code == 2
    assert "cannot be written" in refused.stderr


def test_check_of_a_variant_holds_the_claims_in_which_it_has_a_part(quick: Path) -> None:
    claims = ("deeper.loss < 100 * baseline.loss", "loss < -1")
    quick.write_text(QUICK + VARIANT + "".join(f'[[expect]]\nclaim = "{claim}"\n' for claim in claims))
    result = invoke("check", f"{quick}/deeper")
    assert result.exit_code == 0
    assert "1 expectation held, 0 failed" in result.stdout
    assert invoke("check", f"{quick}/baseline").exit_code == 1


def test_check_sums_up_what_was_done_before_ctrl_c(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradtui.check import Checked, Finding
    from gradtui.scenario.model import Expect

    def interrupted(*_: object) -> Iterator[Checked]:
        yield Checked("quick.toml", 4, (Finding(Expect("loss < 1"), True, "loss = 0.5"),))
        raise KeyboardInterrupt

    quick.write_text(QUICK + '[[expect]]\nclaim = "loss < 1"\n')
    monkeypatch.setattr("gradtui.check.check", interrupted)
    result = invoke("check", quick)
    assert result.exit_code == 130
    assert result.stdout.endswith("1 expectation held, 0 failed; stopped before the end\n")


def test_a_variant_is_run_and_shown_by_its_name(quick: Path) -> None:
    quick.write_text(QUICK + VARIANT)
    report = json.loads(invoke("run", f"{quick}/deeper", "--steps", 1, "--json").stdout)
    assert len(report["taps"]) == 3
    assert report["scenario"].endswith("/deeper")
    assert "#   network.depth=2" in invoke("scenarios", "show", f"{quick}/deeper").stdout
    assert invoke("export", "csv", f"{quick}/deeper", "--steps", 1).stdout.count("\n") == 4
    wrong = invoke("run", f"{quick}/deper")
    assert wrong.exit_code == 2
    assert "did you mean deeper?" in wrong.stderr


# scenarios


def test_scenarios_lists_the_library() -> None:
    result = invoke("scenarios")
    assert result.exit_code == 0
    assert "sigmoid-deep" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


def test_scenarios_json() -> None:
    rows = json.loads(invoke("scenarios", "--json").stdout)
    assert len(rows) >= 10
    keys = {"name", "title", "group", "promise", "source", "steps", "variants", "expectations", "lessons"}
    assert keys == set(rows[0])


def test_scenarios_show_prints_a_file_that_loads(tmp_path: Path) -> None:
    path = tmp_path / "copy.toml"
    path.write_text(invoke("scenarios", "show", "sigmoid-deep").stdout)
    assert gradtui.Scenario.load(path).replace("name=sigmoid-deep") == gradtui.Scenario.load("sigmoid-deep")


# warmup and doctor


def test_warmup_and_doctor() -> None:
    assert invoke("warmup").stdout.startswith("every kernel is ready")
    result = invoke("doctor")
    assert result.exit_code == 0
    for topic in ("TERM", "colours", "numpy", "numba", "textual", "cache", "BLAS", "CPU"):
        assert topic in result.stdout


# The process


def test_help_imports_click_and_little_else() -> None:
    code = (
        "import sys; from gradtui.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "heavy = {'textual', 'rich', 'numpy', 'numba', 'llvmlite', 'scipy', 'msgspec', 'platformdirs'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    result = python("-c", code)
    assert result.returncode == 0, result.stderr


def test_importing_gradtui_imports_none_of_its_modules() -> None:
    result = python("-c", "import sys, gradtui; print([name for name in sys.modules if 'gradtui.' in name])")
    assert result.stdout.strip() == "[]"


def test_public_names_arrive_on_demand() -> None:
    assert gradtui.Simulation.__name__ == "Simulation"
    assert gradtui.GradientProfile.__name__ == "GradientProfile"
    assert {"Scenario", "Simulation", "GradientProfile", "__version__"} <= set(dir(gradtui))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        gradtui.Nothing  # noqa: B018


@pytest.mark.parametrize(
    ("raised", "code"),
    [(KeyboardInterrupt(), 130), (click.Abort(), 130), (click.UsageError("no"), 2), (MemoryError(), 2)],
)
def test_how_it_ends(monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int) -> None:
    def fail(*arguments: object) -> None:
        raise raised

    monkeypatch.setattr(cli, "scenario_of", fail)
    with pytest.raises(SystemExit) as caught:
        cli.main(["run", "sigmoid-deep"])
    assert caught.value.code == code


def test_nobody_reads_the_output() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "gradtui", "scenarios", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == cli.NO_READER


def test_a_run_of_two_adversaries() -> None:
    """Both networks' taps, and words of their own for what only a generator has."""
    steps = ("--steps", "3", "--set", "generator.lr=0", "--set", "network.width=8")
    found = json.loads(invoke("run", "gan-frozen", *steps, "--json").stdout)
    assert found["taps"] == ["G.1", "G.2", "G.out", "D.1", "D.2", "D.out"]
    assert set(found["evaluate"]) == {"loss", "accuracy", "generator_loss", "mean_sample_mse"}
    assert found["settings"]["generator"]["lr"] == 0.0
    table = invoke("run", "gan-frozen", *steps).stdout
    assert "held-out loss" in table
    assert "generator's loss" in table
    assert "mean sample's mse" in table
