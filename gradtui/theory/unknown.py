"""Of which layers theory here knows nothing, and why."""

from __future__ import annotations

from collections.abc import Sequence

from gradtui.scenario.architecture import LayerSpec
from gradtui.scenario.weights import DRAWN
from gradtui.theory.activations import ACTIVATIONS

#: A group norm needs so many numbers in a group for them to look normal.
LEAST_GROUP = 8
#: Products of all pairs of places are followed.
MOST_PLACES = 1024


def unknown(specs: Sequence[LayerSpec], examples: int) -> str:
    """Why nothing is known; empty where something is."""
    for spec in specs:
        own, name = spec.own, f"layer {spec.tap}"
        if spec.activation not in ACTIVATIONS:
            return f"theory does not know the activation {spec.activation}"
        if own.init == "zeros":
            return "all weights begin at 0: nothing comes back, and theory has nothing to multiply"
        if own.init == "identity":
            return "theory is of random weights, and these begin as the identity"
        if own.init not in DRAWN and own.init != "lsuv":
            return f"theory does not know how large the weights of init {own.init} are"
        if own.init == "lsuv" and (spec.norm == "batch" or spec.dropout):
            return "LSUV scales the weights without dropout and batch norm, which theory does not follow"
        if any(pool.largest for pool in spec.pools):
            return f"a maximum pool stands behind {name}, and theory here follows means"
        if spec.image.positions > MOST_PLACES:
            return f"images of more than {MOST_PLACES:,} places take theory too long"
        if spec.projection:
            return f"the block that {name} ends changes its width by a projection, which theory here does not follow"
        joined = spec.joins is not None or spec.begins or spec.appends or spec.gated
        if spec.hidden and (joined or spec.norm not in ("none", "weight")) and spec.size.channels < LEAST_GROUP:
            return f"layers of fewer than {LEAST_GROUP} units are too small for theory, unless they are plain"
        if spec.norm == "group" and spec.size.numbers // own.norm_groups < LEAST_GROUP:
            return f"groups of fewer than {LEAST_GROUP} units are too small for the theory of wide layers"
        if spec.norm == "batch" and examples < LEAST_GROUP:
            return f"a batch of fewer than {LEAST_GROUP} is too small for the theory of batch norm"
        remembers = spec.gated or ((spec.joins is not None or spec.begins) and own.skip_form == "post")
        if remembers and own.norm_place == "after" and spec.norm not in ("none", "weight"):
            return f"the norm behind the activation of {name} stands in a stream, which theory here does not follow"
    return ""
