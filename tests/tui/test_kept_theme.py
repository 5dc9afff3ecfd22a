"""A theme chosen on screen is kept for the next run; where that cannot be, a sentence says so."""

from __future__ import annotations

import pytest
from fake_runner import FakeRunner, scenario
from opened import until, whole

from gradtui.settings.table import SettingError, Settings
from gradtui.tui.app import GradtuiApp


def app(kept: list[tuple[str, str]], **more: object) -> GradtuiApp:
    return GradtuiApp(
        scenario(),
        paused=True,
        make=lambda chosen, paused: FakeRunner(chosen, paused),
        keep=lambda key, value: kept.append((key, value)),
        **more,  # type: ignore[arg-type]
    )


async def test_only_a_change_is_kept() -> None:
    kept: list[tuple[str, str]] = []
    opened = app(kept, settings=Settings(theme="light"))
    async with opened.run_test() as pilot:
        assert opened.theme == "light"
        await pilot.pause(0.1)
        assert kept == []
        opened.theme = "blue-orange"
        await until(pilot, lambda: kept)
        opened.theme = "blue-orange"
        await pilot.pause(0.1)
        assert kept == [("theme", "blue-orange")]
    opened.join()


async def test_what_cannot_be_kept_is_said() -> None:
    def refuse(key: str, value: str) -> None:
        raise SettingError("the file is broken")

    opened = GradtuiApp(scenario(), paused=True, make=lambda chosen, paused: FakeRunner(chosen, paused), keep=refuse)
    async with opened.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.pause(0.1)
        opened.theme = "teal-red"
        await until(pilot, lambda: "this theme holds until you quit" in " ".join(" ".join(whole(opened)).split()))
    opened.join()


async def test_no_color_is_not_kept_as_a_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    kept: list[tuple[str, str]] = []
    opened = app(kept)
    async with opened.run_test() as pilot:
        assert opened.theme == "ansi-dark"
        await pilot.pause(0.1)
    opened.join()
    assert kept == []


async def test_problems_of_the_settings_are_shown_at_the_start() -> None:
    opened = app([], problems=("settings.toml: fps is 0",))
    async with opened.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: "fps is 0" in "\n".join(whole(opened)))
    opened.join()
