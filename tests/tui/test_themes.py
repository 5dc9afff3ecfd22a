"""The themes: what is read can be read, and what is told apart by colour can be told apart, whichever cones one has."""

from __future__ import annotations

from itertools import combinations

import pytest
from eyes import ciede2000, contrast, difference
from rich.color import Color, ColorSystem
from textual.theme import BUILTIN_THEMES, Theme

from gradtui.tui.bands import BANDS
from gradtui.tui.palette import LEGIBLE, Ink, Palette
from gradtui.tui.palette import contrast as own_contrast
from gradtui.tui.themes import BLUE_ORANGE, DARK, LIGHT, OWN, STANDARD, TEAL_RED, Look, Rgb, rgb

LOOKS = pytest.mark.parametrize("look", OWN.values(), ids=OWN)

READ = ("text", "muted", "accent", "warning", "error", "key")
BOLD = (*(f"band{number}" for number in range(len(BANDS))), *(f"class{number}" for number in range(10)))

#: The regions that a verdict is about, as numbers of bands.
REGIONS = {
    "vanished": [number for number, row in enumerate(BANDS) if row.name.startswith("vanish")],
    "healthy": [number for number, row in enumerate(BANDS) if row.name == "healthy"],
    "exploding": [number for number, row in enumerate(BANDS) if row.name.startswith("explod")],
}


def shown(colour: Color | None, few: bool) -> Rgb:
    """What the terminal makes of a colour."""
    assert colour is not None
    if few:
        number = colour.downgrade(ColorSystem.STANDARD).number
        assert number is not None
        return STANDARD[number]
    red, green, blue = colour.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    return red, green, blue


def test_the_formula_gives_the_papers_own_examples() -> None:
    """Three of the pairs that Sharma, Wu & Dalal (2005) publish."""
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387)) == pytest.approx(1.2644, abs=1e-4)
    assert ciede2000((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514)) == pytest.approx(0.9082, abs=1e-4)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
    for one, other in combinations(STANDARD, 2):
        assert own_contrast(one, other) == pytest.approx(contrast(one, other), rel=1e-3)


@pytest.mark.parametrize("few", [False, True], ids=["256", "16"])
@pytest.mark.parametrize("ground", ["", "chosen"], ids=["plain", "chosen"])
@pytest.mark.parametrize(
    "theme",
    [*(look.theme for look in OWN.values()), *(theme for theme in BUILTIN_THEMES.values() if not theme.ansi)],
    ids=lambda theme: theme.name,
)
def test_whatever_is_read_can_be_read(theme: Theme, ground: str, few: bool) -> None:
    palette = Palette(theme, few_colours=few, plain=False)
    below = (
        palette.style(Ink("text", ground or "chosen")).bgcolor if ground else Color.parse(theme.background or "#121212")
    )
    for role in READ + BOLD:
        colour = palette.style(Ink(role, ground, role in BOLD)).color
        assert contrast(shown(colour, few), shown(below, few)) >= LEGIBLE, role


@LOOKS
@pytest.mark.parametrize("few", [False, True], ids=["256", "16"])
def test_what_stands_on_a_bar_or_a_class_can_be_read(look: Look, few: bool) -> None:
    palette = Palette(look.theme, few_colours=few, plain=False)
    for on, below in [(f"on{n}", f"band{n}") for n in range(12)] + [(f"over{n}", f"class{n}") for n in range(10)]:
        style = palette.style(Ink(on, below))
        assert contrast(shown(style.color, few), shown(style.bgcolor, few)) >= LEGIBLE, on


@LOOKS
@pytest.mark.parametrize("shade", ["deep", "pale"])
def test_a_class_can_be_read_on_the_ground_of_any_class(look: Look, shade: str) -> None:
    palette = Palette(look.theme, few_colours=False, plain=False)
    for number in range(10):
        for ground in range(10):
            style = palette.style(Ink(f"class{number}", f"{shade}{ground}", True))
            assert contrast(shown(style.color, False), shown(style.bgcolor, False)) >= LEGIBLE


