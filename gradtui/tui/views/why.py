"""The view why."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.views.view import View

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot


class WhyView(View):
    """Nothing yet."""

    title: ClassVar[str] = "Why"

    def __init__(self, shared: LayerRows, *, id: str = "why") -> None:
        super().__init__(id=id)

    def show(self, snapshot: Snapshot) -> None:
        return
