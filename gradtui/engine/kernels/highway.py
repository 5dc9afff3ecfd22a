"""Highway layers: a gate chooses, unit by unit, between what a layer made and what it was given."""

from __future__ import annotations

from gradtui.engine.kernel import flat, kernel, real
from gradtui.engine.kernels.elementary import decay


@kernel(
    gate="inout real [rows, units]",
    h="in real [rows, units]",
    x="in real [rows, units]",
    carry="out real [rows, units]",
    a="out real [rows, units]",
)
def highway_mix(gate, h, x, carry, a):
    """a = t h + (1 - t) x with t = sigmoid(gate) (Srivastava, Greff & Schmidhuber 2015). gate becomes t, carry 1 - t.

    Both come from e^-|gate|: where t is nearly 1, 1 - t would have no digit left.
    """
    gates, layer, given = flat(gate), flat(h), flat(x)
    carries, values = flat(carry), flat(a)
    for i in range(gates.shape[0]):
        g = gates[i]
        e, _ = decay(-abs(g))
        larger_share = real(1.0) / (real(1.0) + e)
        smaller_share = e * larger_share
        t = larger_share if g >= real(0.0) else smaller_share
        rest = smaller_share if g >= real(0.0) else larger_share
        gates[i] = t
        carries[i] = rest
        values[i] = t * layer[i] + rest * given[i]


@kernel(
    delta="inout real [rows, units]",
    gate="in real [rows, units]",
    carry="in real [rows, units]",
    h="in real [rows, units]",
    x="in real [rows, units]",
    gate_delta="out real [rows, units]",
    direct="out real [rows, units]",
)
def highway_unmix(delta, gate, carry, h, x, gate_delta, direct):
    """The backward pass, with gate = t and carry = 1 - t: delta (dL/da) becomes dL/dh = delta t, direct = delta (1 - t)
    goes down to x, and gate_delta = delta (h - x) t (1 - t) is for what stood under the sigmoid."""
    deltas, gates, carries = flat(delta), flat(gate), flat(carry)
    layer, given = flat(h), flat(x)
    to_gate, to_input = flat(gate_delta), flat(direct)
    for i in range(deltas.shape[0]):
        above = deltas[i]
        through = above * gates[i]
        past = above * carries[i]
        to_gate[i] = through * (layer[i] - given[i]) * carries[i]
        to_input[i] = past
        deltas[i] = through
