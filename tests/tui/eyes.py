"""How colours look: contrast, difference, and the same through eyes that lack a kind of cone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
Vector = NDArray[np.float64]

#: Severity 1.0 of Machado, Oliveira & Fernandes 2009, for linear RGB.
LACKING: dict[str, Vector] = {
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: Rgb) -> Vector:
    """sRGB to linear RGB in 0..1."""
    share = np.array(colour) / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def seen(colour: Rgb, lacking: str = "") -> Vector:
    """The colour in linear RGB as somebody sees it who lacks that kind of cone."""
    whole = linear(colour)
    return np.clip(LACKING[lacking] @ whole, 0.0, 1.0) if lacking else whole


def contrast(a: Rgb, b: Rgb) -> float:
    """The contrast ratio of WCAG 2.1: 1 for the same colour, 21 for black on white."""
    light, dark = sorted((float(_TO_XYZ[1] @ linear(colour)) for colour in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def difference(a: Rgb, b: Rgb, lacking: str = "") -> float:
    """CIEDE2000 (Sharma, Wu & Dalal 2005) between two colours; 1 is just noticeable, 10 is seen at a glance."""
    return ciede2000(lab(seen(a, lacking)), lab(seen(b, lacking)))


def lab(colour: Vector) -> tuple[float, float, float]:
    """CIE L*a*b* of linear RGB, under D65."""
    xyz = _TO_XYZ @ colour / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return float(116 * f[1] - 16), float(500 * (f[0] - f[1])), float(200 * (f[1] - f[2]))


def ciede2000(one: tuple[float, float, float], two: tuple[float, float, float]) -> float:
    """The formula, step by step as in the paper."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    mean_chroma = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 if a or b else 0.0 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0
    if c1 * c2:
        turn = (h2 - h1 + 180) % 360 - 180
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    lightness, c = (l1 + l2) / 2, (c1 + c2) / 2
    h = h1 + h2
    if c1 * c2:
        h = (h1 + h2) / 2 if abs(h1 - h2) <= 180 else ((h1 + h2 + 360) / 2 if h1 + h2 < 360 else (h1 + h2 - 360) / 2)
    t = (
        1
        - 0.17 * math.cos(math.radians(h - 30))
        + 0.24 * math.cos(math.radians(2 * h))
        + 0.32 * math.cos(math.radians(3 * h + 6))
        - 0.20 * math.cos(math.radians(4 * h - 63))
    )
    sl = 1 + 0.015 * (lightness - 50) ** 2 / math.sqrt(20 + (lightness - 50) ** 2)
    sc, sh = 1 + 0.045 * c, 1 + 0.015 * c * t
    rotation = -math.sin(math.radians(60 * math.exp(-(((h - 275) / 25) ** 2))))
    rotation *= 2 * math.sqrt(c**7 / (c**7 + 25**7))
    return math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rotation * (dc / sc) * (dh / sh))
