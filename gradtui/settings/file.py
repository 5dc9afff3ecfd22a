"""The settings file: read with mistakes passed over, changed line by line so that comments stay."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradtui.locations import settings_file as path
from gradtui.scenario.utf8 import decoded
from gradtui.settings.table import BY_KEY, SettingError, Value, as_toml, checked, row_of

__all__ = ["path", "read", "reset", "write"]

_LARGEST = 100_000


def read() -> tuple[dict[str, Value], list[str]]:
    """What the file holds, by key, and a sentence for each mistake in it. No file holds nothing."""
    try:
        document = tomllib.loads(_text())
    except SettingError as error:
        return {}, [str(error)]
    except (ValueError, RecursionError) as error:
        return {}, [f"{_broken(error)}; the defaults hold until it is mended"]
    values: dict[str, Value] = {}
    problems: list[str] = []
    for key, value in document.items():
        try:
            values[key] = checked(row_of(key), value)
        except SettingError as error:
            problems.append(f"passed over in {path()}: {error}")
    return values, problems


def write(key: str, value: Value) -> None:
    """Keep a value; all else in the file stays as it is. SettingError when that is not possible."""
    line = f"{row_of(key).key} = {as_toml(value)}"
    _edit(lambda text: _with_line(text, key, line), lambda document: {**document, key: value})


def reset(key: str | None = None) -> None:
    """Forget the value of a key, or of all; comments stay. SettingError when that is not possible."""
    keys = list(BY_KEY) if key is None else [row_of(key).key]

    def without(text: str) -> str:
        for each in keys:
            text = _with_line(text, each, None)
        return text

    if path().exists():
        _edit(without, lambda document: {name: kept for name, kept in document.items() if name not in keys})


def _edit(change: Callable[[str], str], meant: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change the file's text, and make sure that it then says what was meant and nothing else."""
    text = _text()
    try:
        before = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingError(f"{_broken(error)}; nothing was changed: mend it or move it away first") from None
    text = change(text)
    try:
        after = tomllib.loads(text)
    except (ValueError, RecursionError):
        after = None
    if after != meant(before):
        raise SettingError(f"{path()} is written in a way that only you can change: edit it by hand")
    _replace(text)


def _with_line(text: str, key: str, line: str | None) -> str:
    """The text with the key's line exchanged or taken out; a new one goes before the first table."""
    lines = text.splitlines()
    own = re.compile(rf"""\s*(["']?){re.escape(key)}\1\s*=""")
    table = next((at for at, each in enumerate(lines) if each.lstrip().startswith("[")), len(lines))
    place = next((at for at, each in enumerate(lines[:table]) if own.match(each)), None)
    if place is not None:
        lines[place : place + 1] = [] if line is None else [line]
    elif line is not None:
        while table and not lines[table - 1].strip():
            table -= 1
        lines.insert(table, line)
    return "\n".join(lines) + "\n" if lines else ""


def _text() -> str:
    """The file's text, empty when there is none; SettingError when it cannot be read."""
    file = path()
    try:
        with open(file, "rb") as opened:
            content = opened.read(_LARGEST + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingError(f"{file} cannot be read: {error.strerror or error}") from None
    if len(content) > _LARGEST:
        raise SettingError(f"{file} is more than {_LARGEST:,} bytes long; a settings file is a few lines of text")
    try:
        return decoded(content)
    except ValueError as error:
        raise SettingError(f"{file} is {error}") from None


def _replace(text: str) -> None:
    """Put the new text in the file's place in one move: whoever reads meanwhile sees the old one or the new one."""
    # A link to a file kept elsewhere stays a link.
    file = Path(os.path.realpath(path()))
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_text(text, encoding="utf-8", newline="\n")
            os.replace(beside, file)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise SettingError(f"{file} cannot be written: {error.strerror or error}") from None


def _broken(error: Exception) -> str:
    where = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a number too long or tables too deep"
    return f"{path()} is broken TOML: {where}"
