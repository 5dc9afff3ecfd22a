"""Snapshot: everything a screen may show, frozen; and the commands it may send back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradtui.lab.inspection import Inspection
    from gradtui.lab.sight import Sight
    from gradtui.profile import GradientProfile
    from gradtui.scenario.model import Scenario
    from gradtui.theory import Prediction


class Judged(Protocol):
    """What the lab knows of a verdict; `diagnosis.Verdict` is one."""

    @property
    def kind(self) -> str: ...
    @property
    def sentence(self) -> str: ...


class State(Enum):
    """What the worker is doing."""

    STARTING = "starting"
    COMPILING = "compiling"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(frozen=True)
class Compiling:
    """Progress of the first start: kernel number `done + 1` of `total` is being compiled."""

    done: int
    total: int
    kernel: str


@dataclass(frozen=True)
class Curves:
    """Loss and accuracy over the steps. The batch's are thinned means; the held-out ones are as measured. Of two
    adversaries the loss is the discriminator's, and the generator's is measured with the held-out ones."""

    steps: tuple[int, ...] = ()
    loss: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()
    held_out_steps: tuple[int, ...] = ()
    held_out_loss: tuple[float, ...] = ()
    held_out_accuracy: tuple[float, ...] = ()
    generator_loss: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class History:
    """Past profiles of this run, oldest first: `steps` of shape (n,), and for each gauge of `timeline.KEPT` its values
    of shape (n, taps). Thinned evenly, never averaged; nothing of it is ever written again."""

    steps: NDArray[np.int64]
    values: Mapping[str, NDArray[np.float64]]

    def __getitem__(self, gauge: str) -> NDArray[np.float64]:
        return self.values[gauge]


@dataclass(frozen=True)
class Refusal:
    """A change that was not made, and why."""

    ticket: int
    reason: str


@dataclass(frozen=True)
class Snapshot:
    """One look at the worker. The same object is handed out until something has changed.

    `revision` grows by one with every change. `profile` is the newest one, `first` the one at step 0 of this run (the
    ghost), `theory` what was to be expected there, `history` what came between. `inspection` and `sight` are what the
    last `Watch` asked for, None when it did not. `verdicts` are those that hold, the gravest first; `verdict` and
    `verdict_kind` are the first one's. `loaded` is the scenario as it came from its file, `scenario` with
    what was changed by hand. `answered` counts the commands that were carried out or refused, `settled` is the ticket
    of the last change among them, `refusals` are the last refused ones. `message` says what the last command did, or
    why it was refused; `problem` is set when state is FAILED.
    """

    revision: int
    state: State
    scenario: Scenario
    loaded: Scenario
    step: int = 0
    steps_per_second: float = 0.0
    profile: GradientProfile | None = None
    first: GradientProfile | None = None
    theory: Prediction | None = None
    curves: Curves = Curves()
    history: History | None = None
    evaluation: Mapping[str, float] | None = None
    inspection: Inspection | None = None
    sight: Sight | None = None
    verdict: str = ""
    verdict_kind: str = ""
    verdicts: tuple[Judged, ...] = ()
    message: str = ""
    refused: bool = False
    answered: int = 0
    settled: int = 0
    refusals: tuple[Refusal, ...] = ()
    compiling: Compiling | None = None
    problem: str = ""


@dataclass(frozen=True)
class Pause:
    """Stop stepping; nothing is lost."""


@dataclass(frozen=True)
class Resume:
    """Go on stepping."""


@dataclass(frozen=True)
class StepOnce:
    """Pause, then run exactly `count` steps."""

    count: int = 1


@dataclass(frozen=True)
class Restart:
    """Begin again at step 0 with the same seed: the same run."""


@dataclass(frozen=True)
class Change:
    """Assignments in dotted form, `optimizer.lr=0.05`; live where possible, else a rebuild with the same seed.

    Changes of one `movement`, a slider being drawn, are undone together; 0: a change of its own. The snapshot names
    the `ticket` once the change is made or refused; whoever sends changes numbers them upwards from 1.
    """

    assignments: tuple[str, ...]
    movement: int = 0
    ticket: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Undo:
    """Take the last change back."""


@dataclass(frozen=True)
class Redo:
    """Make the change again that was taken back last."""


@dataclass(frozen=True)
class Reset:
    """Back to the scenario as it came from its file."""


@dataclass(frozen=True)
class Pace:
    """At most this many steps a second; None: as fast as the machine can."""

    steps_per_second: float | None


@dataclass(frozen=True)
class Watch:
    """Measure these too, beside the profile: the tap of number `layer` from near by, and the task as the network sees
    it. What is not watched costs nothing."""

    layer: int | None = None
    task: bool = False


Command = Pause | Resume | StepOnce | Restart | Change | Undo | Redo | Reset | Pace | Watch
