"""Whole visits to the lab, in a shell in a window of tmux: a student's, a teacher's, an engineer's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from programs import Missing
from tmux import FIRST_START, Tmux

from gradtui import Scenario, Simulation
from gradtui.profile import GradientProfile

#: A row of layers: its name, and at its end one number, or the smallest and the largest of several layers.
_NUMBER = r"×?\d[\d.]*(?:e[+-]\d+)?"
_ROW = re.compile(rf"^[▸ ]+(\d+|\d+-\d+|out) .*? ({_NUMBER}|{_NUMBER}…{_NUMBER})(?: +[▁-█]+)?(?: +[▐│])? *$")


@contextmanager
def shell(folder: Path, columns: int, lines: int) -> Iterator[Tmux]:
    """A shell in tmux; where tmux cannot be had the journey is skipped."""
    try:
        window = Tmux(folder, columns, lines)
    except Missing as missing:
        pytest.skip(str(missing))
    with window:
        yield window


def step(text: str) -> int:
    """The step that the header shows."""
    found = re.search(r"step ([\d,]+)", text)
    return int(found[1].replace(",", "")) if found else -1


def loss(text: str) -> float:
    """The loss of the last batches, as the panel on the right shows it."""
    found = re.search(r"│LOSS ([\d.]+)", text)
    return float(found[1]) if found else float("inf")


def readings(text: str) -> dict[str, str]:
    """The number at the end of each layer's row, between the panels that stand beside it."""
    lines = text.splitlines()
    tabs = next((line for line in lines if " Bars  2 " in line), "")
    # The line of the tabs holds no bar but those between the panels; the rows of a picture may.
    begin, end = tabs.rfind("│", 0, tabs.find("1 Bars")) + 1, tabs.find("│", tabs.find("1 Bars"))
    parts = (line[begin : end if end > 0 else None] for line in lines)
    return {found[1]: found[2] for part in parts if (found := _ROW.match(part))}


def chosen(text: str) -> str:
    """The layer that is marked, or the layers on the row that is."""
    return next((found[1] for line in text.splitlines() if line.startswith("▸") and (found := _ROW.match(line))), "")


def knob(text: str) -> str:
    """The knob that is to be turned."""
    found = re.search(r"^▸(\w[\w ]*?) +‹", text, re.MULTILINE)
    return found[1] if found else ""


def gradients(profile: GradientProfile) -> dict[str, str]:
    """What a row for every layer has to say."""
    return {tap: f"{value:.2e}" for tap, value in zip(profile.taps, profile["grad_rms"], strict=True)}


def shared(profile: GradientProfile, names: list[str]) -> dict[str, str]:
    """What rows of these names have to say, where neighbours share some of them."""
    out = {}
    for name in names:
        first, _, last = name.partition("-")
        begin = profile.taps.index(first)
        held = profile["grad_rms"][begin : profile.taps.index(last or first) + 1]
        out[name] = f"{held.min():.1e}…{held.max():.1e}" if last else f"{held[0]:.2e}"
    return out


def layers(names: list[str]) -> list[str]:
    """The layers that stand on rows of these names."""
    out: list[str] = []
    for name in names:
        first, _, last = name.partition("-")
        out += map(str, range(int(first), int(last) + 1)) if last else [first]
    return out


