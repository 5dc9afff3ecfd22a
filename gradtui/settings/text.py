"""The settings as text: for the terminal, for programs, and as the page `docs/settings.md`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from gradtui.settings.choosing import Chosen
from gradtui.settings.file import path
from gradtui.settings.table import BY_KEY, ROWS, as_toml


def lines(chosen: Chosen) -> Iterator[str]:
    """What holds and why, for reading in a terminal."""
    file = path()
    yield f"settings file: {file}{'' if file.exists() else ' (not there yet)'}"
    width = max(map(len, BY_KEY))
    margin = " " * (width + 2)
    for row in ROWS:
        value, source = getattr(chosen.settings, row.name), chosen.sources[row.key]
        origin = f"{source.kind} {source.name}" if source.kind in ("flag", "environment") else source.kind
        yield ""
        yield f"{row.key.ljust(width)}  {as_toml(value)}   ({origin})"
        for text in (row.doc, f"May be {row.choices}.", f"{row.flag.replace('/', ' or ')}, {row.variable}"):
            yield from textwrap.wrap(text, 80, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)


def rows(chosen: Chosen) -> list[dict[str, object]]:
    """One object a setting, for programs."""
    return [
        {
            "key": row.key,
            "value": getattr(chosen.settings, row.name),
            "source": chosen.sources[row.key].kind,
            "default": row.default,
            "allowed": list(row.allowed) if isinstance(row.allowed, tuple) else row.choices,
            "flag": row.flag,
            "variable": row.variable,
            "doc": row.doc,
        }
        for row in ROWS
    ]


_TITLE = """# Settings

What holds for every run, kept in `settings.toml` in your system's folder for settings (`gradtui settings` prints its
path). An option on the command line counts more than a variable, a variable more than the file. The screen keeps the
theme that is chosen in it. A mistake in the file or in a variable is said in one sentence, and the program goes on
without it; it never overwrites a file that it cannot read.

```
gradtui settings                      what holds, and where it comes from
gradtui settings set theme light      keep a value
gradtui settings reset theme          forget it; without a key, forget all
```
"""

_ELSE = """
Three more variables: `GRADTUI_CONFIG_DIR` names another folder for the settings file, `GRADTUI_CACHE_DIR` another one
for compiled kernels, and a `NO_COLOR` that is not empty takes the colours away unless `colours` says otherwise.
"""


def page() -> str:
    """All of it in Markdown: `docs/settings.md`."""
    parts = [_TITLE, "| key | default | may be | option | variable | what it does |", "|---|---|---|---|---|---|"]
    for row in ROWS:
        flag = "`, `".join(row.flag.split("/"))
        cells = (f"`{row.key}`", f"`{as_toml(row.default)}`", row.choices, f"`{flag}`", f"`{row.variable}`", row.doc)
        parts.append("| " + " | ".join(cells) + " |")
    return "\n".join(parts) + "\n" + _ELSE
