"""The themes: what text, bands and classes look like.

Every colour is one of the 256, so a theme looks the same with 256 colours as with 24 bits. Bands and classes have a
second set of the 16 standard colours, for terminals with no more. No theme relies on colour: names and numbers stand
beside it.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.theme import Theme

Rgb = tuple[int, int, int]


class Colours(NamedTuple):
    """A row of colours: of the 256, and of the 16."""

    fine: tuple[Rgb, ...]
    coarse: tuple[Rgb, ...]


class Look(NamedTuple):
    """A theme and what Textual's has no place for.

    `bands` go with `bands.BANDS`, from cold to hot; `classes` are those of a task, ten of them. `muted` is for text of
    the second rank, `faint` for lines that only divide.
    """

    theme: Theme
    bands: Colours
    classes: Colours
    muted: Rgb
    faint: Rgb


def rgb(text: str) -> Rgb:
    """`5fafff` or `#5fafff` as numbers."""
    digits = text.lstrip("#")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _row(text: str) -> tuple[Rgb, ...]:
    return tuple(rgb(word) for word in text.split())


#: The standard colours in their order, as the Linux console and VGA have them.
_STANDARD = {
    "black": (0, 0, 0),
    "red": (170, 0, 0),
    "green": (0, 170, 0),
    "brown": (170, 85, 0),
    "blue": (0, 0, 170),
    "magenta": (170, 0, 170),
    "cyan": (0, 170, 170),
    "grey": (170, 170, 170),
    "black+": (85, 85, 85),
    "red+": (255, 85, 85),
    "green+": (85, 255, 85),
    "yellow+": (255, 255, 85),
    "blue+": (85, 85, 255),
    "magenta+": (255, 85, 255),
    "cyan+": (85, 255, 255),
    "white": (255, 255, 255),
}


STANDARD: tuple[Rgb, ...] = tuple(_STANDARD.values())


def _standard(text: str) -> tuple[Rgb, ...]:
    return tuple(_STANDARD[word] for word in text.split())


_DARK_CLASSES = Colours(
    _row("5fafff ffaf5f 5faf5f ff5f87 af87ff ffff5f 5fd7d7 d7d7d7 ff87ff af8700"),
    _standard("blue+ brown green+ red+ magenta yellow+ cyan+ white magenta+ cyan"),
)

#: They stay apart without red or without green cones: differences of at least 13 by CIEDE2000.
_SAFE_CLASSES = Colours(
    _row("5fafff ffaf00 875f5f ffffff 5f5faf af5f00 87afaf ffffaf afaf87 d7d7ff"),
    _standard("blue+ brown black+ white blue red+ cyan yellow+ grey cyan+"),
)

DARK = Look(
    Theme(
        name="dark",
        primary="#5fafff",
        secondary="#87d7af",
        accent="#ffaf5f",
        warning="#ffaf00",
        error="#ff5f5f",
        success="#87d787",
        foreground="#dadada",
        background="#121212",
        surface="#1c1c1c",
        panel="#303030",
        dark=True,
    ),
    bands=Colours(
        _row("5f5f87 5f5fd7 5f87d7 5f87ff 00afff 00d7d7 5fd7af 87d787 d7d75f ffaf00 ff5f00 ff005f"),
        _standard("black+ magenta blue blue+ cyan cyan+ green green+ yellow+ brown red+ red"),
    ),
    classes=_DARK_CLASSES,
    muted=rgb("a8a8a8"),
    faint=rgb("4e4e4e"),
)

LIGHT = Look(
    Theme(
        name="light",
        primary="#005f87",
        secondary="#005f5f",
        accent="#875f00",
        warning="#875f00",
        error="#af0000",
        success="#005f00",
        foreground="#262626",
        background="#eeeeee",
        surface="#e4e4e4",
        panel="#d0d0d0",
        dark=False,
    ),
    bands=Colours(
        _row("5f5f87 5f5fd7 005fd7 0087d7 0087af 008787 00875f 008700 878700 af5f00 d70000 87005f"),
        _standard("black+ magenta blue blue+ blue+ cyan green green brown red+ red red"),
    ),
    classes=Colours(
        _row("005fd7 d75f00 008700 d70000 8700d7 878700 008787 5f5f5f d700af 5f0000"),
        _standard("blue brown green red magenta black+ cyan black blue+ red+"),
    ),
    muted=rgb("4e4e4e"),
    faint=rgb("b2b2b2"),
)

#: Blue over white to orange: for eyes without red or without green cones.
BLUE_ORANGE = Look(
    Theme(
        name="blue-orange",
        primary="#5fafff",
        secondary="#87d7ff",
        accent="#ffd787",
        warning="#ffaf00",
        error="#ff8700",
        success="#87d7ff",
        foreground="#dadada",
        background="#121212",
        surface="#1c1c1c",
        panel="#303030",
        dark=True,
    ),
    bands=Colours(
        _row("5f5faf 005fff 0087ff 5fafff 87d7ff afd7ff d7d7d7 ffffff ffd787 ffaf00 ff8700 d75f00"),
        _standard("blue+ blue+ blue+ blue+ blue+ cyan+ grey white yellow+ brown brown red+"),
    ),
    classes=_SAFE_CLASSES,
    muted=rgb("a8a8a8"),
    faint=rgb("4e4e4e"),
)

#: Teal over white to red: for eyes without blue cones.
TEAL_RED = Look(
    Theme(
        name="teal-red",
        primary="#5fd7d7",
        secondary="#afffff",
        accent="#ffafaf",
        warning="#ff8787",
        error="#ff5f5f",
        success="#5fd7d7",
        foreground="#dadada",
        background="#121212",
        surface="#1c1c1c",
        panel="#303030",
        dark=True,
    ),
    bands=Colours(
        _row("5f8787 008787 00afaf 00d7d7 5fffff afffff d7d7d7 ffffff ffafaf ff8787 ff5f5f ff0000"),
        _standard("cyan cyan cyan+ cyan+ cyan+ cyan+ grey white magenta+ red+ red+ red"),
    ),
    classes=Colours(
        _row("00afaf ff5f5f ffff00 875fd7 ffafff d7ffff 875f5f 5f8700 afaf00 afafd7"),
        _standard("cyan red+ yellow+ blue+ magenta+ cyan+ black+ green brown grey"),
    ),
    muted=rgb("a8a8a8"),
    faint=rgb("4e4e4e"),
)

OWN: dict[str, Look] = {look.theme.name: look for look in (DARK, LIGHT, BLUE_ORANGE, TEAL_RED)}


def look_of(theme: Theme) -> Look:
    """The look of a theme; one that is not of our own gets bands and greys of the dark or the light one."""
    own = OWN.get(theme.name)
    return own if own is not None else (DARK if theme.dark else LIGHT)._replace(theme=theme)
