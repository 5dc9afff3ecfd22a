"""Which settings hold: those of the command line, else the environment's, else the file's, else the defaults.

A mistake in the environment or in the file is said in one sentence, and the next source counts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from gradtui.settings.file import path, read
from gradtui.settings.table import ROWS, SettingError, Settings, Value, from_text


class Source(NamedTuple):
    """Where a value comes from: `flag`, `environment`, `file` or `default`, and the name it has there."""

    kind: str
    name: str = ""


class Chosen(NamedTuple):
    """All settings, where each comes from, and a sentence for each mistake that was passed over."""

    settings: Settings
    sources: Mapping[str, Source]
    problems: tuple[str, ...]


def load(flags: Mapping[str, Value | None] | None = None, environment: Mapping[str, str] | None = None) -> Chosen:
    """The settings that hold now. `flags` go by names of `Settings`, None where there was none."""
    env = os.environ if environment is None else environment
    written, problems = read()
    found: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for row in ROWS:
        value, source = row.default, Source("default")
        if row.key in written:
            value, source = written[row.key], Source("file", str(path()))
        # An empty variable is one that is not set.
        if text := env.get(row.variable, ""):
            try:
                value, source = from_text(row, text), Source("environment", row.variable)
            except SettingError as error:
                problems.append(f"passed over in the variable {row.variable}: {error}")
        given = (flags or {}).get(row.name)
        if given is not None:
            value, source = given, Source("flag", row.flag.partition("/")[0])
        found[row.name] = value
        sources[row.key] = source
    return Chosen(Settings(**found), sources, tuple(problems))
