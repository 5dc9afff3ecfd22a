"""The numbers that a written program carries: first parameters and examples, as text at its end."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.readable import IN_TIME
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

Array = NDArray[Any]

#: Megabytes of text that an editor, a mail and a repository still bear.
LARGEST = 64
#: Characters a line.
COLUMNS = 100
#: base64 makes four letters of three bytes.
GROWS = 4 / 3


def arrays(scenario: Scenario, dataset: Dataset, parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Everything that is carried, in the shapes and numbers that PyTorch takes, by name: `net.output.weight`,
    `training.inputs` (examples, ...), `held_out.targets`."""
    found = {f"net.{name}": values for name, values in parameters.items()}
    parts = (
        ("training", dataset.train_inputs, dataset.train_targets),
        ("held_out", dataset.test_inputs, dataset.test_targets),
    )
    dtype = scenario.network.dtype
    for name, inputs, targets in parts:
        shaped = _shaped(scenario, dataset, inputs)
        found[f"{name}.inputs"] = shaped if dataset.vocabulary else shaped.astype(dtype)
        found[f"{name}.targets"] = targets if dataset.loss == "cross_entropy" else targets.astype(dtype)
    return found


def _shaped(scenario: Scenario, dataset: Dataset, inputs: Array) -> Array:
    """Inputs (examples, features) as they are, images (examples, channels, height, width) or sequences (examples,
    steps, features); tokens stay as they are."""
    if scenario.network.kind in IN_TIME and not dataset.vocabulary:
        return np.ascontiguousarray(inputs.reshape(len(inputs), dataset.steps, -1))
    if scenario.network.kind != "cnn" or dataset.image is None:
        return inputs
    return np.ascontiguousarray(inputs.reshape(-1, *dataset.image).transpose(0, 3, 1, 2))


def text(found: Mapping[str, Array]) -> str:
    """A compressed NPZ file in base64. ScenarioError where it would be too large to be read as a program."""
    weights = sum(values.nbytes for name, values in found.items() if name.startswith("net."))
    examples = sum(values.nbytes for values in found.values()) - weights
    megabytes = (weights + examples) * GROWS / 2**20
    if megabytes > LARGEST:
        raise ScenarioError(
            f"the script would carry {megabytes:,.0f} MB of text ({weights * GROWS / 2**20:,.0f} MB of weights, "
            f"{examples * GROWS / 2**20:,.0f} MB of examples), at most {LARGEST} are allowed: take "
            f"{'fewer or narrower layers' if weights > examples else 'fewer examples'}"
        )
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **dict(found))
    letters = base64.b64encode(file.getvalue()).decode()
    return "\n".join(letters[at : at + COLUMNS] for at in range(0, len(letters), COLUMNS))
