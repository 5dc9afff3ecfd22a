"""Numbers as text: short, of steady width, and never hiding a zero, a NaN or an infinity."""

from __future__ import annotations

import math
import re
import textwrap


def number(value: float, digits: int = 3) -> str:
    """A measured value with `digits` significant digits: `2.36e-20`, `0`, `NaN`, `inf`, `-inf`."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == 0.0:
        return "0"
    return f"{value:.{digits - 1}e}"


def steady(value: float) -> str:
    """A changing value of steady width, at most six characters for what is not negative: `1.80`, `12.3`, `6.0e-5`."""
    if not math.isfinite(value):
        return number(value)
    if value == 0.0 or 1e-3 <= abs(value) < 9.995e3:
        return f"{value:#.3g}".rstrip(".") if abs(value) < 999.5 else f"{value:.0f}"
    return _short_exponent(f"{value:.1e}")


def tick(value: float) -> str:
    """A number beside an axis, as short as can be: `0.5`, `20`, `100`, `5e-4`, `3.2e4`."""
    if 0.0 < abs(value) < 9.5e-4:
        text = f"{value:.1e}".replace(".0e", "e")
    else:
        text = f"{value:.2g}"
        if abs(value) < 9950:
            text = f"{float(text):g}"
    return _short_exponent(text)


def _short_exponent(text: str) -> str:
    return re.sub(r"e([+-])0*", lambda found: "e" + found[1].strip("+"), text)


def setting(value: object) -> str:
    """A scenario's value as a knob shows it: `0.1`, `1e-05`, `sigmoid`."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def count(value: int) -> str:
    """A whole number with thousands set apart: `1,240`."""
    return f"{value:,}"


def rate(steps_per_second: float) -> str:
    """Steps a second in at most five characters: `0.4`, `812`, `1,240`, `12.4k`."""
    if not math.isfinite(steps_per_second) or steps_per_second <= 0:
        return "0"
    if steps_per_second < 10:
        return f"{steps_per_second:.1f}"
    if steps_per_second < 9_999.5:
        return f"{steps_per_second:,.0f}"
    thousands = steps_per_second / 1000
    return f"{thousands:.1f}k" if thousands < 99.95 else f"{thousands:,.0f}k"


def percent(share: float) -> str:
    """A share of one as a percentage: `12 %`, `0.4 %`; a NaN stays a NaN."""
    if not math.isfinite(share):
        return number(share)
    return f"{share * 100:.1f} %" if 0 < share < 0.0995 else f"{share * 100:.0f} %"


def word(value: float, underflow_share: float = 0.0) -> str:
    """The word that stands in a row in place of the bar, empty when the value has a bar.

    An exact zero is called an underflow when entries are zero that no dead unit explains.
    """
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "inf"
    if value == 0.0:
        return "underflow" if underflow_share > 0.0 else "0"
    return ""


def fitted(text: str, width: int) -> str:
    """The text in exactly `width` cells, cut with an ellipsis when it is longer."""
    if len(text) > width:
        return text[: max(0, width - 1)] + "…"[:width]
    return text.ljust(width)


def begun(text: str, width: int) -> str:
    """The text in exactly `width` cells; of a longer one as many whole words as fit, and an ellipsis.

    Half a number would be another number.
    """
    if len(text) > width > 0:
        text = textwrap.shorten(text, width, placeholder=" …", break_long_words=False, break_on_hyphens=False)
    return text[: max(0, width)].ljust(width)
