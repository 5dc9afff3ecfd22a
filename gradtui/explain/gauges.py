"""What each gauge is for: `gradtui.gauges` defines them in a line, here stands why one looks at them."""

from __future__ import annotations

from gradtui.explain.text import Text
from gradtui.gauges import GAUGES
from gradtui.time_gauges import TIME_GAUGES


def _gauge(
    word: str,
    why: str,
    formula: str,
    source: str = "",
    see: tuple[str, ...] = (),
    scenarios: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Text:
    table = GAUGES if word in GAUGES else TIME_GAUGES
    label = f"{word} gauge" if word in _VERDICTS_TOO else word
    return Text(word, label, _sentence(table[word]), why, formula, source, "", see, scenarios, aliases)


def _sentence(definition: str) -> str:
    return f"{definition[0].upper()}{definition[1:]}."


#: Gauges that share their name with a verdict or a menu's word: people must be able to ask for one of the two.
_VERDICTS_TOO = frozenset({"saturated", "underflow", "nonfinite", "dead", "turn"})

_GLOROT = "Glorot & Bengio 2010"

LAYER = (
    _gauge(
        "grad_rms",
        "It is what moves the weights. RMS and not norm, so that layers of different size compare. It can stay level "
        "while the signal dies, because the activations it is multiplied with shrink the other way: look at delta_rms "
        "beside it.",
        "sqrt(mean of (dL/dW)^2)",
        _GLOROT,
        ("delta_rms", "grad_norm", "update_ratio"),
        ("sigmoid-deep", "flat-bars"),
        ("gradient", "weight gradient", "gradient size"),
    ),
    _gauge(
        "grad_norm",
        "The length that clipping looks at. It grows with the square root of the number of weights, so compare layers "
        "by grad_rms.",
        "sqrt(sum of (dL/dW)^2)",
        "Pascanu, Mikolov & Bengio 2013",
        ("grad_rms", "clip_norm", "clipped"),
        ("exploding-clipped",),
        ("gradient norm",),
    ),
    _gauge(
        "delta_rms",
        "The signal itself, on its way back: this is what vanishes. Times the batch size, so that it does not depend "
        "on how many examples the mean was taken over.",
        "B sqrt(mean of (dL/dh)^2)",
        "Rumelhart, Hinton & Williams 1986; Glorot & Bengio 2010",
        ("grad_rms", "gain", "vanishing"),
        ("flat-bars", "sigmoid-deep"),
        ("signal", "delta", "error signal"),
    ),
    _gauge(
        "update_ratio",
        "How much a layer really learns in a step. An adaptive optimizer keeps it alike in all layers although the "
        "gradient vanishes. About 1e-3 is usual; above 0.2 steps are too long, below 3e-5 hardly anything moves.",
        "rms(W_after - W_before) / rms(W_before)",
        "",
        ("masked", "rate_high", "rate_low"),
        ("adam-masks", "adam-runs-out"),
        ("update", "updates", "update ratio"),
    ),
    _gauge(
        "clipped",
        "Above 0 the gradient was longer than the threshold in this step. Below it clipping changes nothing: it never "
        "makes a gradient longer.",
        "1 - |g after| / |g before|",
        "Pascanu, Mikolov & Bengio 2013",
        ("clipping", "clip_norm"),
        ("exploding-clipped", "clipping-no-cure"),
    ),
    _gauge(
        "activation_mean",
        "A mean driven to the flat end of a sigmoid shuts its layer down; one far from 0 makes all gradients of the "
        "next layer's units point alike.",
        "mean of h",
        _GLOROT,
        ("activation_std", "saturated"),
        ("top-layer-saturates",),
        ("mean activation",),
    ),
    _gauge(
        "activation_std",
        "The signal's size on its way forward. If it shrinks with every layer, weight gradients do so too.",
        "sqrt(mean of (h - mean)^2)",
        _GLOROT,
        ("activation_mean", "q*"),
        ("selu-30", "flat-bars"),
        ("activation deviation",),
    ),
    _gauge(
        "saturated",
        "These units multiply the signal by less than a twentieth of what they could. A layer in which most units are "
        "saturated passes little.",
        "share of |phi'(z)| < 0.05 max |phi'|",
        _GLOROT,
        ("saturated", "activation_mean"),
        ("top-layer-saturates",),
        ("saturated gauge",),
    ),
    _gauge(
        "nonfinite",
        "One is enough: the next update spreads it over the network.",
        "count of g that is NaN, inf or -inf",
        "IEEE 754",
        ("not finite", "exploding"),
        ("exploding-init",),
        ("nonfinite gauge",),
    ),
    _gauge(
        "underflow",
        "A zero made by the number format and one made by silent units look alike and are not; this counts the first "
        "kind.",
        "share of g = 0 without a dead unit",
        "IEEE 754",
        ("float32", "float64", "dead"),
        ("float32-floor",),
        ("underflow gauge",),
    ),
    _gauge(
        "gain",
        "Minus 0.63 is a factor of 10^-0.63 = 0.24. The parts add up: weights, slope of the activation, norm, skip. "
        "They say which of them is to blame.",
        "log10(delta_rms below / delta_rms above) = weight + slope + norm + skip",
        "Hochreiter 1991; Glorot & Bengio 2010",
        ("delta_rms", "chi", "gain_weight", "gain_slope"),
        ("sigmoid-deep", "relu-xavier-30"),
        ("factor", "decay", "decay per layer"),
    ),
    _gauge(
        "gain_weight",
        "What the transposed weight matrix does alone. With Xavier weights about 0; with N(0, 0.01^2) on 64 units "
        "-1.1.",
        "log10(|W^T delta| / |delta|), by RMS",
        _GLOROT,
        ("gain", "init"),
        ("small-init",),
        ("weight gain",),
    ),
    _gauge(
        "gain_slope",
        "What the activation's slope takes: a sigmoid at least 0.6, a factor of 4; a ReLU half of the units, 0.15.",
        "log10(|phi'(z) delta| / |delta|), by RMS",
        "Hochreiter 1991; Glorot & Bengio 2010",
        ("gain", "activation"),
        ("sigmoid-deep", "relu-xavier-30"),
        ("slope", "phi'"),
    ),
    _gauge(
        "gain_norm",
        "Batch norm divides by the deviation on the way forward, and so on the way back as well: what a sigmoid's "
        "slope takes, it returns.",
        "log10(|delta below norm| / |delta above|), by RMS",
        "Ioffe & Szegedy 2015",
        ("gain", "batch norm", "layer norm"),
        ("batch-norm-sigmoid", "layer-norm-no-cure"),
        ("norm gain",),
    ),
    _gauge(
        "gain_skip",
        "What the way past a block adds. In a residual block one copy of the signal comes back untouched.",
        "log10(|delta with skip| / |delta of the branch|), by RMS",
        "He, Zhang, Ren & Sun 2016",
        ("gain", "residual blocks", "highway"),
        ("residual-56", "highway-20"),
        ("skip gain",),
    ),
    _gauge(
        "zero_batch",
        "A silent unit passes no signal back for this batch. About half of the units of a ReLU net are silent on an "
        "example and none need be dead for it.",
        "share of units with h <= 0 on the whole batch",
        "Glorot, Bordes & Bengio 2011",
        ("dead", "dying"),
        ("dying-relu",),
        ("sparsity", "silent"),
    ),
    _gauge(
        "dead",
        "A dead unit gets no gradient from any example, so nothing in training brings it back, except that layers "
        "below it move.",
        "share of units with h <= 0 on all training examples",
        "Maas, Hannun & Ng 2013; Lu, Shin, Su & Karniadakis 2019",
        ("dying", "zero_batch"),
        ("dying-relu", "dead-layers"),
        ("dead gauge",),
    ),
    _gauge(
        "similarity",
        "At 1 the layer says the same to every input, and what is above it cannot tell them apart. In deep nets at "
        "random it tends to a fixed value: 1 in order, less in chaos.",
        "mean over pairs of h(x) h(x') / (|h(x)| |h(x')|)",
        "Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli 2016",
        ("identical", "edge of chaos"),
        ("sigmoid-deep", "attention-no-residual"),
        ("cosine",),
    ),
    _gauge(
        "distance",
        "How far a layer has come since step 0. First layers of a vanishing net stay where they were drawn.",
        "rms(W - W_0) / rms(W_0)",
        "",
        ("update_ratio", "vanishing"),
        ("sigmoid-deep", "momentum-no-cure"),
        ("moved",),
    ),
    _gauge(
        "turn",
        "Near 1: steps agree. Near 0: the gradient is mostly noise of the batches. Near -1: it swings across a valley, "
        "the learning rate is too high.",
        "g_t g_(t-1) / (|g_t| |g_(t-1)|)",
        "",
        ("rate_high", "task.batch"),
        (),
        ("turning",),
    ),
    _gauge(
        "slope_grad_rms",
        "It tells whether a PReLU still learns its slope on the left.",
        "sqrt(mean of (dL/da)^2)",
        "He, Zhang, Ren & Sun 2015",
        ("prelu",),
        (),
        ("slope gradient",),
    ),
)

_GATES = "Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000"

TIME = (
    _gauge(
        "step_delta_rms",
        "The rungs of the ladder of time: where they fall with every step into the past, nothing that was said there "
        "can be learned.",
        "B sqrt(mean of (dL/dh_t)^2)",
        "Hochreiter 1991, 1998; Bengio, Simard & Frasconi 1994",
        ("short_memory", "step_cell_delta_rms"),
        ("rnn-long", "lstm-forget-bias"),
        ("signal through time", "ladder"),
    ),
    _gauge(
        "step_cell_delta_rms",
        "In an LSTM the long way goes along the cells, so look here and not at the states.",
        "dL/dc_(t-1) = f_t dL/dc_t + what comes through the gates",
        _GATES,
        ("gate_forget", "forget_bias"),
        ("lstm-long", "lstm-forget-bias"),
        ("cell signal",),
    ),
    _gauge(
        "gate_input",
        "How much of the new content a cell takes up; what is not taken up gets no gradient.",
        "i = sigmoid(W x_t + U h_(t-1) + b)",
        _GATES,
        ("lstm", "gate_forget"),
        ("lstm-long",),
        ("input gate",),
    ),
    _gauge(
        "gate_forget",
        "The factor that the cell's gradient is multiplied by at each step back: 0.5 leaves 1e-9 after thirty steps, "
        "0.95 a fifth.",
        "f = sigmoid(W x_t + U h_(t-1) + b);  without recurrent weights dc_T/dc_0 = product of f_t",
        "Gers, Schmidhuber & Cummins 2000",
        ("forget_bias", "short_memory"),
        ("lstm-forgets", "lstm-forget-bias"),
        ("forget gate",),
    ),
    _gauge(
        "gate_output",
        "How much of the cell is shown; a shut output gate hides the cell and its gradient.",
        "o = sigmoid(W x_t + U h_(t-1) + b);  h = o tanh(c)",
        _GATES,
        ("lstm",),
        ("lstm-long",),
        ("output gate",),
    ),
    _gauge(
        "gate_reset",
        "How much of the last state the new content may look at: shut, a GRU starts afresh.",
        "r = sigmoid(W x_t + U h_(t-1) + b)",
        "Cho et al. 2014",
        ("gru", "gate_update"),
        ("gru-long",),
        ("reset gate",),
    ),
    _gauge(
        "gate_update",
        "A GRU's forget gate: the share of the state that is kept, and of the gradient that passes a step unchanged.",
        "h_t = (1 - z) n + z h_(t-1)",
        "Cho et al. 2014",
        ("gru", "forget_bias"),
        ("gru-long", "temporal-order-gru"),
        ("update gate",),
    ),
)
