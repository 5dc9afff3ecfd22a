"""What the keys of a transformer mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.scenario.meaning import InTorch, Meaning

_VASWANI = "Vaswani et al. 2017"

#: Name in `[network]` -> what it means.
ATTENTION: Mapping[str, Meaning] = MappingProxyType(
    {
        "heads": Meaning(
            "how many looks each time step takes at the others, each with a share of the width; must divide it",
            "head = softmax(q k^T / sqrt(width / heads)) v",
            _VASWANI,
        ),
        "feedforward": Meaning(
            "units of the feed-forward layer in each block; 0: four times the width",
            "W2 phi(W1 x + b1) + b2",
            _VASWANI,
            (InTorch("TransformerEncoderLayer.dim_feedforward", 2048.0),),
        ),
        "positions": Meaning("how a time step is told where it stands; attention alone sees no order", paper=_VASWANI),
        "causal": Meaning(
            "whether a time step sees only itself and those before it, so that no gradient comes from the future",
            "score[t, s] = -infinity for s > t",
            _VASWANI,
        ),
        "embedding_scale": Meaning(
            "multiplies the sum of embedded input and position before the first block",
            "x = embedding_scale (embedding + position)",
        ),
    }
)
