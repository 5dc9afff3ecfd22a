"""The names of the gauges over time and what each one measures: rows of one number a time step, a row for each layer of
a recurrent network."""

from __future__ import annotations

#: Every gauge over time, as claims name it, with its definition in one line.
TIME_GAUGES: dict[str, str] = {
    "step_delta_rms": "root mean square of dL/dh_t over batch and units, times batch size: the signal at one time step",
    "step_cell_delta_rms": "the same of dL/dc_t, the gradient of an LSTM's cells",
    "gate_input": "mean of an LSTM's input gates over batch and units at one time step; 1: wide open",
    "gate_forget": "mean of an LSTM's forget gates; 1: the cells remember everything",
    "gate_output": "mean of an LSTM's output gates",
    "gate_reset": "mean of a GRU's reset gates",
    "gate_update": "mean of a GRU's update gates; 1: the state stays as it is",
}


def key_of(gauge: str) -> str:
    """The name under which `GradientProfile.time` holds a gauge: a row over taps as well is `step_...` in claims."""
    return gauge.removeprefix("step_")
