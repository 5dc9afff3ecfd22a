"""What is wrong with a task's data, in one sentence."""

from __future__ import annotations

from gradtui.scenario.errors import ScenarioError


class TaskError(ScenarioError):
    """A task that cannot be made, or a file that cannot be learned from."""
