"""Roles to colours: what an ink looks like under the theme in use and on the terminal at hand."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.style import Style
from textual.app import App
from textual.theme import Theme

from gradtui.tui.themes import DARK, STANDARD, Rgb, look_of

#: The least contrast between text and what it stands on (WCAG 2.1, level AA).
LEGIBLE = 4.5

#: Roles that are read, not only seen; a bold band or class is read as well.
_READ = ("text", "muted", "accent", "warning", "error", "key")

#: `band3` and what else goes by the number of a band, a class or a grey.
_NUMBERED = re.compile(r"(band|on|dim|class|over|deep|pale|grey)(\d+)")

#: How much of a colour is in its shades; the rest is ground.
_SHARES = {"dim": 0.35, "deep": 0.38, "pale": 0.15}

#: Steps of grey from black to white, and how many of them there are with 16 colours.
GREYS, FEW_GREYS = 16, 4


class Ink(NamedTuple):
    """How a run of text is drawn: by role, never by colour.

    Roles for `fg`: text, muted, faint, accent, warning, error, key, `band3` (as a colour of its own), `on3`
    (legible on that band), empty (nothing to see, so no colour is sent); for `bg`: empty (the widget's own),
    chosen, `band3`, `dim3` (a shade of that band). Both: `class3` (class number 3), `over3` (legible on it), `deep3`
    and `pale3` (the ground where the network is sure of it and where it is not, if `shades` are to be had), `grey9`
    (brightness 9 of 15). What is bold is read, not only seen: it keeps its colour as far as that can be read.
    """

    fg: str = "text"
    bg: str = ""
    bold: bool = False


#: What a line is made of, from left to right.
Run = tuple[str, Ink]
Runs = tuple[Run, ...]

TEXT = Ink()
MUTED = Ink("muted")
STRONG = Ink("text", "", True)
KEY = Ink("key", "", True)


class Palette:
    """Turns inks into terminal styles.

    `plain`: no colour may be used (`NO_COLOR`), so bars are drawn as full blocks. A native theme leaves text
    and background to the terminal; there the chosen row is reversed.
    """

    def __init__(self, theme: Theme, *, few_colours: bool, plain: bool) -> None:
        self.plain = plain
        self._native = theme.ansi
        self._few = few_colours
        self.look = look_of(theme)
        self._colours: dict[str, Rgb] = {}
        if not self._native:
            self._colours = {
                "text": _rgb(theme.foreground or "#dadada"),
                "muted": self.look.muted,
                "faint": self.look.faint,
                "accent": _rgb(theme.accent or theme.primary),
                "warning": _rgb(theme.warning or theme.primary),
                "error": _rgb(theme.error or theme.primary),
                "key": _rgb(theme.primary),
                "chosen": _rgb(theme.panel or "#303030"),
                "ground": _rgb(theme.background or "#121212"),
            }
        self._styles: dict[Ink, Style] = {}

    def style(self, ink: Ink) -> Style:
        """The style of an ink; the same object every time."""
        style = self._styles.get(ink)
        if style is None:
            style = self._styles[ink] = self._mix(ink)
        return style

    @property
    def fill(self) -> str:
        """The character that a bar is made of."""
        return "█" if self.plain else " "

    @property
    def shade(self) -> str:
        """The character that leads to a bar which does not begin at the edge."""
        return "░" if self.plain or self._few or self._native else " "

    @property
    def shades(self) -> bool:
        """Whether a colour can be mixed with the ground."""
        return not (self.plain or self._few) and "ground" in self._colours

    def _mix(self, ink: Ink) -> Style:
        on_bar = ink.bg.startswith("band")
        return Style(
            color=None if self.plain else self._ink(ink),
            bgcolor=None if self.plain else self._colour(ink.bg),
            bold=ink.bold or (self._native and ink.fg in ("key", "accent", "warning", "error")) or None,
            dim=(self._native and ink.fg in ("muted", "faint")) or None,
            # Without colours a mark on a bar is a hole in it, and the chosen row is the bright one.
            reverse=(self.plain and on_bar and ink.fg.startswith("on"))
            or (self._native and ink.bg == "chosen")
            or None,
        )

    def _ink(self, ink: Ink) -> RichColor | None:
        """The foreground: what is read keeps its colour as far as that can be read on its background."""
        colour, ground = self._colour(ink.fg), self._colour(ink.bg or "ground")
        read = ink.fg in _READ or (ink.bold and ink.fg.startswith(("band", "class")))
        return legible(colour, ground, self._few) if colour and ground and read else colour

    def _colour(self, role: str) -> RichColor | None:
        if (numbered := _NUMBERED.fullmatch(role)) is None:
            colour = self._colours.get(role)
            return RichColor.from_rgb(*colour) if colour else None
        use, number = numbered[1], int(numbered[2])
        if use == "grey":
            return RichColor.from_rgb(*(self._grey(number),) * 3)
        row = self.look.bands if use in ("band", "on", "dim") else self.look.classes
        colours = row.coarse if self._few else row.fine
        own = colours[number % len(colours)]
        if use in ("on", "over"):
            own = max(((0, 0, 0), (255, 255, 255)), key=lambda ink: contrast(ink, own))
        elif use == "dim" and not self.shades:
            return None
        elif use in _SHARES:
            own = self._towards_ground(own, _SHARES[use])
        return RichColor.from_rgb(*own)

    def _grey(self, step: int) -> int:
        """With 256 colours a step of their own ramp; with 16 one of four."""
        if self._few:
            return 85 * (step * FEW_GREYS // GREYS)
        return 8 + 16 * step if step < GREYS - 1 else 255

    def _towards_ground(self, colour: Rgb, share: float) -> Rgb:
        """`share` of a colour and the rest of the ground; where there are no shades, the colour itself."""
        if not self.shades:
            return colour
        mixed = (round(share * c + (1 - share) * g) for c, g in zip(colour, self._colours["ground"], strict=True))
        red, green, blue = mixed
        return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of WCAG 2.1: 1 for the same colour, 21 for black on white."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (IEC 61966-2-1)."""
    shares = (part / 255 for part in colour)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def legible(colour: RichColor, ground: RichColor, few_colours: bool) -> RichColor:
    """The colour, moved towards white or black until it can be read on the ground as this terminal shows both."""
    own, below = colour.get_truecolor(), _shown(ground, few_colours)
    if contrast(_shown(colour, few_colours), below) >= LEGIBLE:
        return colour
    end = 255 if contrast((255, 255, 255), below) >= contrast((0, 0, 0), below) else 0
    for tenth in range(1, 10):
        mixed = RichColor.from_rgb(*(round(part + (end - part) * tenth / 10) for part in own))
        if contrast(_shown(mixed, few_colours), below) >= LEGIBLE:
            return mixed
    return RichColor.from_rgb(end, end, end)


def _shown(colour: RichColor, few_colours: bool) -> Rgb:
    """What a terminal of 16 or of 256 colours makes of a colour."""
    if not few_colours:
        return _triplet(colour.downgrade(ColorSystem.EIGHT_BIT))
    number = colour.downgrade(ColorSystem.STANDARD).number
    assert number is not None
    return STANDARD[number]


def _triplet(colour: RichColor) -> Rgb:
    red, green, blue = colour.get_truecolor()
    return red, green, blue


def _rgb(text: str) -> Rgb:
    return _triplet(RichColor.parse(text))


@lru_cache(16)
def _palette(theme_name: str, few_colours: bool, plain: bool, app: App[Any]) -> Palette:
    return Palette(app.get_theme(theme_name) or DARK.theme, few_colours=few_colours, plain=plain)


def palette_of(app: App[Any]) -> Palette:
    """The palette of the app's theme and of the terminal it runs in."""
    return _palette(app.theme, app.console.color_system in ("standard", "windows"), app.no_color, app)