@LOOKS
def test_our_own_text_colours_need_no_mending(look: Look) -> None:
    palette = Palette(look.theme, few_colours=False, plain=False)
    for role, wanted in (("text", look.theme.foreground), ("key", look.theme.primary), ("error", look.theme.error)):
        colour = palette.style(Ink(role)).color
        assert colour is not None
        assert colour.get_truecolor() == rgb(wanted or "")
    muted = palette.style(Ink("muted", "chosen")).color
    assert muted is not None
    assert muted.get_truecolor() == look.muted


@LOOKS
def test_256_colours_show_the_very_same_colours(look: Look) -> None:
    theme = look.theme
    named = (theme.primary, theme.accent, theme.error, theme.foreground, theme.background, theme.surface, theme.panel)
    for colour in (*look.bands.fine, *look.classes.fine, look.muted, look.faint, *(rgb(text or "") for text in named)):
        seen = shown(Color.from_rgb(*colour), few=False)
        # Light greys come out one step of the grey ramp darker.
        assert seen == colour or (len(set(colour)) == len(set(seen)) == 1 and 0 <= colour[0] - seen[0] <= 10)


@LOOKS
def test_every_band_and_class_has_a_colour_of_its_own(look: Look) -> None:
    assert len(look.bands.fine) == len(look.bands.coarse) == len(BANDS)
    assert len(set(look.bands.fine)) == len(BANDS)
    assert len(look.classes.fine) == len(set(look.classes.fine)) == 10
    assert len(set(look.classes.coarse)) == 10
    for row in (look.bands.coarse, look.classes.coarse):
        for colour in row:
            assert STANDARD[Color.from_rgb(*colour).downgrade(ColorSystem.STANDARD).number or 0] == colour


def test_16_colours_keep_all_bands_of_the_dark_theme_apart() -> None:
    assert len(set(DARK.bands.coarse)) == len(BANDS)


@LOOKS
def test_bars_stand_out_from_what_is_behind_them(look: Look) -> None:
    ground = shown(Color.parse(look.theme.background or ""), few=False)
    assert min(contrast(shown(Color.from_rgb(*colour), few=False), ground) for colour in look.bands.fine) >= 3.0


@pytest.mark.parametrize("coarse", [False, True], ids=["256", "16"])
@pytest.mark.parametrize(
    ("look", "lacking"),
    [
        *((look, "") for look in (DARK, LIGHT)),
        *((BLUE_ORANGE, lacking) for lacking in ("", "protan", "deutan", "tritan")),
        *((TEAL_RED, lacking) for lacking in ("", "tritan")),
    ],
    ids=lambda value: value.theme.name if isinstance(value, Look) else value or "all cones",
)
def test_vanished_healthy_and_exploding_are_told_apart(look: Look, lacking: str, coarse: bool) -> None:
    """By every pair of their colours, at a glance: CIEDE2000 of 15 and more."""
    row = look.bands.coarse if coarse else look.bands.fine
    for one, other in combinations(REGIONS.values(), 2):
        nearest = min(difference(row[a], row[b], lacking) for a in one for b in other)
        assert nearest >= 15.0


def test_the_usual_theme_would_not_do() -> None:
    """What the two themes are for: without red or blue cones the dark theme's regions run into each other."""
    row = DARK.bands.fine

    def nearest(one: str, other: str, lacking: str) -> float:
        return min(difference(row[a], row[b], lacking) for a in REGIONS[one] for b in REGIONS[other])

    assert nearest("healthy", "exploding", "protan") < 15
    assert nearest("vanished", "healthy", "tritan") < 10


@pytest.mark.parametrize(
    ("look", "lacking"),
    [
        *((look, "") for look in OWN.values()),
        (BLUE_ORANGE, "protan"),
        (BLUE_ORANGE, "deutan"),
        (TEAL_RED, "tritan"),
    ],
    ids=lambda value: value.theme.name if isinstance(value, Look) else value or "all cones",
)
def test_classes_are_told_apart(look: Look, lacking: str) -> None:
    row = look.classes.fine
    assert min(difference(a, b, lacking) for a, b in combinations(row, 2)) >= 10.0
