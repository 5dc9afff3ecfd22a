"""What the keys of `[network]` mean that only recurrent networks read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.scenario.meaning import Meaning

#: Key of `[network]` -> what it means.
RECURRENT: Mapping[str, Meaning] = MappingProxyType(
    {
        "cell": Meaning("how a recurrent layer makes its next state of the last one"),
        "recurrent_init": Meaning("how the matrices from state to state begin; each gate has one"),
        "spectral_radius": Meaning(
            "the size of the first recurrent matrices' largest eigenvalue; below 1 the linear gradient shrinks at each "
            "step, above 1 it grows",
            "gradient of step t ~ spectral_radius^(T - t)",
            "Pascanu, Mikolov & Bengio 2013",
        ),
        "forget_bias": Meaning(
            "added to the forget gate's first bias (GRU: the update gate's); the higher, the longer a cell remembers",
            "dc_t/dc_(t-1) = f ~ sigmoid(forget_bias)",
            "Gers, Schmidhuber & Cummins 2000; Jozefowicz, Zaremba & Sutskever 2015",
        ),
        "truncation": Meaning(
            "how many steps the gradient goes back at most; 0: through all of them",
            "states detached every k steps, counted back from the last one",
            "Williams & Peng 1990",
        ),
    }
)
