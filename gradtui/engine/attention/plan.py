"""The plan of a transformer: its blocks, its taps, and which regions they own, before there is any memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradtui.engine.attention.halves import AttentionHalf, FeedForwardHalf, Half
from gradtui.engine.attention.parts import Linear, RowNorm, Tap
from gradtui.engine.ground import Ground
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix
from gradtui.engine.parameters import Parameter
from gradtui.engine.stages import Deltas
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Network, Scenario
from gradtui.scenario.ranges import MOST_NUMBERS, MOST_WEIGHTS
from gradtui.tasks.dataset import Dataset

#: At most so many time steps go through the network at once when a whole data set is evaluated.
CHUNK_ROWS = 4096
#: Units are judged dead over so many training examples at most: pools of sequences are large, and drawn alike.
CENSUS = 2000


@dataclass(frozen=True)
class Block:
    """One block of a transformer."""

    attention: AttentionHalf
    feedforward: FeedForwardHalf

    @property
    def halves(self) -> tuple[Half, Half]:
        return self.attention, self.feedforward


@dataclass
class TransformerPlan(Ground):
    """Everything about a transformer that is known before there is memory.

    `embed` is None where tokens are looked up in the first tap's matrix. `learned` holds positions that are trained.
    `parameters` are all of them, named as PyTorch names them. `pass_roles` are the regions that every block uses
    outside training, by half.
    """

    taps: list[Tap] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    embed: Linear | None = None
    learned: Matrix | None = None
    norm: RowNorm | None = None
    output: Linear | None = None
    parameters: list[Parameter] = field(default_factory=list)
    pass_roles: tuple[dict[str, Region], dict[str, Region]] = field(default_factory=lambda: ({}, {}))

    @property
    def network(self) -> Network:
        return self.scenario.network

    @property
    def steps(self) -> int:
        return self.dataset.steps

    @property
    def rows(self) -> int:
        """Time steps of a batch."""
        return self.batch * self.steps

    @property
    def answered(self) -> int:
        """How many answers a batch asks for: one a time step, or one an example."""
        return self.rows if self.dataset.per_step else self.batch

    @property
    def chunk(self) -> int:
        """How many examples go through at once outside training."""
        return max(CHUNK_ROWS // self.steps, 1)

    @property
    def hidden(self) -> int:
        """Units of the feed-forward layers."""
        return self.network.feedforward or 4 * self.network.width

    @property
    def drops(self) -> bool:
        return self.network.dropout > 0.0

    @property
    def deltas(self) -> Deltas:
        """Where the signal travels back."""
        return Deltas((self.regions["delta_a"], self.regions["delta_b"]))

    def index_of(self, name: str) -> int:
        """The number of a tap."""
        return next(index for index, tap in enumerate(self.taps) if tap.name == name)


def refuse_large(scenario: Scenario, dataset: Dataset, padded: int) -> None:
    """Raises ScenarioError where weights, or what is kept of one example, are too many."""
    network, steps = scenario.network, dataset.steps
    width, hidden = network.width, network.feedforward or 4 * network.width
    weights = network.depth * (4 * width**2 + 2 * width * hidden)
    if weights > MOST_WEIGHTS:
        raise ScenarioError(
            f"network.depth {network.depth}, network.width {width:,} and network.feedforward {hidden:,} make "
            f"{weights:,} weights; at most {MOST_WEIGHTS:,} are allowed"
        )
    numbers = network.depth * (steps * (8 * width + 2 * hidden) + network.heads * padded**2)
    if numbers > MOST_NUMBERS:
        raise ScenarioError(
            f"a transformer of {network.depth} blocks keeps {numbers:,} numbers of one example of {steps:,} time "
            f"steps; at most {MOST_NUMBERS:,} are allowed: take a smaller task.length, depth, width or fewer heads"
        )
