"""Profiles as tables: one row for each layer, one column for each gauge."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from gradtui.gauges import GAUGES
from gradtui.profile import GradientProfile

#: Columns before the gauges. `step` counts the updates made before the gradient was measured.
KEYS = ("step", "tap")


def as_csv(profiles: Iterable[GradientProfile]) -> str:
    """CSV with a heading (RFC 4180); numbers in full, what is no number as `nan`, `inf`, `-inf`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*KEYS, *GAUGES))
    for profile in profiles:
        for at, tap in enumerate(profile.taps):
            writer.writerow((profile.step, tap, *(repr(float(profile[gauge][at])) for gauge in GAUGES)))
    return text.getvalue()


def as_jsonl(profiles: Iterable[GradientProfile]) -> str:
    """One JSON object a line and layer; numbers that JSON does not know are the strings "nan", "inf" and "-inf"."""
    lines = [
        json.dumps({"step": profile.step, "tap": tap} | {gauge: _plain(float(profile[gauge][at])) for gauge in GAUGES})
        for profile in profiles
        for at, tap in enumerate(profile.taps)
    ]
    return "".join(line + "\n" for line in lines)


def _plain(value: float) -> float | str:
    return value if math.isfinite(value) else repr(value)


#: Format -> its writer.
WRITERS: Mapping[str, Callable[[Iterable[GradientProfile]], str]] = MappingProxyType({"csv": as_csv, "jsonl": as_jsonl})
