"""Gated cells, laid out in time. Their units remember themselves, so that what a recurrent matrix brings back at one
step meets what the same matrix brings back at another: paths that have gone through it equally often add up in length,
not in squares, and the signal of gates that stand still fades by f + r a step, where independent matrices would make it
sqrt(f^2 + r^2). What gates do besides standing still is followed as new signals, independent of the old."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.model import Network
from gradtui.theory.likeness import near
from gradtui.theory.moments import COSINES, Normal, correlations, mean_slope, moments

Floats = NDArray[np.float64]


class Own(NamedTuple):
    """What inputs of mean square 1 bring to a unit's gate, what states do, the constant and the variance of the biases,
    and the recurrent ones' part of the latter."""

    read: float
    kept: float
    mean: float
    biases: float
    late: float


class Part(NamedTuple):
    """A factor that varies: its mean and its mean square."""

    mean: float
    square: float

    @property
    def stray(self) -> float:
        """Its variance."""
        return max(self.square - self.mean**2, 0.0)

    def times(self, other: Part) -> Part:
        """Of two independent ones."""
        return Part(self.mean * other.mean, self.square * other.square)


class Back(NamedTuple):
    """What a step does on the way back, to a cell's signal: `keeps` of it stays, `returns` of it goes through the
    candidate's recurrent matrix, `strays` is the mean square that comes back through other gates, `sends` what all
    gates hand to the layer below. `shows`: the share of the state's signal that the cell hears; `state_strays`,
    `state_sends`: what goes straight from there."""

    keeps: Part
    returns: Part
    strays: float
    sends: float
    shows: Part = Part(1.0, 1.0)
    state_strays: float = 0.0
    state_sends: float = 0.0


class Numbers(NamedTuple):
    """Means of a function of normal numbers: its value's and its slope's, plain and squared."""

    value: Part
    slope: Part


def _numbers(name: str, mean: float, size: float) -> Numbers:
    of = Normal(name, 0.0, mean, max(size, 1e-30))
    found = moments(of)
    return Numbers(Part(found.value, found.square), Part(mean_slope(of), found.slope_square))


def _rest(part: Part) -> Part:
    """1 less it."""
    return Part(1.0 - part.mean, 1.0 - 2.0 * part.mean + part.square)


def lstm_up(network: Network, own: Own, reads: Floats, steady: float) -> tuple[Floats, list[Back]]:
    """c_t = f c_(t-1) + i g, h_t = o tanh(c_t): mean squares of the states, and each step's way back. `steady` is the
    mean product of the inputs of two steps: what they share every step writes into the cell again."""
    cell, state, states, backs = Part(0.0, 0.0), 0.0, np.zeros(len(reads)), []
    written = 0.0
    for step, read in enumerate(reads.tolist()):
        size = own.read * read + own.kept * state + own.biases
        gate, keep = (_numbers("sigmoid", own.mean + more, size) for more in (0.0, network.forget_bias))
        new = _numbers("tanh", own.mean, size)
        before = cell
        comes, stays = gate.value.times(new.value), keep.value.times(cell)
        both = keep.value.mean * written * gate.value.mean * _again(own, size, steady)
        written = keep.value.mean * written + gate.value.mean
        cell = Part(comes.mean + stays.mean, comes.square + stays.square + 2.0 * both)
        seen = _numbers("tanh", cell.mean, cell.stray)
        state = states[step] = gate.value.square * seen.value.square
        other = keep.slope.square * before.square + gate.slope.square * new.value.square
        returns = gate.value.times(new.slope)
        shown = seen.value.square * gate.slope.square
        shows = gate.value.times(seen.slope)
        backs.append(Back(keep.value, returns, other, returns.square + other, shows, shown, shown))
    return states, backs


def gru_up(network: Network, own: Own, reads: Floats, steady: float) -> tuple[Floats, list[Back]]:
    """h_t = (1 - z) n + z h_(t-1), n = tanh(W x + r (U h)); the state is the cell."""
    state, states, backs = Part(0.0, 0.0), np.zeros(len(reads)), []
    written = 0.0
    for step, read in enumerate(reads.tolist()):
        early, late = own.read * read + own.biases - own.late, own.kept * state.square + own.late
        reset = _numbers("sigmoid", own.mean, early + late)
        update = _numbers("sigmoid", own.mean + network.forget_bias, early + late)
        new = _numbers("tanh", own.mean, early + reset.value.square * late)
        through = _rest(update.value).times(new.slope)
        by_reset = through.square * late * reset.slope.square
        apart = state.square + new.value.square - 2.0 * state.mean * new.value.mean
        gates = by_reset + update.slope.square * apart
        returns = through.times(reset.value)
        backs.append(Back(update.value, returns, gates, gates + through.square))
        comes, stays = _rest(update.value).times(new.value), update.value.times(state)
        lets = update.value.mean - update.value.square
        both = lets * written * _again(own, early + reset.value.square * late, steady)
        written = update.value.mean * written + 1.0 - update.value.mean
        state = Part(comes.mean + stays.mean, comes.square + stays.square + 2.0 * both)
        states[step] = state.square
    return states, backs


def _again(own: Own, size: float, steady: float) -> float:
    """E g_t g_s of the candidates of two steps."""
    of = Normal("tanh", 0.0, own.mean, max(size, 1e-30))
    alike = min((own.read * steady + own.biases) / of.variance, 1.0)
    table = correlations(of._replace(variance=near(of.variance))).values
    return moments(of).square * float(np.interp(alike, COSINES, table))


def back(backs: list[Back], kept: float, above: Floats, cuts: list[bool]) -> tuple[Floats, Floats, Floats]:
    """Mean squares (steps,) of dL/dh_t, of dL/dc_t and of what goes down, from those that come from above. `cuts` says
    where the state is taken off what comes after it.

    `lengths` (signals, times through the matrix) are those of the parts of dL/dc_t, a signal for each step at which one
    began.
    """
    steps = len(backs)
    heard, cells, sent = np.zeros(steps), np.zeros(steps), np.zeros(steps)
    lengths = np.zeros((steps, steps + 1))
    returned = np.zeros_like(lengths)
    fresh = loose = 0.0
    for step in reversed(range(steps)):
        here = backs[step]
        if cuts[step]:
            lengths[:], returned[:], fresh, loose = 0.0, 0.0, 0.0, 0.0
        began = above[step] + fresh
        heard[step] = began + float((returned**2).sum())
        lengths = lengths + here.shows.mean * returned
        lengths[step, 0] = math.sqrt(here.shows.mean**2 * began + loose + here.shows.stray * heard[step])
        cells[step] = size = float((lengths**2).sum())
        sent[step] = size * here.sends + heard[step] * here.state_sends
        returned = np.zeros_like(lengths)
        returned[:, 1:] = math.sqrt(kept) * here.returns.mean * lengths[:, :-1]
        fresh = kept * (size * (here.strays + here.returns.stray) + heard[step] * here.state_strays)
        loose = size * here.keeps.stray
        lengths = here.keeps.mean * lengths
    return heard, cells, sent
