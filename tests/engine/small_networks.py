"""Small networks that together go through every stage: norms, skips, gates, dropout, windows, pools and lists."""

from __future__ import annotations

from gradtui import Scenario

_MLP = {"depth": 3, "width": 4}
_CNN = {"kind": "cnn", "depth": 3, "width": 2}
_STAGED = {"kind": "cnn", "depth": 5, "width": 2, "stages": 2}
_LENET = [
    {"width": 2, "kernel": 5, "padding": 0},
    {"kind": "max_pool"},
    {"width": 3, "kernel": 2, "stride": 1, "norm": "layer", "dropout": 0.2},
    {"kind": "average_pool", "kernel": 2, "stride": 1},
    {"kind": "dense", "width": 4, "repeat": 2, "activation": "sigmoid"},
]
_MIXED = [{"width": 3}, {"kind": "global_max_pool"}, {"kind": "dense", "width": 3}, {"kind": "dense", "width": 4}]
#: A dense layer that has as many units as the image before it has numbers.
_ON_IMAGES = [{"width": 2, "stride": 3}, {"kind": "dense", "width": 18}, {"kind": "dense", "width": 4}]

#: Name -> the `[network]` table, but for the activation where it is all the same.
NETWORKS = {
    "batch norm, dropout": {**_MLP, "norm": "batch", "dropout": 0.3},
    "layer norm behind, residual": {**_MLP, "norm": "layer", "norm_place": "after", "skip": "residual"},
    "rms norm, rezero, pre": {
        **_MLP,
        "norm": "rms",
        "skip": "rezero",
        "skip_form": "pre",
        "skip_every": 1,
        "rezero_init": 0.4,
    },
    "group norm, highway": {**_MLP, "norm": "group", "norm_groups": 2, "skip": "highway", "highway_bias": -0.5},
    "weight norm, dense": {**_MLP, "norm": "weight", "skip": "dense", "growth_rate": 3},
    "prelu": {**_MLP, "activation": "prelu", "prelu_share": "unit", "skip": "residual", "skip_scale": 0.5},
    "cnn, prelu": {**_CNN, "activation": "prelu", "kernel": 2, "stride": 2, "padding": 1},
    "cnn, batch norm": {**_STAGED, "norm": "batch", "skip": "residual"},
    "cnn, group norm, pre": {
        **_STAGED,
        "width": 4,
        "norm": "group",
        "norm_groups": 2,
        "skip": "residual",
        "skip_form": "pre",
    },
    "cnn, rezero, max pools": {**_STAGED, "skip": "rezero", "downsample": "max", "rezero_init": 0.3, "norm": "rms"},
    "cnn, average pools": {**_STAGED, "downsample": "average", "head": "max", "norm": "weight"},
    "cnn, highway": {**_STAGED, "skip": "highway", "norm": "layer", "norm_place": "after", "dropout": 0.1},
    "cnn, dense": {**_CNN, "skip": "dense", "growth_rate": 2, "head": "flatten", "dropout": 0.4},
    "cnn, list": {"kind": "cnn", "layer": _LENET},
    "cnn, list, residual": {"kind": "cnn", "layer": _MIXED, "skip": "residual", "skip_every": 1},
    "cnn, list, dense": {"kind": "cnn", "layer": _MIXED, "skip": "dense", "growth_rate": 2},
    "cnn, dense layers on an image, highway": {"kind": "cnn", "layer": _ON_IMAGES, "skip": "highway"},
}


def scenario(name: str, batch: int = 3, **network: object) -> Scenario:
    """The network of this name on the digits, in float64."""
    return Scenario.from_dict(
        {
            "seed": 5,
            "task": {"name": "digits", "batch": batch},
            "network": {"activation": "tanh", "init": "he_normal", "dtype": "float64", **network, **NETWORKS[name]},
            "optimizer": {"name": "momentum", "lr": 0.05},
        }
    )