def test_a_student_finds_out_why_a_network_is_deaf_and_cures_it(tmp_path: Path) -> None:
    deaf = Scenario.load("sigmoid-deep")
    # At the file's learning rate units begin to die after some hundred steps.
    cure = {"activation": "relu", "init": "he_normal", "lr": "0.02"}
    cured = deaf.replace("network.activation=relu", "network.init=he_normal", "optimizer.lr=0.02")
    with shell(tmp_path, 120, 36) as window:
        window.enter("gradtui")
        window.wait_for("Deep sigmoid network")
        window.type("sigmoid-deep")
        window.wait_for("search: sigmoid-deep▏")
        window.press("Enter")
        window.wait_for("VANISHING", FIRST_START)
        window.press("Space")
        window.wait_for("paused")
        window.press("r")
        before = Simulation(deaf).profile()
        window.wait_for(lambda text: step(text) == 0 and readings(text) == gradients(before))

        window.press("4")
        gains = {tap: f"×{10**gain:.3g}" for tap, gain in zip(before.taps, before["gain"], strict=True)}

        def says_why(text: str) -> bool:
            """Whether the layers with rows of their own have their gains there; of the first nothing is known."""
            alone = {tap: said for tap, said in readings(text).items() if tap in gains and tap != "1"}
            return len(alone) > 25 and alone == {tap: gains[tap] for tap in alone}

        window.wait_for(lambda text: "▸4 Why" in text and says_why(text))
        window.press("1")
        window.wait_for("▸1 Bars")

        window.press("k")
        for name, value in cure.items():
            while (here := knob(window.wait_for(knob))) != name:
                window.press("Down")
                window.wait_for(lambda text, here=here: knob(text) != here)
            window.press("Enter")
            window.wait_for(f"╭─ {name} ─")
            window.type(value)
            window.wait_for(f"{value}▏")
            window.press("Enter")
            window.wait_for(lambda text, value=value: f"‹{value}›*" in text)
        after = Simulation(cured).profile()
        window.wait_for(lambda text: "HEALTHY" in text and readings(text) == gradients(after), FIRST_START)
        window.press("Escape")
        window.wait_for("space pause")
        window.press("Space")
        window.wait_for(lambda text: loss(text) < 0.5 * after.loss and "HEALTHY" in text, FIRST_START)

        for undone in ("lr 0.02 → 0.1", "init he_normal → xavier_normal", "activation relu → sigmoid"):
            window.press("u")
            window.wait_for(f"undone: {undone}")
        window.wait_for(lambda text: "VANISHING" in text and "›*" not in text)
        window.press("q")
        window.assert_restored()


LESSON = """\
title = "For Tuesday"
seed = 5
steps = 40

[task]
name = "moons"
batch = 32

[network]
depth = 6
{width} = 12
activation = "{activation}"

[[expect]]
at = 0
claim = "delta_rms[first] / delta_rms[last] < 1e-2"
"""


def test_a_teacher_mends_a_file_and_runs_it(tmp_path: Path) -> None:
    file = tmp_path / "tuesday.toml"
    with shell(tmp_path, 100, 40) as window:
        asked = count(1)

        def ask(command: str, code: int) -> list[str]:
            """Run a command; what it says, line by line, once it has ended with this code."""
            end = f"end of {next(asked)} with"
            window.enter(f"clear; {command}; echo {end} $?")
            window.wait_for(re.compile(rf"^{end} \d+$", re.MULTILINE).search, FIRST_START)
            said = [line.rstrip() for line in window.joined().splitlines()]
            assert f"{end} {code}" in said
            return said[: said.index(f"{end} {code}")]

        key = (
            r"tuesday\.toml: network\.widht is not a key of \[network\], which has .*\bdepth, width,.*; "
            r"did you mean network\.width\?"
        )
        value = (
            r'tuesday\.toml: network\.activation is "sigmod", which is not one of sigmoid, tanh, .*; '
            r'did you mean "sigmoid"\?'
        )
        file.write_text(LESSON.format(width="widht", activation="sigmod"))
        for command in ("gradtui run tuesday.toml", "gradtui --scenario tuesday.toml", "gradtui check tuesday.toml"):
            said = ask(command, 2)
            assert len(said) == 2
            assert sum(bool(re.search(f"{key}$", line)) for line in said) == 1
            assert sum(bool(re.search(f"{value}$", line)) for line in said) == 1
        file.write_text(LESSON.format(width="width", activation="sigmod"))
        (said,) = ask("gradtui run tuesday.toml", 2)
        assert re.search(f"{value}$", said)

        file.write_text(LESSON.format(width="width", activation="sigmoid"))
        ask("gradtui run tuesday.toml --json > once.json 2> progress.txt", 0)
        ask("gradtui run tuesday.toml --json > again.json 2> progress.txt", 0)
        once, again = (json.loads((tmp_path / name).read_text()) for name in ("once.json", "again.json"))
        assert {**once, "steps_per_second": 0} == {**again, "steps_per_second": 0}
        simulation = Simulation(Scenario.load(str(file)))
        start = simulation.profile()
        simulation.step(40)
        assert once["loss"] == simulation.loss
        assert once["profile"]["grad_rms"] == simulation.profile()["grad_rms"].tolist()
        share = start["delta_rms"][0] / start["delta_rms"][-1]
        checked = ask("gradtui check tuesday.toml", 0)
        assert f"{share:.3g}" in checked[-2]
        assert checked[-1] == "1 expectation held, 0 failed"

        window.enter("gradtui --scenario tuesday.toml --paused")
        text = window.wait_for(lambda text: readings(text) == gradients(start), FIRST_START)
        assert "For Tuesday" in text
        assert "seed 5" in text
        window.press("q")
        window.assert_restored()


