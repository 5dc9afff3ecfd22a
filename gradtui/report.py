"""What `gradtui run` prints: one JSON object, or a table for people."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gradtui.diagnosis.verdict import Verdict
from gradtui.explain.verdicts import title_of
from gradtui.profile import GradientProfile
from gradtui.scenario.model import Scenario

#: The gauges of the table, with their headings; `--json` has them all.
_COLUMNS = (
    ("grad_rms", "grad_rms"),
    ("delta_rms", "delta_rms"),
    ("update_ratio", "update"),
    ("activation_mean", "act mean"),
    ("activation_std", "act std"),
    ("saturated", "saturated"),
    ("nonfinite", "nonfinite"),
)


@dataclass(frozen=True)
class Report:
    """The outcome of a run."""

    scenario: Scenario
    steps: int
    loss: float
    evaluation: Mapping[str, float]
    profile: GradientProfile
    verdicts: Sequence[Verdict]
    steps_per_second: float
    effective_rank: tuple[float, ...] = ()


def as_json(report: Report) -> str:
    """One JSON object; the numbers JSON does not know are the strings "nan", "inf" and "-inf"."""
    scenario = report.scenario
    tables = ["task", "network", "optimizer", *(["generator"] if scenario.network.kind == "gan" else [])]
    settings = {name: msgspec.to_builtins(getattr(scenario, name)) for name in tables}
    profile = report.profile
    return json.dumps(
        {
            "scenario": scenario.name or scenario.title,
            "seed": scenario.seed,
            "steps": report.steps,
            "loss": plain(report.loss),
            "evaluate": plain(report.evaluation),
            "taps": list(profile.taps),
            "profile": {name: plain(row.tolist()) for name, row in profile.gauges.items()},
            "effective_rank": plain(list(report.effective_rank)),
            **({"time": {name: plain(rows.tolist()) for name, rows in profile.time.items()}} if profile.time else {}),
            "verdict": _judged(report.verdicts[0]),
            "verdicts": [_judged(verdict) for verdict in report.verdicts],
            "settings": plain(settings),
            "steps_per_second": round(report.steps_per_second, 1),
        },
        allow_nan=False,
        ensure_ascii=False,
    )


def _judged(verdict: Verdict) -> dict[str, Any]:
    evidence = [
        {"name": each.name, "value": each.value, "threshold": each.threshold, "words": each.in_words}
        for each in verdict.evidence
    ]
    return {**named(verdict), "evidence": plain(evidence)}


def named(verdict: Verdict) -> dict[str, Any]:
    """A verdict without its evidence; `since` is a step, or "nan" where there was no beginning to look for."""
    found = {
        "kind": verdict.kind,
        "sentence": verdict.sentence,
        "layer": verdict.layer,
        "since": math.nan if verdict.since is None else verdict.since,
        "factor": verdict.factor,
        "confidence": verdict.confidence,
    }
    return {name: plain(value) for name, value in found.items()}


def plain(value: Any) -> Any:
    """The value with every number that JSON cannot write as a word."""
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


#: What of an evaluation is not measured on held-out examples, in words.
_EVALUATED = {"generator_loss": "generator's loss", "mean_sample_mse": "mean sample's mse"}


def as_table(report: Report) -> str:
    """A heading, one line a tap, 80 columns wide, and the verdicts, the gravest first."""
    scenario = report.scenario
    facts = [f"{report.steps:,} steps", f"loss {number(report.loss)}"]
    facts += [
        f"{_EVALUATED.get(name, f'held-out {name}')} {number(value)}" for name, value in report.evaluation.items()
    ]
    facts += [f"seed {scenario.seed}", scenario.network.dtype, f"{report.steps_per_second:,.0f} steps/s"]
    heading = ": ".join(part for part in (scenario.name, scenario.title) if part)
    lines = [heading] if heading else []
    lines += [", ".join(facts), ""]
    lines += table(
        ["layer", *(heading for _, heading in _COLUMNS)],
        [
            [tap, *(number(float(report.profile[gauge][place])) for gauge, _ in _COLUMNS)]
            for place, tap in enumerate(report.profile.taps)
        ],
    )
    return "\n".join([*lines, "", *map(_said, report.verdicts)])


def _said(verdict: Verdict) -> str:
    since = "" if verdict.since is None else f" since step {verdict.since:,}"
    return f"{title_of(verdict.kind)}{since}: {verdict.sentence}"


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Right-aligned columns, as wide as they must be."""
    columns = zip(heading, *rows, strict=True)
    widths = [max(map(len, column)) for column in columns]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (heading, *rows)]


def number(value: float) -> str:
    """At most four digits; nan where a gauge has no meaning, or the network no numbers."""
    if not math.isfinite(value) or value == 0.0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return f"{value:.2e}"
