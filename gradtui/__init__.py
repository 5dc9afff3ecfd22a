"""gradtui: a laboratory for the vanishing-gradient problem that lives in a terminal.

The public names below are imported on first use: `import gradtui` itself costs nothing, so that the command
line answers quickly.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradtui.lab.simulation import Simulation
    from gradtui.profile import GradientProfile
    from gradtui.scenario.model import Scenario

__version__ = "0.1.0"

__all__ = ["GradientProfile", "Scenario", "Simulation", "__version__"]

_HOMES = {
    "GradientProfile": "gradtui.profile",
    "Scenario": "gradtui.scenario.model",
    "Simulation": "gradtui.lab.simulation",
}


def __getattr__(name: str) -> object:
    """Import a public name from the module it lives in (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'gradtui' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
