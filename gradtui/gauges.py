"""The names of the gauges and what each one measures: plain text, so that reading claims needs no arrays."""

from __future__ import annotations

#: Every gauge, in the order in which it is printed, with its definition in one line.
GAUGES: dict[str, str] = {
    "grad_rms": "root mean square of the tap's weight gradient, loss = batch mean, before clipping",
    "grad_norm": "Frobenius norm of the same gradient",
    "delta_rms": "root mean square of dL/d(output of the layer), times batch size: the signal of one example",
    "update_ratio": "rms of the actual weight change in this step / rms of the weights before it",
    "clipped": "share of the weight gradient's norm that clipping took away in this step: 1 - norm after / norm before",
    "activation_mean": "mean of the layer's output over batch and units",
    "activation_std": "standard deviation of the layer's output over batch and units",
    "saturated": "share of activations where |phi'| is below 5 % of its maximum (smooth squashing functions)",
    "nonfinite": "count of NaN and inf in the weight gradient",
    "underflow": "share of weight-gradient entries that are exactly 0 although no dead unit explains it",
    "gain": "log10(delta_rms below / delta_rms above): what the layer does to the signal on its way back",
    "gain_weight": "the part of the gain that the weight matrix causes",
    "gain_slope": "the part of the gain that the activation's derivative causes",
    "gain_norm": "the part of the gain that normalisation causes",
    "gain_skip": "the part of the gain that a skip connection causes",
    "zero_batch": "share of units that are silent on every example of this batch",
    "dead": "share of units that are silent on every example of the training set",
    "similarity": "mean cosine between the layer's outputs for different inputs; 1: says the same to all",
    "distance": "rms(weights - their initial values) / rms(their initial values)",
    "turn": "cosine between this step's weight gradient and the last step's",
    "slope_grad_rms": "root mean square of the gradient of PReLU's learned slopes; nan in layers without any",
}
