"""The networks of the golden file: a fixed list across the menu, small enough for a file one can look into."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).with_name("golden.npz")
STEPS = 20
#: Steps whose gradients are kept.
KEPT = (0, 19)


def _network(depth, width, activation, init, dtype, **more):
    return {"depth": depth, "width": width, "activation": activation, "init": init, "dtype": dtype, **more}


def _plane(name, batch, loss="auto", **more):
    return {"name": name, "batch": batch, "loss": loss, "examples": 60, **more}


def _digits(batch, loss="auto"):
    return {"name": "digits", "batch": batch, "loss": loss}


_SGD = {"name": "sgd", "lr": 0.1}
_CLIPPED = {"name": "sgd", "lr": 0.5, "clip_norm": 0.05}
_MOMENTUM = {"name": "momentum", "lr": 0.02, "momentum": 0.9}
_HEAVY = {"name": "momentum", "lr": 0.05, "momentum": 0.5, "clip_norm": 0.3}
_ADAM = {"name": "adam", "lr": 0.003, "eps": 1e-5}
_ADAM_32 = {"name": "adam", "lr": 0.002, "eps": 0.05}
_ADAM_CLIPPED = {"name": "adam", "lr": 0.003, "beta1": 0.5, "beta2": 0.99, "eps": 1e-4, "clip_norm": 0.1}

_LIST = [
    (_plane("moons", 16), _network(3, 8, "sigmoid", "xavier_normal", "float64"), _SGD),
    (_plane("moons", 16), _network(3, 8, "sigmoid", "xavier_normal", "float32"), _SGD),
    (_plane("xor", 12), _network(2, 16, "tanh", "xavier_uniform", "float64"), _MOMENTUM),
    (_plane("xor", 12), _network(2, 16, "tanh", "xavier_uniform", "float32"), _MOMENTUM),
    (_plane("spirals", 10, "cross_entropy"), _network(4, 10, "relu", "he_normal", "float64"), _ADAM),
    (_plane("spirals", 10, "cross_entropy"), _network(4, 10, "relu", "he_normal", "float32"), _ADAM_32),
    (_plane("circles", 7, "mse"), _network(2, 9, "identity", "uniform", "float64"), _SGD),
    (_plane("circles", 7, "mse"), _network(2, 9, "identity", "uniform", "float32"), _HEAVY),
    (_plane("moons", 0), _network(1, 16, "relu", "he_uniform", "float64"), _CLIPPED),
    (_plane("moons", 1), _network(2, 16, "tanh", "uniform", "float32"), _CLIPPED),
    (_plane("xor", 20), _network(0, 1, "tanh", "xavier_normal", "float64"), _SGD),
    (_plane("xor", 20, "cross_entropy"), _network(0, 1, "tanh", "xavier_normal", "float32"), _MOMENTUM),
    (_plane("circles", 16), _network(10, 6, "sigmoid", "he_normal", "float64"), _ADAM),
    (_plane("circles", 16), _network(10, 6, "tanh", "xavier_normal", "float32"), _SGD),
    (_plane("spirals", 15, "mse"), _network(6, 7, "relu", "he_normal", "float64", init_bias=0.1), _HEAVY),
    (_plane("spirals", 15), _network(3, 1, "tanh", "normal", "float64", init_std=0.7), _ADAM),
    (_plane("moons", 16), _network(2, 32, "relu", "he_normal", "float32", init_bias=-0.05), _SGD),
    (_plane("moons", 16), _network(2, 32, "sigmoid", "normal", "float64", init_std=0.3), _ADAM_CLIPPED),
    (_plane("circles", 33), _network(1, 33, "tanh", "uniform", "float64", init_bound=0.4), _MOMENTUM),
    (_digits(8), _network(2, 12, "tanh", "xavier_normal", "float64"), _SGD),
    (_digits(8), _network(2, 12, "relu", "he_normal", "float32"), _MOMENTUM),
    (_digits(8), _network(1, 16, "sigmoid", "xavier_uniform", "float32"), _ADAM_32),
    (_digits(8, "mse"), _network(3, 10, "tanh", "he_uniform", "float64"), _ADAM_CLIPPED),
    (_digits(8, "cross_entropy"), _network(0, 1, "identity", "uniform", "float32"), _CLIPPED),
]

NETWORKS = {
    f"{number:02d}": {"seed": 100 + number, "task": task, "network": network, "optimizer": optimizer}
    for number, (task, network, optimizer) in enumerate(_LIST)
}
