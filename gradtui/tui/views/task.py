"""The view task."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.views.view import View

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot


class TaskView(View):
    """Nothing yet."""

    title: ClassVar[str] = "Task"

    def __init__(self, shared: LayerRows, *, id: str = "task") -> None:
        super().__init__(id=id)

    def show(self, snapshot: Snapshot) -> None:
        return
