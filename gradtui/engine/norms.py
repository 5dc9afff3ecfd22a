"""Normalisation as a stage of a layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradtui.engine.kernel import Kernel
from gradtui.engine.kernels import group_norm, normalisation
from gradtui.engine.layout import Region
from gradtui.engine.parameters import Kept, Trained
from gradtui.engine.program import Program
from gradtui.engine.stages import Deltas, Spare, Stage


@dataclass(frozen=True)
class Kind:
    """One row of the table.

    `over_batch`: its statistics join the examples of a batch, so that evaluation needs running ones. `grouped`: it
    looks at groups of channels; `images`: at all places of an image together. `shifts`: it has a trained beta. `eps` is
    PyTorch's default for a number format.
    """

    forward: Kernel
    backward: Kernel
    over_batch: bool = False
    grouped: bool = False
    images: bool = False
    shifts: bool = True
    eps: Callable[[str], float] = lambda dtype: 1e-5


_BATCH = Kind(normalisation.batch_norm_forward, normalisation.batch_norm_backward, over_batch=True)
_LAYER = Kind(*normalisation.LAYER_NORM)
_RMS = Kind(*normalisation.RMS_NORM, shifts=False, eps=lambda dtype: float(np.finfo(dtype).eps))
_GROUP = Kind(group_norm.dense_group_norm_forward, group_norm.dense_group_norm_backward, grouped=True)
_IMAGES = Kind(group_norm.group_norm_forward, group_norm.group_norm_backward, grouped=True, images=True)


def kind_of(name: str, positions: int) -> Kind | None:
    """The normalisation that a name of the menu stands for on layers with so many positions; None where the signal is
    not normalised. Layer norm joins all of an image, which is one group."""
    dense = positions == 1
    layer, group = (_LAYER, _GROUP) if dense else (_IMAGES, _IMAGES)
    return {"batch": _BATCH, "layer": layer, "rms": _RMS, "group": group}.get(name)


@dataclass(frozen=True)
class Norm(Stage):
    """The normalisation of one layer's (rows, units), in place. `key` is its name among the parameters.

    gamma and beta (units,) and their gradients are parts of the network's vectors. `running_mean`, `running_variance`
    and `mean` (units,) serve batch norm only, `scratch` (3, units) group norm. `inverse` is (units,), (rows,) or
    (batch, groups). `sums` receives the squares of the signal behind and before it.
    """

    key: str
    kind: Kind
    positions: int
    settings: Region
    gamma: Region
    beta: Region
    gamma_gradient: Region
    beta_gradient: Region
    running_mean: Region
    running_variance: Region
    mean: Region
    scratch: Region
    inverse: Region
    x_hat: Region
    sums: Region

    def trained(self) -> list[Trained]:
        scale = [(f"{self.key}.weight", self.gamma, self.gamma_gradient)]
        shift = [(f"{self.key}.bias", self.beta, self.beta_gradient)]
        return scale + shift if self.kind.shifts else scale

    def kept(self) -> list[Kept]:
        if not self.kind.over_batch:
            return []
        return [
            (f"{self.key}.running_mean", self.running_mean),
            (f"{self.key}.running_var", self.running_variance),
        ]

    def forward(self, program: Program, v: Region, x: Region) -> Region:
        self._normalise(program, v, self.inverse, self.x_hat)
        return v

    def evaluate(self, program: Program, v: Region, x: Region, spare: Spare) -> Region:
        """By running statistics where there are any."""
        if self.kind.over_batch:
            program.add(
                normalisation.batch_norm_evaluate,
                z=v,
                gamma=self.gamma,
                beta=self.beta,
                settings=self.settings,
                running_mean=self.running_mean,
                running_variance=self.running_variance,
            )
            return v
        inverse = (spare.examples, self.inverse.shape[1]) if self.kind.grouped else (v.shape[0],)
        self._normalise(program, v, spare.inverse(*inverse), spare.take(*v.shape))
        return v

    def _normalise(self, program: Program, v: Region, inverse: Region, x_hat: Region) -> None:
        extra: dict[str, Region] = {}
        if self.kind.over_batch:
            extra = {
                "running_mean": self.running_mean,
                "running_variance": self.running_variance,
                "mean": self.mean,
            }
        elif self.kind.images:
            extra = {"scratch": self.scratch.part(0, (2, self.scratch.shape[1]))}
        program.add(
            self.kind.forward,
            z=self._seen(v),
            gamma=self.gamma,
            beta=self.beta,
            settings=self.settings,
            inverse=inverse,
            x_hat=self._seen(x_hat),
            **extra,
        )

    def backward(self, program: Program, delta: Region, x: Region, deltas: Deltas) -> Region:
        program.add(
            self.kind.backward,
            delta=self._seen(delta),
            x_hat=self._seen(self.x_hat),
            gamma=self.gamma,
            inverse=self.inverse,
            gamma_gradient=self.gamma_gradient,
            beta_gradient=self.beta_gradient,
            sums=self.sums,
            **({"scratch": self.scratch} if self.kind.images else {}),
        )
        return delta

    def _seen(self, rows: Region) -> Region:
        """The rows as the kernels of this kind want them."""
        if not self.kind.images:
            return rows
        return rows.reshaped(rows.shape[0] // self.positions, self.positions, rows.shape[1])
