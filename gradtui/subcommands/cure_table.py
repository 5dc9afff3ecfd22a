"""What `gradtui cure` prints: the table of a race for people, and as JSON."""

from __future__ import annotations

import json
import math
import shutil
import time
from typing import Any, TextIO

from gradtui.diagnosis.remedies import remedy
from gradtui.diagnosis.standing import Row, Stage, Standing, words
from gradtui.explain.verdicts import title_of
from gradtui.export.command_line import command_line
from gradtui.report import named, plain

#: The column of the change.
_CHANGE = 1

#: Seconds between two words about compiling where there is no terminal to draw on.
_TELL_EVERY = 10.0

#: How a live table is moved over: up so many lines, and everything below wiped.
_UP, _WIPE = "\x1b[{}A", "\x1b[0J"


def as_json(standing: Standing) -> str:
    """One JSON object; the numbers JSON does not know are the strings "nan", "inf" and "-inf"."""
    verdict = standing.verdicts[0] if standing.verdicts else None
    baseline = standing.unchanged
    return json.dumps(
        {
            "scenario": standing.scenario.name or standing.scenario.title,
            "seed": standing.scenario.seed,
            "verdict": named(verdict) if verdict else None,
            "verdicts": [named(each) for each in standing.verdicts],
            "stage": standing.stage.value,
            "steps": standing.steps,
            "seconds": round(standing.seconds, 2),
            "threads": standing.threads,
            "chance": plain(standing.chance),
            "baseline": _entry(baseline) if baseline else None,
            "rows": [_entry(row) for row in standing.rows if not row.unchanged],
            "left_out": [{"label": label, "reason": reason} for label, reason in standing.left_out],
        },
        allow_nan=False,
        ensure_ascii=False,
    )


def _entry(row: Row) -> dict[str, Any]:
    return {
        "remedy": row.remedy,
        "label": row.label,
        "set": list(row.assignments),
        "cure": row.cure,
        "outcome": row.outcome,
        "steps": row.steps,
        "loss": plain(row.loss),
        "accuracy": plain(row.accuracy),
        "factor_before": plain(row.factor_before),
        "factor_after": plain(row.factor_after),
        "first_layer_moved": plain(row.moved),
        "first_layer_update": plain(row.update),
        "learning_rate": plain(row.rate),
        "microseconds_per_step": plain(round(row.microseconds, 1)),
        "verdict": row.verdict,
        "note": row.note,
    }


def heading(standing: Standing) -> list[str]:
    """What is wrong, in a line, and the conditions of the race in the next."""
    verdict = standing.verdicts[0] if standing.verdicts else None
    said = f"{title_of(verdict.kind)}: {verdict.sentence}" if verdict else "not diagnosed yet"
    name = standing.scenario.name or standing.scenario.title or "scenario"
    also = [words(each.kind) for each in standing.verdicts[1:]]
    lines = [f"{name}, seed {standing.scenario.seed}", said]
    if also:
        lines.append(f"also {', '.join(also)}")
    return lines


def conditions(standing: Standing) -> list[str]:
    """Under what all rows were run."""
    plural = "" if standing.threads == 1 else "s"
    chance = "" if math.isnan(standing.chance) else f"; guessing costs {standing.chance:.4g}"
    rates = "of the rate given and a tenth of it, the better stands here"
    if not standing.tenths:
        rates = "all at the rate given, what diverged there at a tenth of it: there was no time to try both"
    return [
        f"{standing.steps:,} steps each from the same draws on the same batches, "
        f"{standing.seconds:.1f} s on {standing.threads} thread{plural}",
        f"{rates}{chance}",
    ]


