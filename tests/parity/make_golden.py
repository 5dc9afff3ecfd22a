"""Makes golden.npz: what PyTorch computes for the golden networks. Run `python tests/parity/make_golden.py`.

For each network: its scenario, the parameters it begins with and the batches of all steps (from the engine's draws),
and from PyTorch every step's loss, the gradients at some steps and the parameters after the last one.
"""

from __future__ import annotations

import json

import numpy as np
import torch
from golden_networks import FILE, KEPT, NETWORKS, STEPS
from torch_twin import TorchTwin

from gradtui import Scenario, Simulation


def make() -> dict[str, np.ndarray]:
    """All arrays of the file by name."""
    arrays = {"torch": np.array(torch.__version__), "networks": np.array(json.dumps(NETWORKS))}
    for key, document in NETWORKS.items():
        simulation = Simulation(Scenario.from_dict(document))
        scenario = simulation.scenario
        initial = simulation.parameters()
        twin = TorchTwin(initial, scenario.network, scenario.optimizer, simulation.dataset.loss)
        batches = [simulation.batch(step) for step in range(STEPS)]
        losses = []
        for step, batch in enumerate(batches):
            loss, gradients = twin.step(*batch)
            losses.append(loss)
            if step in KEPT:
                arrays |= {f"{key}/gradient/{step}/{name}": value for name, value in gradients.items()}
        arrays |= {f"{key}/initial/{name}": value for name, value in initial.items()}
        arrays |= {f"{key}/final/{name}": value for name, value in twin.values().items()}
        arrays[f"{key}/losses"] = np.array(losses)
        arrays[f"{key}/inputs"], arrays[f"{key}/targets"] = (np.stack(part) for part in zip(*batches, strict=True))
    return arrays


if __name__ == "__main__":
    torch.set_num_threads(1)
    np.savez_compressed(FILE, **make())
    print(f"{FILE.name}: {len(NETWORKS)} networks, {FILE.stat().st_size / 1024:.0f} KB")
