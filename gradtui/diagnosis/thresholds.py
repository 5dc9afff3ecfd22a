"""Where a difference becomes a diagnosis. One table, with the reason for each number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Threshold:
    """One limit. It is crossed by what lies above `value`, or below it where `below` is set. `kind` is the verdict that
    rests on it, `gauge` the gauge that it can be drawn over ("" where it is held against something else)."""

    value: float
    below: bool
    unit: str
    kind: str
    reason: str
    source: str = ""
    gauge: str = ""

    def crossed(self, measured: float) -> bool:
        """Whether a measured number lies on the sick side; NaN never does."""
        return measured < self.value if self.below else measured > self.value


_SHARE = "signal at the first layer / signal at the output"
_OF_CHANCE = "share of the loss of chance"

#: Every limit, by name.
THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {
        "vanished": Threshold(
            1e-3,
            True,
            _SHARE,
            "vanishing",
            "what a learning rate, tuned as well as it may be, cannot give back without tearing the upper layers apart",
            "Hochreiter 1998",
            "delta_rms",
        ),
        "faint": Threshold(
            1.5e-2,
            True,
            _SHARE,
            "vanishing",
            "too little where the loss stands still besides: a five-layer sigmoid net is already one",
            "Glorot & Bengio 2010",
        ),
        "worn": Threshold(
            5e-3,
            True,
            _SHARE,
            "vanishing",
            "too little where each layer takes most of it besides and nothing has been learned yet: five sigmoid "
            "layers never come off the loss of chance under plain descent, three do within a thousand steps",
            "Glorot & Bengio 2010",
        ),
        "steep": Threshold(
            0.4,
            True,
            "what a layer leaves of the signal",
            "vanishing",
            "the slope of a sigmoid is 0.25 at most; where layers take less than half, depth alone is not to blame",
            "Hochreiter 1998",
        ),
        "exploded": Threshold(
            1e3,
            False,
            _SHARE,
            "exploding",
            "no learning rate suits the first layers and the last ones when their signals differ by a thousand",
            "Pascanu, Mikolov & Bengio 2013",
            "delta_rms",
        ),
        "swollen": Threshold(
            30.0,
            False,
            _SHARE,
            "exploding",
            "enough where the loss is ten times that of chance: what grows on the way down has grown on the way up",
            "Pascanu, Mikolov & Bengio 2013",
        ),
        "overshot": Threshold(
            10.0,
            False,
            "loss / loss of chance",
            "exploding",
            "no answer can be so wrong that has not grown far beyond what was asked for",
        ),
        "thrown": Threshold(
            3.0,
            False,
            "rms of the way from the first weights / rms of these",
            "exploding",
            "of what a layer was drawn as nothing is left; training alone moves weights by about their own size",
            gauge="distance",
        ),
        "forgotten": Threshold(
            3e-3,
            True,
            "signal at the first time step / signal at the last",
            "short_memory",
            "an LSTM whose forget gates begin at 0.953 still learns a lag of 100 steps with a share of 0.008",
            "Jozefowicz, Zaremba & Sutskever 2015",
        ),
        "fading": Threshold(
            5e-2,
            True,
            "signal at the first time step / signal at the last",
            "short_memory",
            "too little where the loss stands still besides: three time constants have passed",
            "Bengio, Simard & Frasconi 1994",
        ),
        "dying": Threshold(
            0.75,
            False,
            "share of a layer's units that answer no training example",
            "dying",
            "half of a deep ReLU net is silent by mere chance, and 70 % of the worst of 30 layers of 64 units",
            "Lu, Shin, Su & Karniadakis 2019",
            "dead",
        ),
        "saturated": Threshold(
            0.5,
            False,
            "share of a layer's activations with less than 5 % of the largest slope",
            "saturated",
            "a layer in which most units sit where the function is flat passes little on",
            "Glorot & Bengio 2010",
            "saturated",
        ),
        "stuck": Threshold(
            0.9,
            False,
            "share of all hidden activations with less than 5 % of the largest slope",
            "saturated",
            "units that are all but switches: whether their signal grows or shrinks on the way back follows from that",
            "Glorot & Bengio 2010",
        ),
        "underflown": Threshold(
            0.02,
            False,
            "share of a layer's gradient entries that are exactly 0",
            "underflow",
            "where so much is rounded to nothing, the rest has hardly a digit left",
            "Goldberg 1991",
            "underflow",
        ),
        "alike": Threshold(
            2e-3,
            True,
            "1 - cosine of the last hidden layer's answers to different inputs",
            "identical",
            "what tells the inputs apart is a twentieth of the answer's length, and the loss stands still besides",
            "Dong, Cordonnier & Loukas 2021",
            "similarity",
        ),
        "drowned": Threshold(
            1e-2,
            True,
            "1 - cosine of the last hidden layer's answers to different inputs",
            "identical",
            "where the loss is ten times that of chance: what all answers have in common is the larger part by far",
        ),
        "alike_early": Threshold(
            1e-4,
            True,
            "1 - cosine of the last hidden layer's answers to different inputs",
            "identical",
            "a hundredth of the answer's length: so much is plain as soon as the loss has had time to move",
            "Dong, Cordonnier & Loukas 2021",
            "similarity",
        ),
        "deaf": Threshold(
            1e-3,
            True,
            "gradient of a block's queries / gradient of its values",
            "identical",
            "with skips it is above a hundredth at first, at any depth; without them four blocks bring it below this",
            "Noci et al. 2022",
        ),
        "starved": Threshold(
            0.025,
            True,
            "what the generator hears / what moves the discriminator's answer",
            "starved",
            "under minimax that is D(G(z)): 0.5 where D is undecided, this at odds of 39 to 1 against a sample",
            "Arjovsky & Bottou 2017",
        ),
        "small_batch": Threshold(
            4.5,
            True,
            "numbers that each mean and variance of a batch norm is estimated from",
            "small_batch",
            "of two numbers nothing is left but which is larger: the gradient is 0; of four, variances are off by 80 %",
            "Ioffe 2017",
        ),
        "even": Threshold(
            0.1,
            False,
            "update of the first layers / update of the last, each relative to its weights",
            "masked",
            "all layers move at about one pace although their gradients differ a thousandfold",
            "Kingma & Ba 2015",
            "update_ratio",
        ),
        "rate_high": Threshold(
            0.2,
            False,
            "rms of an update / rms of the weights",
            "rate_high",
            "a healthy one is near 0.001; weights that change by a fifth in one step keep nothing of what they know",
            "Bengio 2012",
            "update_ratio",
        ),
        "weights_replaced": Threshold(
            1.0,
            False,
            "rms of an update / rms of the weights",
            "rate_high",
            "one step has put other weights in the place of what was there: no loss is needed to see that",
            "Bengio 2012",
            "update_ratio",
        ),
        "loss_raised": Threshold(
            1.5,
            False,
            "loss now / the larger of the loss of chance and the first one",
            "rate_high",
            "training has made the net worse than not looking at the inputs at all",
            "LeCun, Bottou, Orr & Müller 1998",
        ),
        "leapt": Threshold(
            100.0,
            False,
            "largest loss so far / the larger of the loss of chance and the first one",
            "rate_high",
            "no batch is so unlucky: the step before it has thrown the weights away",
            "LeCun, Bottou, Orr & Müller 1998",
        ),
        "moved": Threshold(
            0.15,
            True,
            "rms of the way from the first weights / rms of these, median over layers",
            "rate_low",
            "weights that are still what they were drawn as have not had the time to stand still",
            "Bengio 2012",
        ),
        "budged": Threshold(
            0.005,
            True,
            "rms of the way from the first weights / rms of these, median over layers",
            "rate_low",
            "where no loss but the last is known: at a pace at which weights become others within 30,000 steps, they "
            "come as far in 150",
            "Bengio 2012",
        ),
        "knows": Threshold(
            0.05,
            False,
            "right answers beyond those of chance, as a share of what is left to know",
            "rate_low",
            "of some hundred held-out answers so many more are right by no luck",
        ),
        "rate_low": Threshold(
            3e-5,
            True,
            "rms of an update / rms of the weights, in the layer that moves most",
            "rate_low",
            "at this pace weights need more than 30,000 steps of one direction to become others",
            "Bengio 2012",
            "update_ratio",
        ),
        "stalled": Threshold(
            0.95,
            False,
            _OF_CHANCE,
            "stalled",
            "what the net knows is little more than how often each answer occurs",
            "Glorot & Bengio 2010",
        ),
        "plateau": Threshold(
            0.85,
            False,
            _OF_CHANCE,
            "stalled",
            "after hundreds of steps: something is known, little enough, and no more is learned",
            "Glorot & Bengio 2010",
        ),
        "falling": Threshold(
            0.02,
            False,
            "fall of the loss from the third quarter of the run to the last, as a share of the loss of chance",
            "healthy",
            "at this pace the loss of chance is gone within some dozen runs as long",
        ),
        "on_the_way": Threshold(
            0.85,
            True,
            _OF_CHANCE,
            "healthy",
            "the loss has come off that of chance: while it falls besides, no picture of a gradient says otherwise",
        ),
        "off": Threshold(
            0.75,
            True,
            _OF_CHANCE,
            "healthy",
            "where no loss but that of one batch is known: by luck alone a batch of 32 numbers is so much easier",
        ),
        "still": Threshold(
            0.002,
            True,
            "fall of the loss from the third quarter of the run to the last, as a share of the loss of chance",
            "stalled",
            "so little in a quarter of the run that sixty more as long would not halve it",
            "Glorot & Bengio 2010",
        ),
        "learned": Threshold(
            0.5,
            True,
            _OF_CHANCE,
            "healthy",
            "a net that has halved the loss of chance learns, whatever a picture of its gradient looks like",
        ),
    }
)


def limit(name: str) -> float:
    """The value of a threshold."""
    return THRESHOLDS[name].value
