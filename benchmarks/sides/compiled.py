"""PyTorch through torch.compile, with Adam in one fused call and all gradient norms at once. Needs a C++ compiler."""

from __future__ import annotations

import torch
from torch.nn import functional

from benchmarks.cases import Case
from benchmarks.sides import Steps
from benchmarks.sides.pytorch import Training

#: Layers compiled as one. Compiling takes a second a layer, half a minute for fifty of them in one piece, and the code
#: of one stack serves all others of its length; entering one costs some 0.2 ms.
STACK = 8


def compiled(case: Case) -> Steps:
    """Forward and backward by torch.compile's default backend, stack by stack; the few layers left over go eagerly."""
    training = Training(case, longest=STACK)
    optimizer = torch.optim.Adam(training.network.parameters(), lr=1e-3, fused=True)
    for stack in training.stacks:
        if stack.depth == min(STACK, case.depth - 1):
            stack.compile()

    def steps(count: int) -> int:
        for _ in range(count):
            inputs, labels = training.batch()
            optimizer.zero_grad()
            functional.cross_entropy(training.network(inputs), labels).backward()
            torch.stack(torch._foreach_norm(training.weight_gradients())).tolist()
            optimizer.step()
        return count

    return steps
