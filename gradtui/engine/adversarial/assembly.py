"""The programs of two adversaries: what a step, a look and the drawing of a batch are made of."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine import updating
from gradtui.engine.adversarial.plan import Pair
from gradtui.engine.assembly import later_routines as of_chain
from gradtui.engine.kernels import adversaries as kernels
from gradtui.engine.kernels import clipping, feeding
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.engine.layout import Region
from gradtui.engine.plan import Plan
from gradtui.engine.products import flat
from gradtui.engine.program import Program
from gradtui.engine.updating import Clipping

#: Where the noise of the generator's own update is keyed; those of the discriminator's updates count from 1.
OWN_NOISE = 0
#: The generator's gradients are not clipped.
_UNCLIPPED = Clipping(locally=False, globally=False)


@dataclass(frozen=True)
class Form:
    """What the program of a step depends on: clipping, and whether the generator moves in it."""

    clipping: Clipping
    moving: bool


def later_routines(pair: Pair) -> list[str]:
    """What programs call that the training step may not."""
    sides = (pair.generator, pair.discriminator)
    moves = [OPTIMIZERS[side.optimizer.name].update.name for side in sides]
    return [*(name for side in sides for name in of_chain(side)), *moves, clipping.clip_locally.name]


def training_step(pair: Pair, form: Form) -> Program:
    """Every update of the discriminator, then the generator's, and the tick of the clock."""
    program, at = Program(pair.ground.dtype), pair.ground.regions
    turns = pair.scenario.generator.discriminator_steps
    for turn in range(turns):
        _discriminate(program, pair, turn, turns)
        _move_discriminator(program, pair, form.clipping)
    _generate(program, pair)
    if form.moving:
        updating.move_all(program, pair.generator, _UNCLIPPED)
        program.add(kernels.tick, clock=pair.generator.regions["clock"])
    program.add(feeding.finish_step, report=at["report"], history=at["history"], clock=at["clock"])
    return program


def look(pair: Pair) -> Program:
    """Both losses, and every gradient of both networks as they are; nothing moves."""
    program = Program(pair.ground.dtype)
    _discriminate(program, pair, 0, pair.scenario.generator.discriminator_steps)
    _generate(program, pair)
    return program


def choice(pair: Pair, turn: int) -> Program:
    """The examples of the clock's step that the discriminator's update number `turn` reads, into `chosen`."""
    program = Program(pair.ground.dtype)
    _choose(program, pair, turn, pair.scenario.generator.discriminator_steps)
    return program


def noise(pair: Pair, place: int) -> Program:
    """The noise of the clock's step and of this place, into `noise`."""
    program = Program(pair.ground.dtype)
    _draw(program, pair, place, pair.ground.regions["noise"])
    return program


def _choose(program: Program, pair: Pair, turn: int, turns: int) -> None:
    at = pair.ground.regions
    program.add(kernels.take_turn, clock=at["clock"], turns=turns, turn=turn, feed=at["feed_clock"])
    program.add(
        feeding.choose_batch,
        clock=at["feed_clock"],
        seed=pair.scenario.seed,
        order=at["order"],
        chosen=at["chosen"],
    )


def _draw(program: Program, pair: Pair, place: int, target: Region) -> None:
    clock = pair.ground.regions["clock"]
    program.add(kernels.draw_noise, clock=clock, seed=pair.scenario.seed, place=place, noise=target)


def _samples(program: Program, pair: Pair, place: int, target: Region) -> None:
    """Append the making of a batch of samples out of the noise of this place."""
    _draw(program, pair, place, pair.generator.regions["x"])
    for layer in pair.generator.layers:
        layer.forward(program)
    program.add(kernels.hand_over, source=pair.generator.layers[-1].output, copied=target)


def _discriminate(program: Program, pair: Pair, turn: int, turns: int) -> None:
    """Append the discriminator's loss on data and samples, and its gradients."""
    own, at, batch = pair.discriminator, pair.ground.regions, pair.batch
    x = own.regions["x"]
    numbers = x.shape[1]
    _choose(program, pair, turn, turns)
    data, samples = x.part(0, (batch, numbers)), x.part(batch * numbers, (batch, numbers))
    program.add(feeding.gather, chosen=at["chosen"], source=at["train_inputs"], picked=data)
    _samples(program, pair, 1 + turn, samples)
    for layer in own.layers:
        layer.forward(program)
    delta = _first_delta(own)
    program.add(pair.game.discriminator, a=own.layers[-1].output, delta=delta, report=at["report"])
    _backward(program, own, delta)


def _generate(program: Program, pair: Pair) -> None:
    """Append the generator's loss on a batch of noise, as the discriminator judges it now, and its gradients."""
    own, judge = pair.generator, pair.judge
    _samples(program, pair, OWN_NOISE, judge.regions["x"])
    # Far away from every step, so that dropout draws other masks than in the discriminator's own updates.
    program.add(kernels.take_turn, clock=pair.ground.regions["clock"], turns=1, turn=2**62, feed=judge.regions["clock"])
    for layer in judge.layers:
        layer.forward(program)
    delta = _first_delta(judge)
    program.add(pair.game.generator, a=judge.layers[-1].output, delta=delta, report=own.regions["report"])
    for layer in reversed(judge.layers):
        delta = layer.send_down(program, delta, judge.deltas)
    first = _first_delta(own)
    program.add(kernels.hand_over, source=delta, copied=first)
    _backward(program, own, first)


def _first_delta(plan: Plan) -> Region:
    """Where the loss leaves what it sends back."""
    return plan.regions["delta_a"].part(0, (plan.batch, plan.specs[-1].size.channels))


def _backward(program: Program, plan: Plan, delta: Region) -> None:
    for layer in reversed(plan.layers):
        delta = layer.backward(program, delta, plan.deltas, lowest=layer is plan.layers[0])


def _move_discriminator(program: Program, pair: Pair, clip: Clipping) -> None:
    """Append the update of everything that the discriminator trains, and the holding of it in bounds."""
    own = pair.discriminator
    if not pair.game.bounded:
        updating.move_all(program, own, clip)
    else:
        if clip.globally:
            updating.measure_all(program, own, clip)
        updating.prepare(program, own, clip)
        for matrix in own.matrices:
            before = _keep(program, pair, flat(matrix.values))
            updating.move_matrix(program, own, matrix, clip)
            _hold(program, pair, flat(matrix.values), before, matrix.update_sums)
        before = _keep(program, pair, own.regions["vectors"])
        updating.move_vectors(program, own, clip)
        _hold(program, pair, own.regions["vectors"], before, own.regions["vector_update"])
    program.add(kernels.tick, clock=own.regions["clock"])


def _keep(program: Program, pair: Pair, values: Region) -> Region:
    before = pair.ground.regions["before"].part(0, (1, values.size))
    program.add(kernels.hand_over, source=values.reshaped(1, values.size), copied=before)
    return before.reshaped(values.size)


def _hold(program: Program, pair: Pair, values: Region, before: Region, sums: Region) -> None:
    bound = pair.ground.regions["weight_bound"]
    program.add(kernels.hold_in_bounds, p=values, before=before, bound=bound, sums=sums)
