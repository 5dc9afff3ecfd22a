"""The graph: bars, ghosts and signals on the log axis, and the curves, as a PNG by matplotlib."""

from __future__ import annotations

import importlib.util
import io
import logging
import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradtui.explain.verdicts import title_of
from gradtui.export.files import Unsaved

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot

MISSING = "the graph needs matplotlib: pip install 'gradtui[plot]'"

#: Inches: of a layer's row, and the least and the most for all of them.
_ROW, _LOWEST, _HIGHEST = 0.2, 3.2, 24.0

#: So many layers can have their name beside their bar.
_NAMED = 60

#: Curves of fewer points show each of them.
_FEW = 20


def is_available() -> bool:
    """Whether matplotlib is installed; it is not imported for that."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(snapshot: Snapshot, decades: tuple[int, int], colour: Callable[[float], str]) -> bytes:
    """The snapshot as PNG. `decades` are the ends of the axis, `colour` that of a value. Raises Unsaved."""
    if not is_available():
        raise Unsaved(MISSING)
    if snapshot.profile is None:
        raise Unsaved("there is nothing to draw yet: no step has been measured")
    # It tells of fonts that it looks for; the screen is no place for that.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = len(snapshot.profile.taps)
    figure = Figure(figsize=(11, min(_HIGHEST, max(_LOWEST, 1.4 + _ROW * rows))), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(2, 1))
    _bars(figure.add_subplot(grid[:, 0]), snapshot, decades, colour)
    _curve(figure.add_subplot(grid[0, 1]), snapshot, "loss")
    _curve(figure.add_subplot(grid[1, 1]), snapshot, "accuracy")
    scenario = snapshot.scenario
    name = ": ".join(part for part in (scenario.name, scenario.title) if part)
    heading = f"{name}\nstep {snapshot.step:,}, seed {scenario.seed}, {scenario.network.dtype}"
    figure.suptitle(heading, fontsize=11, parse_math=False)
    picture = io.BytesIO()
    with warnings.catch_warnings():
        # Letters that its font lacks come out as boxes.
        warnings.simplefilter("ignore")
        FigureCanvasAgg(figure)
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _bars(axes: Any, snapshot: Snapshot, decades: tuple[int, int], colour: Callable[[float], str]) -> None:
    from matplotlib.patches import Patch

    profile, first = snapshot.profile, snapshot.first
    assert profile is not None
    low, high = (10.0**decade for decade in decades)
    taps = profile.taps
    places = range(len(taps))
    gradients = profile["grad_rms"].tolist()
    drawn = [(at, value) for at, value in enumerate(gradients) if value > 0.0 and math.isfinite(value)]
    axes.barh(
        [at for at, _ in drawn],
        [max(value, low) - low for _, value in drawn],
        left=low,
        color=[colour(value) for _, value in drawn],
        height=0.8,
    )
    for at, value in enumerate(gradients):
        if (at, value) not in drawn:
            axes.annotate(_word(value), (0, at), xycoords=("axes fraction", "data"), va="center", fontsize=7)
    if first is not None and first.taps == taps:
        axes.plot(*_finite(first["grad_rms"].tolist(), places), "|", color="black", ms=9, label="grad_rms at step 0")
    axes.plot(*_finite(profile["delta_rms"].tolist(), places), "D", color="#875f00", ms=3, label="delta_rms")
    axes.set(xscale="log", xlim=(low, high), ylim=(len(taps) - 0.4, -0.6))
    shown = places[:: max(1, math.ceil(len(taps) / _NAMED))]
    axes.set_yticks(list(shown), [taps[at] for at in shown], fontsize=7)
    axes.set_ylabel("layer")
    verdict = title_of(snapshot.verdict_kind)
    axes.set_title(f"{verdict}: {snapshot.verdict}" if verdict else "", fontsize=8, wrap=True, parse_math=False)
    axes.set_xlabel("grad_rms", fontsize=8)
    axes.tick_params(axis="x", labelsize=7)
    handles = [Patch(facecolor="#8a8a8a", label="grad_rms"), *axes.get_legend_handles_labels()[0]]
    axes.figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=7, frameon=False)


def _finite(values: list[float], places: range) -> tuple[list[float], list[int]]:
    kept = [(value, at) for value, at in zip(values, places, strict=True) if value > 0.0 and math.isfinite(value)]
    return [value for value, _ in kept], [at for _, at in kept]


def _word(value: float) -> str:
    return "NaN" if value != value else "0" if value == 0.0 else "inf"


def _curve(axes: Any, snapshot: Snapshot, what: str) -> None:
    curves = snapshot.curves
    batches, held_out, generator = curves.loss, curves.held_out_loss, curves.generator_loss
    if what == "accuracy":
        batches, held_out, generator = curves.accuracy, curves.held_out_accuracy, ()
    axes.set_title(what, fontsize=9)
    if not any(map(math.isfinite, (*batches, *held_out))):
        axes.text(0.5, 0.5, "nothing to show", ha="center", va="center", transform=axes.transAxes, fontsize=8)
        axes.set(xticks=[], yticks=[])
        return
    for steps, values, ink, label in (
        (curves.steps, batches, "#0087d7", "batches"),
        (curves.held_out_steps, held_out, "#d75f00", "held out"),
        *([(curves.held_out_steps, generator, "#5faf5f", "generator")] if generator else []),
    ):
        # A line through one or two points would be missed.
        axes.plot(steps, values, color=ink, lw=1, marker="." if len(steps) < _FEW else "", label=label)
    if what == "loss" and all(value > 0.0 for value in (*batches, *held_out, *generator) if math.isfinite(value)):
        axes.set_yscale("log")
    elif what == "accuracy":
        axes.set_ylim(-0.02, 1.02)
    axes.tick_params(which="both", labelsize=7)
    axes.set_xlabel("step", fontsize=7)
    axes.legend(fontsize=7, frameon=False)
