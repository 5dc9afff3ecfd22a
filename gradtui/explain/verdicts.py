"""What each verdict means, in the words of a doctor."""

from __future__ import annotations

from gradtui.explain.text import Text

VERDICTS = (
    Text(
        "nonfinite",
        "not finite",
        "Somewhere a number has become NaN or infinite: an overflow, or an infinity less another one.",
        "A gradient that is no number makes every weight no number at the next step, and there is no way back. It most "
        "often ends an explosion that began some steps before.",
        "largest float32 3.4e38, largest float64 1.8e308;  inf - inf = NaN",
        "IEEE 754",
        "Restart with a lower learning rate, smaller first weights, a norm, or clipping. Look for the first layer and "
        "the first step in the evidence: what stands before it is the cause.",
        ("exploding", "clip_norm", "nonfinite gauge"),
        ("overflow", "exploding-init", "rnn-exploding"),
        ("nan", "inf", "infinite", "non-finite", "overflow"),
    ),
    Text(
        "symmetric",
        "symmetric start",
        "All units of a layer begin alike, so they compute the same, hear the same and stay the same.",
        "With weights of 0 nothing passes either way, and only the output's biases learn. With equal weights a layer "
        "of any width is one unit. No optimizer can tell the copies apart: their gradients are equal.",
        "W = 0:  dL/dh_below = W^T delta = 0",
        "Rumelhart, Hinton & Williams 1986",
        "Draw the weights at random: Xavier for tanh and sigmoid, He for ReLU. Biases may begin at 0.",
        ("zeros", "xavier_normal", "he_normal"),
        ("all-zeros",),
        ("symmetry", "zero init", "zero weights", "symmetry breaking", "symmetric start"),
    ),
    Text(
        "dying",
        "dying units",
        "Units have gone silent on every example of the training set. A silent ReLU has slope 0: it passes nothing "
        "forward and nothing back, so its weights are not trained any more.",
        "A layer of dead units is a wall: the gradient below it is exactly 0, whatever the precision. Units die when "
        "one long step throws their weights away, or are born dead by their biases or by narrow layers.",
        "born dead (one input, zero biases, width N, L layers): 1 - (1 - 2^-N)^L",
        "Maas, Hannun & Ng 2013; Lu, Shin, Su & Karniadakis 2019",
        "Take leaky ReLU, PReLU or ELU, whose slope is nowhere 0; begin the biases at 0; lower the learning rate. "
        "Units silent on one batch only are not dead: see zero_batch.",
        ("dead", "zero_batch", "leaky_relu", "prelu", "elu", "init_bias"),
        ("dying-relu", "dead-layers", "dead-second-layer", "born-dead"),
        ("dead relu", "dead units", "dying relu", "dying units", "dormant neurons", "born dead", "wall"),
    ),
    Text(
        "exploding",
        "exploding",
        "The signal grows from layer to layer on its way back, or from time step to time step.",
        "The same product as in vanishing, with factors above 1. Steps in proportion to such gradients throw the "
        "weights out. Both can happen at once, in different directions.",
        "size of the signal ~ factor^layers, factor > 1",
        "He, Zhang, Ren & Sun 2015; recurrent nets: Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013",
        "Smaller first weights (He for ReLU), a norm, a lower learning rate. Clipping the norm bounds each step and is "
        "the usual cure in recurrent nets.",
        ("vanishing", "clipping", "he_normal", "batch norm"),
        ("exploding-init", "exploding-clipped", "rnn-exploding"),
        ("explosion", "exploding gradient", "exploding gradients"),
    ),
    Text(
        "vanishing",
        "vanishing",
        "The signal shrinks from layer to layer on its way back from the loss, or from time step to time step, until "
        "the first layers hear nothing that they could learn from.",
        "Back-propagation is a product: each layer multiplies the signal by its weights and by the slope of its "
        "activation. If a layer leaves a quarter, ten layers leave a millionth, and plain gradient descent moves the "
        "first layers a million times less than the last.",
        "dL/dh_(l-1) = W_l^T (phi'(z_l) dL/dh_l);  size ~ factor^layers, factor < 1",
        "Hochreiter 1991, 1998; Bengio, Simard & Frasconi 1994 (both on recurrent nets); Glorot & Bengio 2010",
        "Batch norm, residual blocks, highway gates (bias -3), ReLU with He weights, SELU with LeCun weights, tanh "
        "with Xavier weights. Adaptive rates such as Adam's move the weights all the same. Clipping, dropout, "
        "momentum and Nesterov are no cures: they enlarge no ratio between layers.",
        ("gain", "chi", "masked", "residual blocks", "batch norm", "he_normal", "selu"),
        ("sigmoid-deep", "relu-xavier-30", "small-init", "rnn-long"),
        ("vanished", "vanishing gradient", "vanishing gradients", "vanishing gradient problem"),
    ),
    Text(
        "starved",
        "starved generator",
        "The discriminator is sure of every sample, and under minimax the generator then hears next to nothing.",
        "The slope of log(1 - D) is D, the discriminator's belief that a sample is real. The better it gets, the "
        "nearer D is to 0, and with it the whole gradient of the generator, however healthy both networks are inside.",
        "|grad of log(1 - D)| / |grad of -log D| = D / (1 - D) = exp(logit)",
        "Goodfellow, Pouget-Abadie, Mirza, Xu et al. 2014; Arjovsky & Bottou 2017",
        "Take the non-saturating loss, least squares or Wasserstein; let the discriminator learn less.",
        ("minimax", "non_saturating", "least_squares", "wasserstein"),
        ("gan-minimax", "gan-frozen", "gan-non-saturating"),
        ("generator starved", "starving generator", "gan vanishing"),
    ),
    Text(
        "short_memory",
        "short memory",
        "A recurrent network whose gradient reaches back fewer steps than the task asks for.",
        "Every step back multiplies the signal by the recurrent matrix and a slope, in an LSTM's cell by the forget "
        "gate. What lies several time constants back is as good as gone, and the weights learn from the recent past.",
        "time constant = -1 / ln(factor a step);  forget gate sigmoid(b): b = 0 gives 1.4 steps, 1: 3.2, 3: 20.6",
        "Hochreiter 1991, 1998; Hochreiter & Schmidhuber 1997 (LSTM); Bengio, Simard & Frasconi 1994",
        "Raise the forget bias, start the recurrent matrix as the identity or orthogonal, take an LSTM or a GRU. An "
        "LSTM alone is not immune: with a forget bias of 0 it loses half at every step. Truncation shortens the reach.",
        ("forget_bias", "lstm", "gru", "recurrent_init", "truncation", "step_delta_rms"),
        ("lstm-forgets", "lstm-forget-bias", "truncated-memory", "latch-memory"),
        ("memory", "long range dependency", "long term dependencies", "memory shorter than the lag"),
    ),
    Text(
        "small_batch",
        "batch too small",
        "Batch norm takes mean and deviation from so few examples that it wipes out what tells them apart.",
        "With two examples every unit's output is +1 or -1 whatever was summed, so its gradient is 0; with one it is "
        "always 0. With a few, the statistics are noise and the signal grows from layer to layer.",
        "linear layers: sqrt((B - 2) / (B - 3)) a layer for batches of B: 1.095 at 8, 1.017 at 32",
        "Ioffe & Szegedy 2015; Wu & He 2018",
        "Batches of 32 and more, or layer, group or RMS norm, which do not look at other examples.",
        ("batch norm", "group norm", "layer norm", "task.batch"),
        ("batch-norm-of-two",),
        ("batch size", "small batch"),
    ),
    Text(
        "warm_up",
        "needs a warm-up",
        "A transformer with its norms behind the sums (post-LN) whose first steps are too long for it.",
        "At step 0 its signal does not vanish. Adam's first steps are of full length whatever the gradient, the last "
        "blocks come to say the same everywhere, and queries and keys then hear nothing.",
        "lr_t = lr min(1, t / warmup_steps)",
        "Xiong et al. 2020; Vaswani et al. 2017",
        "Raise the learning rate over the first few hundred steps, put the norms into the branches (pre-LN), or lower "
        "the rate.",
        ("warmup_steps", "pre-activation", "identical"),
        ("transformer-post-ln", "transformer-warm-up", "transformer-pre-ln"),
        ("warm-up needed", "post-ln", "post ln", "postln"),
    ),
    Text(
        "identical",
        "identical outputs",
        "The network says the same to every input: what tells inputs apart has been lost on the way up (rank "
        "collapse).",
        "A gradient may still arrive, but it is the same for all examples, as if only biases were trained. In "
        "attention without a residual path averages of averages become one vector.",
        "similarity = mean cosine of h(x) and h(x') over pairs of inputs -> 1",
        "Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017; attention: Dong, Cordonnier & Loukas 2021",
        "Batch norm, which divides by what tells examples apart; residual connections; weights nearer to the edge of "
        "chaos.",
        ("similarity", "edge of chaos", "batch norm", "residual blocks"),
        ("attention-no-residual", "sigmoid-deep"),
        ("rank collapse", "collapse", "loss of representation", "identical outputs"),
    ),
    Text(
        "saturated",
        "saturated",
        "Most units of a layer sit where their activation is flat, so its slope is near 0.",
        "The signal is multiplied by that slope: a saturated layer lets hardly anything through, and its units get out "
        "only by small steps. It is caused by weights too large, or by training that drives a layer to one end. "
        "Only smooth functions are counted: a hard one is flat for good at its ends, and its units there are dead.",
        "sigmoid' = s (1 - s), 1/4 at most;  tanh' = 1 - tanh^2, 1 at most",
        "Glorot & Bengio 2010",
        "Smaller first weights (Xavier), batch norm before the activation, or an activation that is not flat: ReLU, "
        "SELU.",
        ("saturated gauge", "xavier_normal", "batch norm", "relu"),
        ("saturated-tanh", "top-layer-saturates"),
        ("saturation",),
    ),
    Text(
        "underflow",
        "underflow",
        "Gradients are too small for the number format and have been rounded to exactly 0.",
        "The layers are not dead; wider numbers would show something. But seeing it is all they do: a step of 1e-60 is "
        "no step.",
        "float32: normal down to 1.2e-38; float64: down to 2.2e-308",
        "IEEE 754",
        "float64 makes it visible. What cures it is what cures the vanishing beneath it.",
        ("underflow gauge", "float32", "float64", "vanishing"),
        ("too-small-to-hold", "float32-floor", "float64-deep"),
        ("denormal", "denormals", "subnormal"),
    ),
    Text(
        "masked",
        "masked by Adam",
        "The gradient vanishes and the updates do not: an adaptive optimizer divides each by its own size.",
        "Steps stay near the learning rate in every layer, so the network may learn although its gradient is a "
        "staircase. It ends where the gradient meets eps: below it the updates vanish as well. With a tiny gradient, "
        "what is enlarged may be mostly noise.",
        "step = lr m / (sqrt(v) + eps)",
        "Kingma & Ba 2015",
        "Nothing, while it learns. For more depth cure the vanishing itself; a smaller eps only shifts the floor.",
        ("adam", "optimizer.eps", "update_ratio", "vanishing"),
        ("adam-masks", "adam-runs-out", "adagrad-sigmoid"),
        ("adam masks", "masking", "masked by adam"),
    ),
    Text(
        "rate_high",
        "rate too high",
        "Steps are so long that the loss rises or swings instead of falling.",
        "The gradient points downhill for a short way only. Beyond it a step lands higher than it began, and in ReLU "
        "nets units die of it.",
        "gradient descent diverges for lr > 2 / (largest eigenvalue of the Hessian)",
        "LeCun, Bottou, Orr & Müller 1998",
        "A tenth of the learning rate; a warm-up; clipping if only single steps are too long. Updates of about 1e-3 of "
        "the weights are usual.",
        ("optimizer.lr", "update_ratio", "warmup_steps", "clipping"),
        ("too-fast", "dying-relu"),
        ("rate too high", "learning rate too high", "diverging", "oscillating"),
    ),
    Text(
        "rate_low",
        "rate too low",
        "The gradient is fine, but steps are so short that the weights hardly move.",
        "From the loss alone it looks like vanishing. The update ratio tells them apart: it is small in every layer "
        "alike.",
        "update_ratio = rms(step) / rms(weights), far below 1e-4 everywhere",
        "LeCun, Bottou, Orr & Müller 1998",
        "Ten times the learning rate, and again, until the loss falls.",
        ("optimizer.lr", "update_ratio", "vanishing"),
        ("too-slow",),
        ("rate too low", "learning rate too low", "slow convergence"),
    ),
    Text(
        "stalled",
        "stalled",
        "The loss stands on a plateau, mostly at chance: the network gives the same answer to everything.",
        "The output's biases have learned how often each class occurs, and nothing else arrives. Mostly something "
        "beneath it keeps the gradient away: vanishing, saturation, a signal that is alike for all inputs. A network "
        "without the ability (XOR without a hidden layer) stalls with a healthy gradient.",
        "chance: loss = ln(classes), 2.303 for ten; accuracy 1 / classes",
        "Glorot & Bengio 2010",
        "Look at the other verdicts: cure the cause that stands there. If there is none, give it a hidden layer or "
        "time.",
        ("vanishing", "saturated", "identical", "chance level"),
        ("top-layer-saturates", "xor-no-hidden", "sigmoid-deep"),
        ("plateau", "stagnation", "one class"),
    ),
    Text(
        "healthy",
        "healthy",
        "The signal reaches every layer at a size that can be learned from, and nothing else is wrong.",
        "A factor near 1 a layer holds the signal at any depth; a shallow net can afford a smaller one, since it is "
        "the product over the depth that counts.",
        "factor^layers not far from 1",
        "Glorot & Bengio 2010; Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017",
        "Nothing. To see what makes it so, turn one knob at a time.",
        ("chi", "edge of chaos"),
        ("shallow-sigmoid", "relu-he-deep", "selu-30"),
        ("health",),
    ),
)

#: What each kind of verdict is called by people.
LABELS = {text.word: text.label for text in VERDICTS}


def title_of(kind: str) -> str:
    """A kind of verdict as a title: `RATE TOO HIGH`."""
    return LABELS.get(kind, kind).upper()
