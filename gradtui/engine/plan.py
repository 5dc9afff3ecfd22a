"""The plan of a feed-forward network: which layers there are and which regions they own, before there is any memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradtui.engine.ground import Ground
from gradtui.engine.layers import Layer
from gradtui.engine.randomness import Stream
from gradtui.engine.stages import Deltas, Spare
from gradtui.scenario.architecture import LayerSpec, Size
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

#: At most so many examples, and so many numbers of one layer, go through the network at once when a whole data set is
#: evaluated.
CHUNK, CHUNK_NUMBERS = 512, 2**20


@dataclass
class Plan(Ground):
    """Everything about a network that is known before there is memory: layers, shared regions, programs.

    `matrices` are the layers' own first, in their order, then those of gates and projections; `deltas` are where the
    signal travels back. The streams key the draws of the layers' own weights and biases.
    """

    specs: tuple[LayerSpec, ...]
    layers: list[Layer] = field(default_factory=list)
    weight_stream: Stream = Stream.WEIGHT
    bias_stream: Stream = Stream.BIAS

    @property
    def largest(self) -> int:
        """The most numbers of one example that any layer reads or makes."""
        sizes = (size for spec in self.specs for size in (spec.source, spec.size, spec.joined))
        return max(size.numbers for size in sizes)

    @property
    def chunk(self) -> int:
        """How many examples go through at once outside training."""
        return max(min(CHUNK, CHUNK_NUMBERS // self.largest), 1)

    @property
    def deltas(self) -> Deltas:
        return Deltas((self.regions["delta_a"], self.regions["delta_b"]))

    def spare(self, examples: int) -> Spare:
        """Memory for a pass of so many examples outside training."""
        buffers = [region for name, region in self.regions.items() if name.startswith("pass_buffer_")]
        return Spare(examples, buffers, self.regions["pass_stream"], self.regions["pass_inverse"])


def inputs_of(scenario: Scenario, dataset: Dataset) -> Size:
    """The size of one example as the first layer reads it; ScenarioError where that must be an image and is none."""
    if scenario.network.kind != "cnn":
        return Size(1, 1, dataset.train_inputs.shape[1])
    if dataset.image is None:
        raise ScenarioError(
            f'network.kind = "cnn" needs images, but {dataset.title} has none: take task.name = "digits", '
            "or an NPZ file whose x has the shape (examples, height, width) or (examples, height, width, channels)"
        )
    return Size(*dataset.image)


def refuse_smoothing(scenario: Scenario, dataset: Dataset) -> None:
    """Raises ScenarioError where `label_smoothing` has no labels to smooth."""
    if scenario.task.label_smoothing > 0.0 and dataset.loss != "cross_entropy":
        raise ScenarioError(
            f"task.label_smoothing = {scenario.task.label_smoothing} needs the loss cross_entropy, "
            f"but {scenario.task.name} is learned with {dataset.loss}: set it to 0"
        )
