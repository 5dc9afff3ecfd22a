"""What one key of a scenario means."""

from __future__ import annotations

from typing import NamedTuple


class InTorch(NamedTuple):
    """Where PyTorch has a key, `SGD.momentum` or `Adam.betas[0]`, and its default there. `of` holds the choices that
    are PyTorch's class; empty: whatever is chosen."""

    path: str
    value: float | str
    of: tuple[str, ...] = ()


class Meaning(NamedTuple):
    """A key in one line, the formula it stands in, the paper it comes from, and PyTorch's defaults."""

    what: str
    formula: str = ""
    paper: str = ""
    torch: tuple[InTorch, ...] = ()
