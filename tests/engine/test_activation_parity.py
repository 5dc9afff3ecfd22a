"""Each activation beside PyTorch's own, value and gradient."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from alone import DTYPES, close, resolution, run

from gradtui.engine.kernels.activation import ACTIVATIONS

CASES = [(name, bend) for name in ACTIVATIONS for bend in naive.BENT.get(name, (None,))]


def _torch(torch, name, x, bend):
    function = torch.nn.functional
    calls = {
        "identity": lambda: x * 1.0,
        "sigmoid": lambda: torch.sigmoid(x),
        "hard_sigmoid": lambda: function.hardsigmoid(x),
        "tanh": lambda: torch.tanh(x),
        "hard_tanh": lambda: function.hardtanh(x),
        "softsign": lambda: function.softsign(x),
        # PyTorch goes over to x at a threshold; 100 is far beyond where that could be seen.
        "softplus": lambda: function.softplus(x, beta=bend, threshold=100),
        "relu": lambda: function.relu(x),
        "leaky_relu": lambda: function.leaky_relu(x, bend),
        "elu": lambda: function.elu(x, bend),
        "selu": lambda: function.selu(x),
        "celu": lambda: function.celu(x, bend),
        "gelu": lambda: function.gelu(x),
        "gelu_tanh": lambda: function.gelu(x, approximate="tanh"),
        "silu": lambda: function.silu(x),
        "mish": lambda: function.mish(x),
    }
    return calls[name]()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "bend"), CASES)
def test_value_and_gradient(name, bend, dtype):
    """Kinks included: 0, -1, 1, -3 and 3 have the slope that PyTorch gives them."""
    torch = pytest.importorskip("torch")
    points = np.concatenate([np.linspace(-6.0, 6.0, 401), [0.0, -1.0, 1.0, -3.0, 3.0]]).astype(dtype)
    x = torch.tensor(points, requires_grad=True)
    value = _torch(torch, name, x, bend)
    (slope,) = torch.autograd.grad(value.sum(), x)
    found = run(ACTIVATIONS[name].forward, dtype, z=points[None], bend=np.array([bend or 0.0]))
    # PyTorch's own formulas lose a few digits, and it keeps the 1/6 of its hard sigmoid and the 1/alpha of its CELU in
    # float32 whatever the tensor's type.
    near = max(16 * resolution(dtype), {"hard_sigmoid": 1e-8, "celu": 1e-7}.get(name, 0.0))
    close(found["a"][0], value.detach().numpy(), near, np.abs(points) + 1.0)
    close(found["z"][0], slope.numpy(), near, np.full(points.shape, 2.0))
