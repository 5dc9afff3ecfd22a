"""Themes, colours and their absence."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from opened import lab
from rich.color import Color

from gradtui.tui.palette import palette_of
from gradtui.tui.themes import DARK, OWN


def colours_of(widget: object) -> set[Color | None]:
    strips = [widget.render_line(y) for y in range(20)]  # type: ignore[attr-defined]
    return {colour for strip in strips for segment in strip for colour in (segment.style.color, segment.style.bgcolor)}


@pytest.mark.parametrize("theme", [*OWN, "ansi-dark", "nord"])
async def test_every_theme_draws(theme: str) -> None:
    async with lab((120, 36)) as opened:
        opened.app.theme = theme
        await opened.until(lambda: len(colours_of(opened.screen.centre.bars.picture)) > 5)


async def test_no_color_means_no_colour_and_bars_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lab((120, 36)) as opened:
        assert opened.app.theme == "ansi-dark"
        for widget in (opened.screen.centre.bars.picture, opened.screen.centre.bars.numbers):
            assert colours_of(widget) == {None}
        assert "█" * 10 in opened.table()[-1][1]


async def test_an_empty_no_color_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    async with lab((120, 36)) as opened:
        assert opened.app.theme == DARK.theme.name
        assert colours_of(opened.screen.centre.bars.picture) != {None}


async def test_the_palette_is_made_once() -> None:
    async with lab() as opened:
        assert palette_of(opened.app) is palette_of(opened.app)


def test_the_screen_imports_no_engine() -> None:
    code = (
        "import sys, gradtui.tui.app; "
        "print([name for name in ('numpy', 'numba', 'scipy', 'gradtui.engine', 'markdown_it') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_importing_the_package_imports_no_textual() -> None:
    code = "import sys, gradtui.tui; print('textual' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert found.stdout.strip() == "False"
