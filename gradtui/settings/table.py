"""The table of settings: options, variables, the file, the docs and the screen read it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

#: Frames a second when motion is reduced.
CALM = 2

#: Themes of our own, then those that leave every colour to the terminal, then Textual's.
THEMES = (
    "dark",
    "light",
    "blue-orange",
    "teal-red",
    "ansi-dark",
    "ansi-light",
    "textual-dark",
    "textual-light",
    "nord",
    "gruvbox",
    "catppuccin-mocha",
    "dracula",
    "tokyo-night",
    "monokai",
    "flexoki",
    "catppuccin-latte",
    "catppuccin-frappe",
    "catppuccin-macchiato",
    "solarized-light",
    "solarized-dark",
    "rose-pine",
    "rose-pine-moon",
    "rose-pine-dawn",
    "atom-one-dark",
    "atom-one-light",
)

Value = str | int | bool


def _row(default: Value, doc: str, allowed: tuple[str, ...] | range | None = None) -> Any:
    return field(default=default, metadata={"doc": doc, "allowed": allowed})


@dataclass(frozen=True)
class Settings:
    """Every setting with its default, what it does and what it may be: the table."""

    theme: str = _row(
        "dark",
        "Colours of the screen. blue-orange serves eyes without red or green cones, teal-red eyes without blue ones.",
        THEMES,
    )
    colours: str = _row(
        "auto",
        "How many colours the terminal is given; auto asks TERM, COLORTERM and NO_COLOR.",
        ("auto", "256", "16", "none"),
    )
    fps: int = _row(30, "Draw at most this many frames a second.", range(1, 121))
    reduced_motion: bool = _row(False, f"Draw {CALM} frames a second, and no trails beside the bars.")
    mouse: bool = _row(True, "Listen to the mouse; without it the terminal selects text as usual.")
    plain: bool = _row(False, "Print lines instead of drawing a screen: for screen readers and pipes.")
    plain_every: int = _row(5, "Seconds between two reports in plain text.", range(1, 3601))

    @property
    def frames(self) -> int:
        """Frames a second, calm ones where motion is reduced."""
        return min(self.fps, CALM) if self.reduced_motion else self.fps


class Row(NamedTuple):
    """One setting: its place in `Settings`, and what people call it."""

    name: str
    default: Value
    doc: str
    allowed: tuple[str, ...] | range | None

    @property
    def key(self) -> str:
        """Its name in the file."""
        return self.name.replace("_", "-")

    @property
    def flag(self) -> str:
        """Its option on the command line."""
        return f"--{self.key}/--no-{self.key}" if self.allowed is None else f"--{self.key}"

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return f"GRADTUI_{self.name.upper()}"

    @property
    def choices(self) -> str:
        """What it may be, in words."""
        if self.allowed is None:
            return "true or false"
        if isinstance(self.allowed, range):
            return f"a whole number from {self.allowed[0]:,} to {self.allowed[-1]:,}"
        return ", ".join(self.allowed)


ROWS: tuple[Row, ...] = tuple(
    Row(each.name, getattr(Settings, each.name), each.metadata["doc"], each.metadata["allowed"])
    for each in fields(Settings)
)
BY_KEY: dict[str, Row] = {row.key: row for row in ROWS}


class SettingError(ValueError):
    """A setting that cannot be used, in one sentence."""


def row_of(key: str) -> Row:
    """The row of a key; SettingError names the nearest."""
    if key in BY_KEY:
        return BY_KEY[key]
    from gradtui.scenario.errors import did_you_mean

    raise SettingError(f"{key} is not a setting; there are {', '.join(BY_KEY)}{did_you_mean(key, BY_KEY)}")


_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def from_text(row: Row, text: str) -> Value:
    """The value that a text stands for, as typed in a shell."""
    word = text.strip()
    value: object = word
    if row.allowed is None:
        value = _WORDS.get(word.lower(), word)
    elif isinstance(row.allowed, range) and word.isascii() and word.lstrip("+-").isdigit() and len(word) < 20:
        value = int(word)
    return checked(row, value)


def checked(row: Row, value: object) -> Value:
    """The value if the setting may have it; SettingError says what it may be."""
    match row.allowed:
        case None if isinstance(value, bool):
            return value
        case range() as span if isinstance(value, int) and not isinstance(value, bool) and value in span:
            return value
        case tuple() as names if isinstance(value, int) and not isinstance(value, bool) and str(value) in names:
            # `colours = 256` is what anybody writes.
            return str(value)
        case tuple() as names if isinstance(value, str) and value in names:
            return value
    from gradtui.scenario.errors import did_you_mean, shown

    near = did_you_mean(value, row.allowed) if isinstance(value, str) and isinstance(row.allowed, tuple) else ""
    raise SettingError(f"{row.key} is {shown(value)}; it may be {row.choices}{near}")


def as_toml(value: Value) -> str:
    """A value as the file holds it."""
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)