def lines(standing: Standing, most: int | None = None) -> list[str]:
    """The table, at most so many rows of it: rank, change, decay, what was learned, cost, and the outcome."""
    adversaries = standing.scenario.network.kind == "gan"
    titles = ["", "change", "decay before", "after", "layer 1 moved", "sample mse" if adversaries else "loss"]
    rows = [
        [
            str(rank),
            row.label,
            _factor(row.factor_before),
            _factor(row.factor_after),
            "from 0" if row.moved == math.inf else _short(row.moved),
            _short(row.loss),
            "" if math.isnan(row.accuracy) else f"{row.accuracy:.3f}",
            f"{row.microseconds:,.0f}" if math.isfinite(row.microseconds) else "",
            outcome(row),
        ]
        for rank, row in enumerate(standing.rows[:most], 1)
    ]
    return _aligned([[*titles, "accuracy", "µs/step", "outcome"], *rows])


def _aligned(rows: list[list[str]]) -> list[str]:
    """Columns as wide as they must be; the change and the outcome begin at the left, numbers end at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    out = []
    for row in rows:
        cells = [
            cell.ljust(width) if place == _CHANGE else cell if place == len(row) - 1 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        out.append("  ".join(cells).rstrip())
    return out


def _factor(value: float) -> str:
    return "-" if math.isnan(value) else f"×{value:.3g}"


def _short(value: float) -> str:
    """At most four digits; a number that is none says so."""
    if not math.isfinite(value) or value == 0.0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return f"{value:.1e}"


def outcome(row: Row) -> str:
    """The last column: a cure or none, and what the numbers do not say."""
    word = row.outcome.upper() if row.cure else row.outcome
    return f"{word}: {row.remark}" if row.remark else word


def advice(standing: Standing, source: str) -> list[str]:
    """What to do with the result; `source` is the name or path that was asked for."""
    best = next(iter(standing.rows), None)
    if best is None or not any(row.steps for row in standing.rows):
        return []
    if not (best.cure or best.promising):
        return ["nothing cured it in this time; --budget SECONDS gives them longer"]
    command = command_line(best.scenario, source) or f"set {', '.join(best.assignments)}"
    what = f"{best.label} ({remedy(best.remedy).meaning.what})"
    if best.cure:
        return [f"best here: {what}", command]
    return [f"nearest to a cure: {what}", "--budget SECONDS gives it longer to learn", command]


def left_out(standing: Standing) -> list[str]:
    """What could not be tried, a line for each reason."""
    labels: dict[str, list[str]] = {}
    for label, reason in standing.left_out:
        labels.setdefault(reason, []).append(label)
    return [f"not tried: {', '.join(found)}: {reason}" for reason, found in labels.items()]


class Live:
    """The table on a terminal while it changes; elsewhere a line from time to time while kernels are compiled."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._live, self._drawn = stream, stream.isatty(), 0
        self._next = 0.0

    def show(self, standing: Standing) -> None:
        """Draw how things stand over what was drawn before."""
        if not self._live:
            if standing.compiling is not None and time.monotonic() >= self._next:
                self._next = time.monotonic() + _TELL_EVERY
                self._stream.write(f"{progress(standing)}\n")
                self._stream.flush()
            return
        width, height = shutil.get_terminal_size()
        drawn = [*heading(standing), *lines(standing, max(1, height - 7)), progress(standing)]
        self.close()
        self._stream.write("".join(f"{line[: width - 1]}\n" for line in drawn[: height - 1]))
        self._stream.flush()
        self._drawn = min(len(drawn), height - 1)

    def close(self) -> None:
        """Wipe what was drawn."""
        if self._drawn:
            self._stream.write(_UP.format(self._drawn) + "\r" + _WIPE)
            self._stream.flush()
            self._drawn = 0


def progress(standing: Standing) -> str:
    """What it is about, in one line."""
    if standing.compiling is not None:
        done, total, kernel = standing.compiling
        return f"compiling {kernel}, {done} of {total}, once on this machine; it does not count"
    if standing.stage is Stage.DIAGNOSING:
        return "looking for what is wrong"
    limit = "" if math.isinf(standing.budget) else f" of {standing.budget:.1f} s"
    return f"racing {len(standing.rows)} runs: {standing.steps:,} steps each, {standing.seconds:.1f}{limit}"
