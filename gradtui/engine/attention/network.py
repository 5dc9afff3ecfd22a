"""Transformer encoders, built."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import knobs, readout
from gradtui.engine.attention import programs
from gradtui.engine.attention.close_up import TapCloseUp
from gradtui.engine.attention.construction import plan
from gradtui.engine.attention.parts import Tap
from gradtui.engine.attention.plan import CENSUS
from gradtui.engine.attention.reading import gains, sinusoids
from gradtui.engine.built import Built
from gradtui.engine.chunks import chunks, held_out
from gradtui.engine.compile import OnCompile
from gradtui.engine.initial import initial_bias, initial_weight
from gradtui.engine.kernels.activation import ACTIVATIONS
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix
from gradtui.engine.parameters import Parameter
from gradtui.engine.plan import refuse_smoothing
from gradtui.engine.program import LinkedProgram, Program
from gradtui.engine.randomness import Stream, normals
from gradtui.engine.updating import Clipping
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

Array = NDArray[Any]
Floats = NDArray[np.float64]


class Transformer(Built):
    """A transformer encoder. Not safe to share between threads."""

    def __init__(self, scenario: Scenario, dataset: Dataset, on_compile: OnCompile | None = None) -> None:
        self._plan = plan(scenario, dataset)
        self._close_up: TapCloseUp | None = None
        self._census_step = -1
        self._dead = np.zeros(len(self._plan.taps))
        self._evaluations: dict[int, LinkedProgram] = {}
        self._answering: dict[tuple[int, bool], tuple[LinkedProgram, Region]] = {}
        self.taps = tuple(tap.name for tap in self._plan.taps)
        super().__init__(scenario, self._plan, on_compile=on_compile)
        self._prepare_looking()

    def _prepare_looking(self) -> None:
        """Fill what gauges read and nothing ever changes."""
        activation = ACTIVATIONS[self._plan.network.activation]
        bounds = [activation.saturates_below if tap.slope else 0.0 for tap in self._plan.taps]
        self._view("saturates_below")[:, 0] = bounds
        self._view("whole_bits")[:] = -1
        self._view("live")[:] = -1
        rows, steps = self._plan.rows, self._plan.steps
        for row in range(steps - 1, rows, steps):
            self._view("late")[row // 64] |= np.left_shift(np.int64(1), np.int64(row % 64))

    # Programs

    def _training_step(self, form: Any) -> Program:
        return programs.training_step(self._plan, form)

    def _look_program(self) -> Program:
        return programs.look(self._plan)

    def _later_routines(self) -> list[str]:
        return programs.later_routines(self._plan)

    @cached_property
    def _inspect(self) -> LinkedProgram:
        return self._link(programs.inspection_of(self._plan))

    def _list_parameters(self) -> list[Parameter]:
        return self._plan.parameters

    def set_knobs(self, scenario: Scenario) -> None:
        refuse_smoothing(scenario, self.dataset)
        network = scenario.network
        self._form = Clipping.of(scenario.optimizer)
        bend = ACTIVATIONS[self._plan.network.activation].bend
        self._view("knobs")[:] = knobs.values(scenario)
        self._view("smoothing")[:] = scenario.task.label_smoothing
        self._view("skip_scale")[:] = network.skip_scale
        self._view("embedding_scale")[:] = network.embedding_scale
        self._view("dropout_rate")[:] = network.dropout
        self._view("bend")[:] = getattr(network, bend) if bend else 0.0

    # First values

    @np.errstate(over="ignore")  # weights beyond the number format begin at inf, and are shown as that
    def _draw_weights(self) -> None:
        made, network, seed = self._plan, self.scenario.network, self.scenario.seed
        width = network.width
        self._view("norm_settings")[:] = (network.norm_eps or 1e-5, 0.0)
        if network.positions == "sinusoidal":
            self._view("positions")[:] = sinusoids(made.steps, width)
        for matrix in made.matrices:
            rows, columns = matrix.values.shape
            if matrix.stream == Stream.POSITIONS or (matrix.stream == Stream.EMBEDDING and made.embed is None):
                drawn = normals(seed, matrix.stream, 0, rows * columns).reshape(rows, columns)
            elif matrix.name.endswith(("norm1.weight", "norm2.weight")) or matrix.name == "norm.weight":
                drawn = np.ones((rows, columns))
            else:
                drawn = initial_weight(network, seed, matrix.place, (rows, columns), stream=matrix.stream)
            self._view(matrix.values)[:] = drawn
        for name, values, _ in made.trained:
            self._view(values)[:] = 0.0
            drawn_by = self._drawn_by(name)
            if drawn_by:
                biases = [
                    initial_bias(network, seed, matrix.place, matrix.values.shape[0], matrix.values.shape[1])
                    for matrix in drawn_by
                ]
                self._view(values)[:] = np.concatenate(biases)

    def _drawn_by(self, name: str) -> list[Matrix]:
        """The matrices of whose product this is the bias; none where it is the shift of a norm."""
        key = name.removesuffix("bias")
        matrices = self._plan.matrices
        if key.endswith("in_proj_"):
            begin = f"{key.removesuffix('_')}."
            return [matrix for matrix in matrices if matrix.name.startswith(begin)]
        return [m for m in matrices if m.name == f"{key}weight" and "norm" not in key]

    # Reading

    def gauges(self, count_dead: bool = True) -> dict[str, Floats]:
        self.look()
        self._inspect.run()
        if count_dead:
            self._count_dead()
        taps = self._plan.taps
        count = len(taps)
        batch = self._plan.batch
        entries = np.array([tap.rows * tap.units for tap in taps], dtype=np.float64)
        weights = np.array([tap.matrix.values.size for tap in taps], dtype=np.float64)
        units = np.array([tap.units for tap in taps], dtype=np.float64)
        unknown = np.full(count, np.nan)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            mean, deviation = readout.spread(self._view("activation_sums"), entries)
            norm = readout.root(self._view("gradient_sums")[:count, :3])
            update, way = self._view("update_sums")[:count], self._view("distance_sums")
            above = readout.root(np.stack(self._signals)) / np.sqrt(entries)
            counts, gradient = self._view("counts"), self._view("gradient_sums")[:count]
            clipped = readout.clipped_share(norm, self._view("clipped_sums")[:count], self._view("scalars"))
            return {
                "grad_rms": norm / np.sqrt(weights),
                "grad_norm": norm,
                "delta_rms": above * batch,
                "update_ratio": readout.root(update[:, :3]) / readout.root(update[:, 3:]) if self._stepped else unknown,
                "clipped": clipped if self._stepped else unknown,
                "activation_mean": mean,
                "activation_std": deviation,
                "saturated": self._view("activation_sums")[:, 3] / entries,
                "nonfinite": gradient[:, 3].copy(),
                "underflow": np.where(self._closed(), 0.0, counts[:, 0] / weights),
                **gains(taps, above, self._view, self._scales()),
                "zero_batch": counts[:, 1] / units,
                "dead": self._dead.copy(),
                "similarity": self._view("similarity")[:, 0].copy(),
                "distance": readout.root(way[:, :3]) / readout.root(way[:, 3:]),
                "turn": gradient[:, 5].copy(),
                "slope_grad_rms": unknown,
            }

    @cached_property
    def _signals(self) -> list[Array]:
        """Where the squares of each tap's signal are kept, (3,) each."""
        return [self._view(tap.signal) for tap in self._plan.taps]

    def _scales(self) -> Floats:
        """By what each half's sum has multiplied its branch in the measured step."""
        used: Floats = self._view("skip_used")[:, 0].astype(np.float64)
        return used if self._plan.network.skip == "residual" else np.ones_like(used)

    def _closed(self) -> NDArray[np.bool_]:
        """Whether no signal can come to a tap's weights, by construction: a branch that counts for nothing, or queries
        and keys where there is only one time step to look at."""
        scales = self._scales()
        return np.array([self._is_closed(tap, scales) for tap in self._plan.taps])

    def _is_closed(self, tap: Tap, scales: Floats) -> bool:
        block, _, short = tap.name.partition(".")
        if not short:
            return False
        half = 2 * (int(block) - 1) + (short in ("norm2", "ff1", "ff2"))
        normed_behind = short.startswith("norm") and self._plan.network.skip_form == "post"
        alone = self._plan.steps == 1 and short in ("q", "k")
        return alone or (not normed_behind and bool(scales[half] == 0.0))

    def activations(self) -> list[Array]:
        """Each tap's output on the last measured batch, a row for each time step: copies."""
        self.look()
        return [self._view(tap.output)[:, tap.start : tap.start + tap.units].copy() for tap in self._plan.taps]

    def attention_weights(self, block: int) -> Array:
        """What each time step looked at in a block (counted from 0) on the last measured batch: (batch, heads, queries,
        keys), before dropout; a copy."""
        self.look()
        steps = self._plan.steps
        weights = self._view(self._plan.blocks[block].attention.kept.by_example("weights"))
        return weights[:, :, :steps, :steps].swapaxes(2, 3).copy()

    def batch(self, step: int) -> tuple[Array, Array]:
        """(inputs, targets) of training step `step`: copies; inputs are (batch, steps, features) or, where they are
        tokens, (batch, steps)."""
        inputs, targets = self._fed(step)
        return (inputs if self.dataset.vocabulary else inputs.reshape(len(inputs), self._plan.steps, -1)), targets

    def _new_weights(self) -> None:
        self._census_step = -1

    # Whole data sets

    def evaluate(self) -> dict[str, float]:
        return held_out(self.dataset, self._plan.chunk, self._held_out)

    def _held_out(self, start: int, examples: int) -> Array:
        data = self.dataset
        if examples not in self._evaluations:
            self._evaluations[examples] = self._link(programs.held_out(self._plan, examples))
        self._view("pass_x")[:examples] = data.test_inputs[start : start + examples]
        self._view("pass_targets")[:examples] = data.test_targets[start : start + examples]
        self._evaluations[examples].run()
        return self._view("pass_report")

    def outputs(self, inputs: Array) -> Array:
        """What the network answers to inputs (n, columns) or (n, steps, features) outside training: (n, outputs), or
        (n, steps, outputs) where every time step is asked; before any softmax."""
        rows = inputs.reshape(len(inputs), -1)
        found = []
        for start, examples in chunks(len(rows), self._plan.chunk):
            answers = self._answers(rows[start : start + examples], census=False)
            found.append(answers.reshape(examples, *([self._plan.steps] if self.dataset.per_step else []), -1).copy())
        return np.concatenate(found)

    def _answers(self, inputs: Array, census: bool) -> Array:
        examples = len(inputs)
        if (examples, census) not in self._answering:
            program, region = programs.evaluation(self._plan, examples, census)
            self._answering[examples, census] = self._link(program), region
        linked, region = self._answering[examples, census]
        self._view("pass_x")[:examples] = inputs
        linked.run()
        return self._view(region)

    def _count_dead(self) -> None:
        """Count hidden units without a slope on any of the first training examples, unless that was done already."""
        if self._census_step == self.step_count or not ACTIVATIONS[self._plan.network.activation].flat:
            return
        self._census_step = self.step_count
        census, inputs = self._view("census"), self._view("train_inputs")[:CENSUS]
        census[:] = 0.0
        for start, examples in chunks(len(inputs), self._plan.chunk):
            self._answers(inputs[start : start + examples], census=True)
        silent = (census == 0.0).mean(axis=1)
        hidden = [index for index, tap in enumerate(self._plan.taps) if tap.slope]
        self._dead[hidden] = silent

    @property
    def weight_count(self) -> int:
        """Multiplications that one example takes: those of the products, and those of attention."""
        made = self._plan
        width, steps = made.network.width, made.steps
        blocks = len(made.blocks) * (4 * width**2 + 2 * width * made.hidden + 2 * steps * width)
        embedding = width * self.dataset.features if made.embed else 0
        return steps * (blocks + embedding) + width * self.dataset.outputs * (steps if self.dataset.per_step else 1)

    def close_up(self, index: int) -> TapCloseUp:
        self.look()
        if self._close_up is None or self._close_up.index != index:
            self._close_up = TapCloseUp(self._plan, self._arena, index)
        return self._close_up
