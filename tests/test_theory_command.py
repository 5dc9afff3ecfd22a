"""`gradtui theory`: predicted beside measured, as a table and as JSON, and the reason where there is no prediction."""

from __future__ import annotations

import json
import math

import pytest
from click.testing import CliRunner

from gradtui.cli import commands


def _told(*arguments):
    result = CliRunner().invoke(commands, ["theory", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def _json(*arguments):
    return json.loads(_told(*arguments, "--json"))


def test_a_plain_network_as_json():
    found = _json("sigmoid-deep", "--set", "network.depth=12", "--set", "network.width=128", "--seed", "3")
    assert found["scenario"] == "sigmoid-deep"
    assert found["seed"] == 3
    assert found["known"] is True
    assert found["reason"] == ""
    assert found["sigma_w"] == pytest.approx(1.0)
    assert found["sigma_b"] == 0.0
    assert found["phase"] == "ordered"
    assert found["chi"] == pytest.approx(0.2361**2, rel=1e-3)
    assert found["depth_scale"] == pytest.approx(-1.0 / math.log(found["chi"]))
    assert found["critical_sigma_w"] > 4.0
    assert found["taps"] == [*map(str, range(1, 13)), "out"]
    for gauge in ("delta_rms", "grad_rms"):
        predicted, measured = found["predicted"][gauge], found["measured"][gauge]
        assert predicted[-1] == pytest.approx(measured[-1])
        off = [m / p - 1.0 for m, p in zip(measured, predicted, strict=True)]
        assert found["deviations"][gauge] == pytest.approx(off, abs=1e-9)
    delta = found["measured"]["delta_rms"]
    assert found["factor_measured"] == pytest.approx((delta[0] / delta[-1]) ** (1 / 12))
    assert found["deviation"] == pytest.approx(found["factor_measured"] / found["factor_predicted"] - 1.0)
    assert abs(found["deviation"]) < 0.05
    assert found["spread"][0] > found["spread"][-2] > 0.0


def test_the_table_is_eighty_columns_wide_and_says_where_the_network_stands():
    text = _told("relu-he-deep")
    assert max(map(len, text.splitlines())) <= 80
    for words in (
        "critical: on the edge of chaos",
        "order ends at sigma_w 1.414",
        "predicted x",
        "One network in three",
    ):
        assert words in text
    assert len([line for line in text.splitlines() if line.split()[:1] == ["out"]]) == 1


def test_over_time_it_speaks_of_steps():
    found = _json("rnn-long")
    assert found["per"] == "step"
    time = found["time"]["delta_rms"]
    assert len(time["predicted"][0]) == len(time["measured"][0]) == 50
    measured = time["measured"][0]
    assert found["factor_measured"] == pytest.approx((measured[0] / measured[-1]) ** (1 / 49))
    assert found["factor_predicted"] == pytest.approx(found["factor_measured"], rel=0.1)
    text = _told("lstm-long")
    assert "a step      predicted x" in text
    assert "Assumed: gates" in text
    assert "time step  cell_delta predicted" in text


def test_two_adversaries_have_an_output_each():
    found = _json("gan-minimax")
    assert found["taps"][0] == "G.1"
    for tap in ("G.out", "D.out"):
        at = found["taps"].index(tap)
        assert found["predicted"]["delta_rms"][at] == pytest.approx(found["measured"]["delta_rms"][at])
    assert found["factor_predicted"] == "nan"
    for off in found["deviations"]["delta_rms"]:
        assert abs(off) < 0.3


def test_where_theory_has_nothing_to_say_it_says_why():
    assert "No prediction: theory here is of feed-forward layers" in _told("transformer-pre-ln")
    found = _json("transformer-pre-ln")
    assert found["known"] is False
    assert "attention" in found["reason"]
    assert found["predicted"] == {}
    assert len(found["measured"]["grad_rms"]) == len(found["taps"])
    for number in ("factor_predicted", "deviation", "chi", "sigma_w"):
        assert found[number] == "nan"


def test_an_unknown_scenario_is_wrong_usage():
    result = CliRunner().invoke(commands, ["theory", "sigmoid-depe"])
    assert result.exit_code == 2
    assert "sigmoid-deep" in result.stderr
