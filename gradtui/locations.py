"""Where things are: shipped scenarios, files that belong to the package, the folders for caches and settings."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

#: Names another cache folder, for instance on a disk that a cluster's nodes share.
CACHE_VARIABLE = "GRADTUI_CACHE_DIR"

#: Names another folder for the settings file.
CONFIG_VARIABLE = "GRADTUI_CONFIG_DIR"


def shipped_scenarios() -> Path:
    """The folder of the shipped scenarios: inside the package when installed, beside it in a checkout."""
    installed = _PACKAGE / "shipped_scenarios"
    return installed if installed.is_dir() else _PACKAGE.parent / "scenarios"


def digits_file() -> Path:
    """The handwritten digits that the task `digits` reads."""
    return _PACKAGE / "tasks" / "digits.npz"


def cache_folder() -> Path:
    """The folder for what can be made again: compiled kernels. It need not exist yet."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("gradtui", appauthor=False))


def settings_file() -> Path:
    """What a person has chosen for good. It need not exist."""
    chosen = os.environ.get(CONFIG_VARIABLE)
    if chosen:
        return Path(chosen).expanduser() / "settings.toml"
    import platformdirs

    return Path(platformdirs.user_config_dir("gradtui", appauthor=False)) / "settings.toml"