def test_an_engineer_explores_two_hundred_layers_on_a_small_screen(tmp_path: Path) -> None:
    changes = ("network.depth=200", "network.activation=tanh")
    profile = Simulation(Scenario.load("sigmoid-deep").replace(*changes)).profile()
    singly = gradients(profile)

    def shows(text: str, first: int, last: int) -> bool:
        """Whether just these layers stand there, each with its number."""
        wanted = [str(layer) for layer in range(first, last + 1)]
        return readings(text) == {layer: singly[layer] for layer in wanted}

    def shows_all(text: str) -> bool:
        """Whether every layer stands on a row, and each row has the numbers of its layers."""
        found = readings(text)
        return layers(list(found)) == list(profile.taps) and found == shared(profile, list(found))

    with shell(tmp_path, 80, 24) as window:
        window.enter(f"gradtui --scenario sigmoid-deep --set {' --set '.join(changes)} --paused")
        window.wait_for(lambda text: len(readings(text)) == 18 and shows_all(text), FIRST_START)
        window.wait_for(lambda _: {len(line) for line in window.cells()} == {80})

        window.press("z")
        worst = int(profile["grad_rms"].argmin()) + 1
        at_worst = f"of 201   worst: {worst} at {singly[str(worst)]}"
        text = window.wait_for(
            lambda text: (
                at_worst in text and any(shows(text, first, first + 16) for first in range(worst - 16, worst + 1))
            )
        )
        first = int(next(iter(readings(text))))
        window.wait_for(f"layers {first} to {first + 16} of 201")
        window.press("PageDown")
        window.wait_for(
            lambda text: shows(text, first + 17, first + 33) and f"layers {first + 17} to {first + 33} of 201" in text
        )

        window.press("Down")
        window.wait_for(lambda text: chosen(text) == str(first + 17))
        window.press("Down", "Down")
        layer = str(first + 19)
        figures = f" layer {layer}   grad_rms {singly[layer]}"
        window.wait_for(lambda text: chosen(text) == layer and figures in text)
        window.press("2")
        window.wait_for(lambda text: "▸2 Map" in text and chosen(text) == layer and shows(text, first + 17, first + 33))
        window.press("3")
        window.wait_for(f" layer {layer}  {layer} of 201  tanh  weights 64×64")
        window.press("Down")
        window.wait_for(f" layer {first + 20}  {first + 20} of 201  tanh")
        window.press("1")
        window.wait_for(
            lambda text: "▸1 Bars" in text and shows(text, first + 17, first + 33) and chosen(text) == str(first + 20)
        )
        window.press("z")
        window.wait_for(shows_all)

        window.press("Space")
        window.wait_for(lambda text: step(text) > 0, FIRST_START)
        for columns, lines in ((120, 36), (50, 12), (70, 18), (200, 60), (80, 24)):
            before = step(window.text())
            window.resize(columns, lines)
            if columns < 60:
                window.wait_for("gradtui needs 60 columns and 16 lines")
                continue
            text = window.wait_for(
                lambda text, before=before, wide=columns >= 112: (
                    step(text) > before
                    and layers(list(readings(text))) == list(profile.taps)
                    and ("TRAINING" in text) == wide
                    and "gradtui needs" not in text
                )
            )
            window.wait_for(lambda _, columns=columns: {len(line) for line in window.cells()} == {columns})
            assert len(text.splitlines()) == lines
        window.press("q")
        window.assert_restored()
