"""Scenario files: finding them by name or path, and reading them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from msgspec.structs import replace

from gradtui import locations
from gradtui.scenario import validation
from gradtui.scenario.errors import ScenarioError, did_you_mean, nearest
from gradtui.scenario.model import Scenario
from gradtui.scenario.utf8 import decoded

#: The order of the groups in the library; others follow, by name.
GROUPS = (
    "Why it vanishes",
    "Cures",
    "Depth",
    "Time",
    "Attention",
    "Adversaries",
    "Numbers",
)

#: The scenario that a newcomer should open first leads its group, and so the gallery.
FIRST = "sigmoid-deep"

_LARGEST = 1_000_000


def load(name_or_path: str | os.PathLike[str]) -> Scenario:
    """Read a shipped scenario by name or a scenario file by path; ScenarioError names every mistake in it. With a slash
    and a variant's name behind it, it is that variant of it.

    `task.path` comes out absolute: in the file it is relative to the file's own folder.
    """
    source, variant = parted(name_or_path)
    scenario = _read(locate(source))
    if not variant:
        return scenario
    from gradtui.scenario import families

    return families.find(scenario, variant)


def expected_of(name_or_path: str | os.PathLike[str]) -> Scenario:
    """The scenario whose claims are to be checked: as it is, or of `name/variant` the family with the claims in which
    that variant has a part."""
    source, variant = parted(name_or_path)
    scenario = _read(locate(source))
    if not variant:
        return scenario
    from gradtui.scenario import families

    return families.about(scenario, variant)


def parted(name_or_path: str | os.PathLike[str]) -> tuple[str | os.PathLike[str], str]:
    """(name or path, variant) of `name/variant` and `path/variant`; the variant is empty where none is named."""
    given = os.fspath(name_or_path)
    source, slash, variant = given.rpartition("/")
    if isinstance(name_or_path, os.PathLike) or not slash or not variant or os.path.lexists(given):
        return name_or_path, ""
    if source in names() or Path(source).expanduser().is_file():
        return source, variant
    # A shipped name written wrongly, rather than a file in a folder that is not there.
    if "/" not in source and not variant.endswith(".toml") and not os.path.isdir(source) and nearest(source, names()):
        return source, variant
    return name_or_path, ""


def _read(path: Path) -> Scenario:
    scenario = validation.read(_tables(path), path.name)
    if not scenario.name:
        scenario = replace(scenario, name=path.stem)
    if scenario.task.path:
        beside = path.absolute().parent / Path(scenario.task.path).expanduser()
        scenario = replace(scenario, task=replace(scenario.task, path=str(beside)))
    return scenario


def locate(name_or_path: str | os.PathLike[str]) -> Path:
    """The file that a shipped name or a path stands for; ScenarioError when it is neither."""
    given = os.fspath(name_or_path)
    shipped = names()
    if given in shipped:
        return locations.shipped_scenarios() / f"{given}.toml"
    path = Path(given).expanduser()
    if isinstance(name_or_path, os.PathLike) or given.endswith(".toml") or os.sep in given or path.exists():
        return path
    raise ScenarioError(
        f"there is no shipped scenario `{given}`, nor a file of that name; `gradtui scenarios` lists what is "
        f"shipped{did_you_mean(given, shipped)}"
    )


def names() -> tuple[str, ...]:
    """The names of the shipped scenarios, sorted."""
    return tuple(sorted(path.stem for path in locations.shipped_scenarios().glob("*.toml")))


def library() -> tuple[tuple[str, Scenario], ...]:
    """Every shipped scenario with its name, group by group."""
    folder = locations.shipped_scenarios()
    scenarios = [(name, _read(folder / f"{name}.toml")) for name in names()]
    return tuple(sorted(scenarios, key=lambda entry: (*_place(entry[1].group), entry[0] != FIRST, entry[0])))


def source_text(name_or_path: str | os.PathLike[str]) -> str:
    """The text of a scenario file as it stands; ScenarioError when it cannot be read. That of a variant is a file of
    its own, with what it changes on top."""
    source, variant = parted(name_or_path)
    if not variant:
        return _text(locate(source))
    from gradtui.scenario import families
    from gradtui.scenario.writing import to_toml

    family = _read(locate(source))
    chosen = families.find(family, variant)
    if chosen is family:
        return _text(locate(source))
    changes = next(each.set for each in family.variant if each.name == variant)
    heading = [f"# {source} with these changes:", *(f"#   {change}" for change in changes)]
    return "\n".join([*heading, "", to_toml(chosen)])


def _place(group: str) -> tuple[int, str]:
    return (GROUPS.index(group) if group in GROUPS else len(GROUPS), group)


def _tables(path: Path) -> dict[str, object]:
    text = _text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path.name}: broken TOML: {error}") from None
    except (ValueError, RecursionError):
        # A number of thousands of digits, tables in tables without end.
        raise ScenarioError(f"{path.name}: broken TOML: a number too long or tables nested too deeply") from None


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        siblings = [sibling.name for sibling in path.parent.glob("*.toml")]
        raise ScenarioError(f"{path}: there is no such file{did_you_mean(path.name, siblings)}") from None
    except IsADirectoryError:
        raise ScenarioError(f"{path}: this is a folder; name one of the scenario files in it") from None
    except PermissionError:
        raise ScenarioError(f"{path}: this file may not be read by you") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise ScenarioError(f"{path}: the file cannot be read: {reason}") from None
    if len(content) > _LARGEST:
        raise ScenarioError(f"{path}: more than {_LARGEST:,} bytes; a scenario file is a few lines of text")
    try:
        return decoded(content)
    except ValueError as error:
        raise ScenarioError(f"{path}: {error}") from None
