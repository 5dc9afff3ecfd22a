"""`gradtui theory`: what the mean field predicts of a network at step 0, beside what it has there."""

from __future__ import annotations

import json
import math
import textwrap
from typing import TYPE_CHECKING, Any

import click

from gradtui.subcommands.options import assignments_option, scenario_of, seed_option

if TYPE_CHECKING:
    from gradtui.lab.comparison import Comparison
    from gradtui.scenario.model import Scenario
    from gradtui.theory import Prediction

#: Time steps that the table shows.
_STEPS = 12
#: The deviation of a logarithm from which on one speaks of factors.
_WIDE = 0.7


@click.command()
@click.argument("source", metavar="NAME|FILE")
@assignments_option
@seed_option
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object and nothing else.")
def theory(source: str, assignments: tuple[str, ...], seed: int | None, wants_json: bool) -> None:
    """Print what theory predicts of step 0 beside what is measured.

    Where there is no prediction it says why.
    """
    scenario = scenario_of(source, assignments, seed)
    from gradtui.lab.comparison import compare
    from gradtui.lab.simulation import Simulation
    from gradtui.progress import Progress

    progress = Progress()
    try:
        found = compare(Simulation(scenario, progress.compiling))
    finally:
        progress.close()
    if wants_json:
        from gradtui.report import plain

        click.echo(json.dumps(plain(row(scenario, found)), allow_nan=False, ensure_ascii=False))
        return
    for line in lines(scenario, found):
        click.echo(line)


def row(scenario: Scenario, found: Comparison) -> dict[str, Any]:
    """The JSON object; `deviation` is measured over predicted, less 1."""
    said, profile = found.theory, found.profile
    settled = said.settled
    return {
        "scenario": scenario.name or scenario.title,
        "seed": scenario.seed,
        "known": said.known,
        "reason": said.reason,
        "assumed": said.assumed,
        "sigma_w": said.sigma_w,
        "sigma_b": said.sigma_b,
        "q_star": settled.q if settled else math.nan,
        "chi": settled.chi if settled else math.nan,
        "depth_scale": settled.depth if settled else math.nan,
        "phase": said.word,
        "critical_sigma_w": said.critical_sigma_w,
        "limit": said.limit,
        "per": said.per,
        "factor_predicted": said.factor,
        "factor_measured": found.factor if said.known else math.nan,
        "deviation": found.factor_deviation if said.known else math.nan,
        "taps": list(profile.taps),
        "predicted": {gauge: values.tolist() for gauge, values in found.predicted.items()},
        "measured": {gauge: profile[gauge].tolist() for gauge in ("delta_rms", "grad_rms")},
        "deviations": {gauge: found.deviation(gauge).tolist() for gauge in found.predicted},
        "spread": list(said.spread),
        "time": {
            gauge: {"predicted": values.tolist(), "measured": profile.time[gauge].tolist()}
            for gauge, values in found.time.items()
        },
    }


def lines(scenario: Scenario, found: Comparison) -> list[str]:
    """At most 80 columns wide."""
    said = found.theory
    heading = ": ".join(part for part in (scenario.name, scenario.title) if part)
    out = [heading] if heading else []
    out += [f"step 0, seed {scenario.seed}, {scenario.network.dtype}", ""]
    if not said.known:
        return [*out, *textwrap.wrap(f"No prediction: {said.reason}.", 79)]
    out += _place(said)
    if math.isfinite(said.factor):
        measured = found.factor
        off = f"   {_percent(found.factor_deviation)}" if math.isfinite(found.factor_deviation) else ""
        seen = f"measured {_times(measured)}{off}" if math.isfinite(measured) else "nothing of it measured"
        out.append(f"a {said.per:<9} predicted {_times(said.factor)}   {seen}")
    if math.isfinite(said.limit):
        ever = "ever deeper" if said.per == "layer" else "ever longer"
        out.append(f"{ever} {_times(said.limit)} a {said.per}, in networks of endless width")
    if said.assumed:
        out += textwrap.wrap(f"Assumed: {said.assumed}.", 79)
    out += [*([""] if out[-1] else []), *_taps(found)]
    spread = said.spread[0] if said.spread else math.nan
    if spread > 0.0 and said.delta[0] > 0.0:
        by = f"{math.expm1(spread):.0%}" if spread < _WIDE else f"a factor of {math.exp(min(spread, 700.0)):.2g}"
        text = f"One network in three strays by more than {by} from the typical one at layer {said.taps[0]}."
        out += ["", *textwrap.wrap(text, 79)]
    for gauge in found.time:
        out += ["", *_times_of(found, gauge)]
    return out


def _place(said: Prediction) -> list[str]:
    """Where a plain network stands between order and chaos."""
    if said.settled is None:
        return []
    settled, critical, per = said.settled, said.critical_sigma_w, said.per
    edge = f"order ends at sigma_w {critical:.4g}" if math.isfinite(critical) else "no sigma_w ends the order"
    brought = "sigma_b" if per == "layer" else "inputs, biases"
    if said.word == "critical":
        words = "critical: on the edge of chaos the signal holds"
    else:
        does = "shrinks" if said.word == "ordered" else "grows"
        words = f"{said.word}: the gradient {does} by a factor of e every {2.0 * settled.depth:.3g} {per}s"
    return [
        f"sigma_w     {said.sigma_w:.4g}   {brought} {said.sigma_b:.4g}   {edge}",
        f"q*          {settled.q:.4g}   chi {settled.chi:.4g}   depth scale {settled.depth:.4g} {per}s",
        words,
    ]


def _taps(found: Comparison) -> list[str]:
    from gradtui.report import number, table

    rows = []
    for place, tap in enumerate(found.profile.taps):
        cells = [tap]
        for gauge, predicted in found.predicted.items():
            measured = float(found.profile[gauge][place])
            cells += [number(float(predicted[place])), number(measured), _percent(found.deviation(gauge)[place])]
        rows.append(cells)
    head = ["layer"]
    for gauge in found.predicted:
        head += [f"{gauge.removesuffix('_rms')} predicted", "measured", "off"]
    return table(head, rows)


def _times_of(found: Comparison, gauge: str) -> list[str]:
    """The first layer over time, at some of the steps."""
    from gradtui.report import number, table

    predicted, measured = found.time[gauge], found.profile.time[gauge]
    steps = predicted.shape[1]
    shown = sorted({round(at * (steps - 1) / (_STEPS - 1)) for at in range(_STEPS)} if steps > _STEPS else range(steps))
    rows = [
        [
            str(step + 1),
            number(float(predicted[0, step])),
            number(float(measured[0, step])),
            _percent(float(measured[0, step]) / float(predicted[0, step]) - 1.0 if predicted[0, step] else math.nan),
        ]
        for step in shown
    ]
    return table(["time step", f"{gauge.removesuffix('_rms')} predicted", "measured", "off"], rows)


def _times(value: float) -> str:
    return f"x{value:#.4g}"


def _percent(value: float) -> str:
    return f"{value:+.1%}" if abs(value) < 100.0 else "-" if math.isnan(value) else ">+9999%"
