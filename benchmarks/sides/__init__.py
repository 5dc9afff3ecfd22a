"""The sides of the comparison. Each turns a case into a function that makes steps; a library is imported by its own
side only, and only when that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from benchmarks.cases import Case

#: Make so many steps, or somewhat more where steps go by the bundle; returns how many were made.
Steps = Callable[[int], int]

#: Module and function of each side.
SIDES = {
    "gradtui": ("engine", "gradtui"),
    "torch": ("pytorch", "eager"),
    "torch-compile": ("compiled", "compiled"),
    "jax": ("xla", "jax"),
    "floor": ("engine", "floor"),
}


def build(name: str, case: Case) -> Steps:
    """A side, ready to step. Raises ImportError where its library is missing, or has no such network here."""
    if case.convolutional and name not in ("gradtui", "torch"):
        raise ImportError("convolutions are compared with PyTorch's eager step alone")
    module, function = SIDES[name]
    if case.recurrent and name != "gradtui":
        module, function = _recurrent(name, case)
    if case.attends and name != "gradtui":
        if name not in ("torch", "jax"):
            raise ImportError("transformers are compared with PyTorch's eager step and JAX")
        module, function = ("attention_torch", "eager") if name == "torch" else ("attention_xla", "jax")
    side: Callable[[Case], Steps] = getattr(import_module(f"benchmarks.sides.{module}"), function)
    return side(case)


def _recurrent(name: str, case: Case) -> tuple[str, str]:
    """Where the side of a recurrent case is."""
    fused = case.variant.endswith("-fused")
    if name == "torch":
        return "recurrent_torch", "fused" if fused else "eager"
    if name == "jax" and not fused:
        return "recurrent_xla", "jax"
    if fused:
        raise ImportError("fused layers are PyTorch's own")
    raise ImportError("recurrent networks are compared with PyTorch's eager step and JAX")
