"""Normalisation of a layer: the regions it owns and the instructions it appends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradtui.engine.kernel import Kernel
from gradtui.engine.kernels import normalisation
from gradtui.engine.layout import Region
from gradtui.engine.program import Program


@dataclass(frozen=True)
class Kind:
    """One row of the table. `over_batch`: its statistics join the examples of a batch, so that evaluation needs running
    ones. `shifts`: it has a trained beta. `eps` is PyTorch's default for a number format."""

    forward: Kernel
    backward: Kernel
    over_batch: bool
    shifts: bool
    eps: Callable[[str], float]


KINDS: dict[str, Kind] = {
    "batch": Kind(
        normalisation.batch_norm_forward,
        normalisation.batch_norm_backward,
        over_batch=True,
        shifts=True,
        eps=lambda dtype: 1e-5,
    ),
    "layer": Kind(*normalisation.LAYER_NORM, over_batch=False, shifts=True, eps=lambda dtype: 1e-5),
    "rms": Kind(
        *normalisation.RMS_NORM,
        over_batch=False,
        shifts=False,
        eps=lambda dtype: float(np.finfo(dtype).eps),
    ),
}


@dataclass(frozen=True)
class Norm:
    """The normalisation of one layer's (batch, units). `key` is its name among the parameters.

    gamma and beta (units,) and their gradients are parts of the network's vectors. `running_mean`, `running_variance`
    and `mean` (units,) serve batch norm only. `sums` receives the squares of the signal behind and before it.
    """

    key: str
    kind: Kind
    settings: Region
    gamma: Region
    beta: Region
    gamma_gradient: Region
    beta_gradient: Region
    running_mean: Region
    running_variance: Region
    mean: Region
    inverse: Region
    x_hat: Region
    sums: Region

    def trained(self) -> list[tuple[str, Region, Region]]:
        """(name, values, gradient) of scale and, where there is one, shift."""
        scale = [(f"{self.key}.weight", self.gamma, self.gamma_gradient)]
        shift = [(f"{self.key}.bias", self.beta, self.beta_gradient)]
        return scale + shift if self.kind.shifts else scale

    def kept(self) -> list[tuple[str, Region]]:
        """(name, values) of the running statistics."""
        if not self.kind.over_batch:
            return []
        return [
            (f"{self.key}.running_mean", self.running_mean),
            (f"{self.key}.running_var", self.running_variance),
        ]

    def forward(self, program: Program, z: Region) -> None:
        """Append the normalisation of a training batch, in place."""
        extra = (
            {
                "running_mean": self.running_mean,
                "running_variance": self.running_variance,
                "mean": self.mean,
            }
            if self.kind.over_batch
            else {}
        )
        program.add(
            self.kind.forward,
            z=z,
            gamma=self.gamma,
            beta=self.beta,
            settings=self.settings,
            inverse=self.inverse,
            x_hat=self.x_hat,
            **extra,
        )

    def evaluate(self, program: Program, z: Region, scratch: Region, inverse: Region) -> None:
        """Append the normalisation of examples outside training, in place: by running statistics where there are any.

        `scratch` (rows, units) and `inverse` (rows,) stand in for what a backward pass would need.
        """
        if self.kind.over_batch:
            program.add(
                normalisation.batch_norm_evaluate,
                z=z,
                gamma=self.gamma,
                beta=self.beta,
                settings=self.settings,
                running_mean=self.running_mean,
                running_variance=self.running_variance,
            )
            return
        program.add(
            self.kind.forward,
            z=z,
            gamma=self.gamma,
            beta=self.beta,
            settings=self.settings,
            inverse=inverse,
            x_hat=scratch,
        )

    def backward(self, program: Program, delta: Region) -> None:
        """Append the backward pass, in place on delta (batch, units)."""
        program.add(
            self.kind.backward,
            delta=delta,
            x_hat=self.x_hat,
            gamma=self.gamma,
            inverse=self.inverse,
            gamma_gradient=self.gamma_gradient,
            beta_gradient=self.beta_gradient,
            sums=self.sums,
        )
