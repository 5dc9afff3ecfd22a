"""A profile with its scenario and nothing else: what its own loss, beside that of chance, says of the outcome."""

from __future__ import annotations

import math

import pytest
from made_profiles import CHANCE, first, lived, made, of, staircase

from gradtui import Scenario, Simulation
from gradtui.diagnosis import diagnose
from gradtui.lab.chance import chance_of, chance_of_task
from gradtui.scenario.model import Task

POST = {
    "network": {"kind": "transformer", "depth": 2, "width": 16, "skip_form": "post"},
    "task": {"name": "row-digits", "batch": 32},
    "optimizer": {"name": "adam", "lr": 0.01},
}


def alone(steps: int, **tables: object) -> str:
    scenario = Scenario.from_dict(tables)
    simulation = Simulation(scenario)
    simulation.step(steps)
    return diagnose(simulation.profile(), scenario).kind


def test_chance_is_that_of_the_task() -> None:
    for task in (Task(), Task(name="moons"), Task(name="digits", loss="mse"), Task(label_smoothing=0.1)):
        scenario = Scenario(task=task)
        assert chance_of_task(task, 0) == chance_of(Simulation(scenario).dataset, task.label_smoothing)
    assert math.isnan(chance_of_task(Task(name="file", path="no such file.csv", target="y"), 0).loss)


def test_what_has_learned_is_healthy_whatever_its_picture() -> None:
    pictures = {"delta_rms": staircase(0.1), "saturated": 0.9, "dead": 0.9, "update_ratio": 1e-7, "similarity": 1.0}
    for gauge, value in pictures.items():
        for loss in (1e-9, 0.2 * CHANCE):
            assert first(made(step=399, loss=loss, **{gauge: value})).kind == "healthy", gauge
        assert first(made(step=399, **{gauge: value})).kind != "healthy", gauge
    # The loss of one example, or of the first steps, may be luck.
    lost = {"delta_rms": staircase(0.1), "loss": 0.2 * CHANCE}
    assert first(made(step=399, **lost), task={"batch": 1}).kind == "vanishing"
    assert first(made(step=5, **lost)).kind == "vanishing"


def test_a_loss_that_stands() -> None:
    still = {"step": 399, "distance": 0.5}
    assert first(made(**still)).kind == "stalled"
    assert first(made(**{**still, "step": 99})).kind == "healthy"
    assert first(made(**still, loss=0.7 * CHANCE)).kind == "healthy"
    assert first(made(step=399, distance=0.004)).kind == "rate_low"
    assert first(made(step=399, distance=0.05)).kind == "healthy"  # one loss does not tell whether it stands or falls
    assert first(made(step=399, distance=0.03, loss=1.2 * CHANCE)).kind == "rate_low"
    assert "falls" not in first(made(step=399, distance=0.004)).sentence  # nobody has seen it


@pytest.mark.parametrize("picture", [{"delta_rms": staircase(0.1)}, {"delta_rms": staircase(3.0)}, {"saturated": 1.0}])
def test_weights_that_were_thrown_away_come_before_what_is_left_of_them(picture: dict[str, object]) -> None:
    found = of(made(step=199, loss=5.0 * CHANCE, distance=20.0, **picture))
    assert next(iter(found)) == "rate_high"
    assert len(found) > 1
    near = of(made(step=199, loss=5.0 * CHANCE, distance=0.2, **picture))
    assert next(iter(near)) != "rate_high"
    # Weights may come far without harm.
    assert "rate_high" not in of(made(step=199, loss=0.8 * CHANCE, distance=20.0, **picture))


def test_units_that_are_dead_by_chance_do_not_lose_the_signal() -> None:
    faded = {"delta_rms": staircase(0.4), "step": 20, "distance": 1e-7}
    dead = [0.3] * 9 + [0.85, 0.0]
    even = made(dead=dead, gain_slope=[-0.2] * 10 + [0.0], **faded)
    assert list(of(even, network={"depth": 10, "activation": "relu"})) == ["vanishing", "dying"]
    wall = made(dead=dead, gain_slope=[-0.05] * 9 + [-3.5, 0.0], **faded)
    assert first(wall, network={"depth": 10, "activation": "relu"}).kind == "dying"


def test_post_ln_without_warm_up() -> None:
    profile = made(8, step=199, loss=CHANCE, delta_rms=staircase(0.2, 8), distance=0.3)
    assert first(profile, **POST).kind == "warm_up"
    gentle = {**POST, "optimizer": {"name": "adam", "lr": 1e-4}}
    assert first(profile, **gentle).kind == "masked"
    soon = made(8, step=25, loss=CHANCE, delta_rms=staircase(0.2, 8), distance=0.3)
    assert "is gone" in of(soon, **POST)["warm_up"].sentence
    sound = lived([CHANCE] * 26, made(8))
    assert "warm_up" in of(soon, sound, **POST)
    assert "warm_up" not in of(soon, lived([CHANCE] * 26, made(8, delta_rms=staircase(0.2, 8))), **POST)


@pytest.mark.parametrize(
    ("steps", "tables", "kind"),
    [
        (300, {"network": {"depth": 3, "activation": "tanh"}, "optimizer": {"name": "adam", "lr": 0.003}}, "healthy"),
        (100, {"network": {"depth": 20}}, "vanishing"),
        (
            60,
            {
                "network": {"depth": 3, "activation": "leaky_relu", "init": "he_normal"},
                "optimizer": {"name": "rmsprop", "lr": 0.5},
            },
            "rate_high",
        ),
        (
            200,
            {"network": {"depth": 3, "activation": "relu", "init": "he_normal"}, "optimizer": {"lr": 1e-7}},
            "rate_low",
        ),
    ],
)
def test_real_runs(steps: int, tables: dict[str, object], kind: str) -> None:
    assert alone(steps, **tables) == kind
