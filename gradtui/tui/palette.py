"""Roles to colours: what an ink looks like under the theme in use and on the terminal at hand."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from rich.color import Color as RichColor
from rich.style import Style
from textual.app import App
from textual.theme import Theme

from gradtui.tui.bands import BANDS, Rgb

#: Greys of the 256-colour ramp, so that both themes look the same with 256 colours as with 24 bits.
DARK = Theme(
    name="gradtui-dark",
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
)
LIGHT = Theme(
    name="gradtui-light",
    primary="#005faf",
    secondary="#008787",
    accent="#af5f00",
    warning="#af5f00",
    error="#d70000",
    success="#008700",
    foreground="#262626",
    background="#eeeeee",
    surface="#e4e4e4",
    panel="#d0d0d0",
    dark=False,
)

_MUTED = {True: "#8a8a8a", False: "#6c6c6c"}
_FAINT = {True: "#4e4e4e", False: "#b2b2b2"}


#: Ten classes: what each looks like with 256 colours and with 16. The first two are told apart by everybody's eyes.
CLASSES: tuple[tuple[Rgb, Rgb], ...] = (
    ((0x00, 0x87, 0xFF), (85, 85, 255)),
    ((0xFF, 0x87, 0x00), (170, 85, 0)),
    ((0x00, 0xD7, 0x5F), (0, 170, 0)),
    ((0xFF, 0x5F, 0x87), (255, 85, 85)),
    ((0xAF, 0x5F, 0xFF), (170, 0, 170)),
    ((0xD7, 0xD7, 0x00), (255, 255, 85)),
    ((0x00, 0xD7, 0xD7), (0, 170, 170)),
    ((0xAF, 0x87, 0x5F), (170, 0, 0)),
    ((0xFF, 0x87, 0xFF), (255, 85, 255)),
    ((0xAF, 0xAF, 0xAF), (170, 170, 170)),
)

#: Steps of grey from black to white, and how many of them there are with 16 colours.
GREYS, FEW_GREYS = 16, 4


class Ink(NamedTuple):
    """How a run of text is drawn: by role, never by colour.

    Roles for `fg`: text, muted, faint, accent, warning, error, key, `band3` (as a colour of its own), `on3`
    (legible on that band), empty (nothing to see, so no colour is sent); for `bg`: empty (the widget's own),
    chosen, `band3`, `dim3` (a shade of that band). Both: `class3` (class number 3), `over3` (legible on it), `deep3`
    and `pale3` (the ground where the network is sure of it and where it is not), `grey9` (brightness 9 of 15).
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
        self._colours: dict[str, Rgb] = {}
        if not self._native:
            self._colours = {
                "text": _rgb(theme.foreground or "#dadada"),
                "muted": _rgb(_MUTED[theme.dark]),
                "faint": _rgb(_FAINT[theme.dark]),
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
            color=None if self.plain else self._colour(ink.fg),
            bgcolor=None if self.plain else self._colour(ink.bg),
            bold=ink.bold or (self._native and ink.fg in ("key", "accent", "warning", "error")) or None,
            dim=(self._native and ink.fg in ("muted", "faint")) or None,
            # Without colours a mark on a bar is a hole in it, and the chosen row is the bright one.
            reverse=(self.plain and on_bar and ink.fg.startswith("on"))
            or (self._native and ink.bg == "chosen")
            or None,
        )

    def _colour(self, role: str) -> RichColor | None:
        if role.startswith("band"):
            return RichColor.from_rgb(*self._band(int(role[4:])))
        if role.startswith("on"):
            return _legible_on(self._band(int(role[2:])))
        if role.startswith("over"):
            return _legible_on(self._class(int(role[4:])))
        if role.startswith("dim"):
            ground = self._colours.get("ground")
            if ground is None or self._few:
                return None
            return RichColor.from_rgb(*self._towards_ground(self._band(int(role[3:])), 0.35))
        if role.startswith("class"):
            return RichColor.from_rgb(*self._class(int(role[5:])))
        if role.startswith(("deep", "pale")):
            return RichColor.from_rgb(
                *self._towards_ground(self._class(int(role[4:])), 0.38 if role[0] == "d" else 0.15)
            )
        if role.startswith("grey"):
            return RichColor.from_rgb(*(self._grey(int(role[4:])),) * 3)
        colour = self._colours.get(role)
        return RichColor.from_rgb(*colour) if colour else None

    def _class(self, number: int) -> Rgb:
        return CLASSES[number % len(CLASSES)][self._few]

    def _grey(self, step: int) -> int:
        """With 256 colours a step of their own ramp; with 16 one of four."""
        if self._few:
            return 85 * (step * FEW_GREYS // GREYS)
        return 8 + 16 * step if step < GREYS - 1 else 255

    def _towards_ground(self, colour: Rgb, share: float) -> Rgb:
        """`share` of a colour and the rest of the ground; without a ground the colour itself."""
        ground = self._colours.get("ground")
        if ground is None or self._few:
            return colour
        red, green, blue = (round(share * c + (1 - share) * g) for c, g in zip(colour, ground, strict=True))
        return red, green, blue

    def _band(self, number: int) -> Rgb:
        return BANDS[number].standard if self._few else BANDS[number].cube


def _legible_on(colour: Rgb) -> RichColor:
    """Black or white."""
    red, green, blue = colour
    bright = 299 * red + 587 * green + 114 * blue > 110_000
    return RichColor.from_rgb(*((0, 0, 0) if bright else (255, 255, 255)))


def _rgb(text: str) -> Rgb:
    triplet = RichColor.parse(text).get_truecolor()
    return triplet.red, triplet.green, triplet.blue


@lru_cache(16)
def _palette(theme_name: str, few_colours: bool, plain: bool, app: App[Any]) -> Palette:
    return Palette(app.get_theme(theme_name) or DARK, few_colours=few_colours, plain=plain)


def palette_of(app: App[Any]) -> Palette:
    """The palette of the app's theme and of the terminal it runs in."""
    return _palette(app.theme, app.console.color_system in ("standard", "windows"), app.no_color, app)
