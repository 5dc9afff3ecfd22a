"""The plan of two adversaries: three chains of layers in one arena, and what they share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from gradtui.engine.construction import lay_out
from gradtui.engine.ground import Ground, batch_of, reserve_clock, reserve_examples
from gradtui.engine.kernels.adversarial_losses import GAMES, Game
from gradtui.engine.layout import Borrowed, Layout, Region
from gradtui.engine.plan import Plan
from gradtui.engine.randomness import Stream, normals
from gradtui.scenario import adversaries, architecture
from gradtui.scenario.architecture import LayerSpec, Size
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset
from gradtui.tasks.imitations import imitated

#: Latent points that stay the same, by which a generator is measured.
FIXED = 256
#: What a discriminator and its second self have in common: all that is trained or kept, and the numbers it is bent by.
_TRAINED = ("vectors", "bend", "norm_settings", "dropout_rate", "skip_scale", "saturates_below")


@dataclass(frozen=True)
class Pair:
    """Two adversaries, laid out.

    `ground` has clock, history and data. `discriminator` reads as many examples of the data as samples, data first;
    `judge` is the same discriminator with the same weights, but of samples alone: through it the generator hears.
    """

    scenario: Scenario
    game: Game
    ground: Ground
    generator: Plan
    discriminator: Plan
    judge: Plan

    @property
    def batch(self) -> int:
        """Samples in a batch."""
        return self.ground.batch


def plan(scenario: Scenario, given: Dataset) -> Pair:
    """Lay out the adversaries of a scenario that play for this data. Raises ScenarioError where they do not fit."""
    name = adversaries.game(scenario.task)
    data = imitated(given, name)
    layout = Layout()
    ground = Ground(scenario, data, batch_of(scenario, data), layout=layout)
    reserve_clock(ground)
    reserve_examples(_with_numbers(ground))
    ground.reserve("last_norm", "float64", 0, 1)
    ground.reserve("feed_clock", "int64", 4)
    ground.reserve("judge_clock", "int64", 4)
    ground.reserve("noise", "real", ground.batch, scenario.generator.latent)
    ground.reserve("weight_bound", "float64", 1)
    generator = _generator(scenario, ground)
    discriminator = _discriminator(scenario, ground)
    largest = max(discriminator.regions[name].size for name in ("clipped", "vectors"))
    ground.reserve("before", "real", largest)
    return Pair(scenario, GAMES[name], ground, generator, discriminator, _judge(discriminator, ground))


def _with_numbers(ground: Ground) -> Ground:
    """The same ground, whose game is none of the losses of a single network: only its targets' form matters here."""
    return replace(ground, dataset=_as_numbers(ground.dataset))


def _as_numbers(data: Dataset) -> Dataset:
    return replace(data, loss="mse")


def fixed_points(scenario: Scenario) -> NDArray[np.float64]:
    """The latent points that stay the same, (FIXED, latent)."""
    latent = scenario.generator.latent
    return normals(scenario.seed, Stream.LATENT, 0, FIXED * latent).reshape(FIXED, latent)


def generator_layers(scenario: Scenario, numbers: int) -> tuple[LayerSpec, ...]:
    """The generator's layers, which make samples of so many numbers."""
    own = adversaries.generator_network(scenario)
    specs = architecture.layers(own, Size(1, 1, scenario.generator.latent), numbers)
    return (*specs[:-1], replace(specs[-1], ends=scenario.generator.output))


def discriminator_layers(scenario: Scenario, numbers: int) -> tuple[LayerSpec, ...]:
    """The discriminator's layers."""
    return architecture.layers(scenario.network, Size(1, 1, numbers), 1)


def _generator(scenario: Scenario, ground: Ground) -> Plan:
    points = fixed_points(scenario)
    numbers = ground.dataset.train_inputs.shape[1]
    data = Dataset(
        title="latent points",
        loss="mse",
        outputs=numbers,
        classes=(),
        input_names=(),
        train_inputs=points,
        train_targets=np.zeros((FIXED, numbers)),
        test_inputs=points,
        test_targets=np.zeros((FIXED, numbers)),
    )
    own = msgspec.structs.replace(
        scenario,
        network=adversaries.generator_network(scenario),
        optimizer=adversaries.generator_optimizer(scenario),
    )
    lent = {"history": ground.regions["history"]}
    return lay_out(
        Plan(
            own,
            data,
            ground.batch,
            generator_layers(scenario, numbers),
            layout=Borrowed(ground.layout, lent),
            weight_stream=Stream.GENERATOR_WEIGHT,
            bias_stream=Stream.GENERATOR_BIAS,
        )
    )


def _discriminator(scenario: Scenario, ground: Ground) -> Plan:
    names = ("history", "report", "train_inputs", "train_targets")
    lent = {name: ground.regions[name] for name in names}
    specs = discriminator_layers(scenario, ground.dataset.train_inputs.shape[1])
    data = _as_numbers(ground.dataset)
    return lay_out(Plan(scenario, data, 2 * ground.batch, specs, layout=Borrowed(ground.layout, lent)))


def _judge(discriminator: Plan, ground: Ground) -> Plan:
    own = discriminator.regions
    lent: dict[str, Region] = {name: own[name] for name in _TRAINED}
    lent |= {name: region for name, region in own.items() if name.startswith(("pass_", "train_", "history"))}
    lent |= {region.name: region for region in _kept(discriminator)}
    lent["clock"] = ground.regions["judge_clock"]
    specs, data = discriminator.specs, discriminator.dataset
    layout = Borrowed(ground.layout, lent)
    return lay_out(Plan(discriminator.scenario, data, ground.batch, specs, layout=layout))


def _kept(discriminator: Plan) -> list[Region]:
    """The matrices and running statistics themselves."""
    matrices = [matrix.values for matrix in discriminator.matrices]
    return [*matrices, *(region for layer in discriminator.layers for _, region in layer.kept())]
