"""What a choice or a key has to do with the gradient. The menu says what it is; here stands why one turns it.

Factors a layer are those of wide networks at step 0, unit inputs, no biases, on average over the layers 11 to 30.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: `key=name` of a choice -> why it matters.
OF_CHOICES: Mapping[str, str] = MappingProxyType(
    {
        "network.activation=sigmoid": "The signal keeps 0.236 of its size a layer with Xavier weights and 0.318 with "
        "He's: lost in a deep net. Batch norm (1.017) or highway gates rescue it, layer norm (0.391) does not.",
        "network.activation=tanh": "0.97 a layer with Xavier weights, fading ever more slowly; 0.58 with PyTorch's "
        "default weights; 1.05 with He's, in chaos.",
        "network.activation=relu": "Slope 1 is half of the story: half of the units are silent, which leaves 0.707 a "
        "layer with Xavier weights. He's make up for it: 1.000.",
        "network.activation=leaky_relu": "As ReLU, 1.000 a layer with He weights and a slope of 0.01, but no unit "
        "dies. Without dead units it learns hardly faster than ReLU.",
        "network.activation=prelu": "1.031 a layer with He weights at its first slope of 0.25; no unit dies.",
        "network.activation=elu": "0.95 a layer with LeCun weights, 1.05 with He's; slopes on the left are small, "
        "never 0.",
        "network.activation=selu": "1.035 a layer with LeCun weights, at any depth: the signal grows slowly. With He's "
        "weights the balance is lost.",
        "network.activation=celu": "As ELU at alpha 1; the smooth bend keeps slopes at 1 or below.",
        "network.activation=gelu": "0.75 a layer with He weights and falling towards 0.707: it has no scale of its "
        "own, the signal drifts down to where its slope is 1/2.",
        "network.activation=gelu_tanh": "As GELU, to three digits.",
        "network.activation=silu": "0.71 a layer with He weights: thirty plain layers do not train. With batch norm "
        "1.10.",
        "network.activation=mish": "0.91 a layer with He weights, falling to 0.85.",
        "network.activation=softplus": "0.54 a layer with Xavier weights, 0.89 with He's: outputs are never below 0, "
        "so all inputs soon look alike.",
        "network.activation=softsign": "0.95 a layer with Xavier weights; saturates later than tanh.",
        "network.activation=hard_sigmoid": "0.167 a layer with Xavier weights: its slope is never above 1/6.",
        "network.activation=hard_tanh": "0.995 a layer with Xavier weights; where it is flat nothing passes at all.",
        "network.activation=identity": "No slope takes anything: only the weights shrink or grow the signal. Several "
        "linear layers can do no more than one, but they show what depth alone does.",
        "network.prelu_share=layer": "One slope hears the mean of what all units ask for: a loud, steady gradient.",
        "network.prelu_share=unit": "Each slope hears its own unit alone: more freedom, a fainter gradient.",
        "network.init=normal": "Each layer multiplies the signal by std sqrt(fan_in) and the slope: 0.01 on 64 units "
        "is 0.08 a layer.",
        "network.init=truncated_normal": "As normal with 0.88 of the deviation: what is cut off was large.",
        "network.init=uniform": "At 1/sqrt(fan_in) the variance is a third of LeCun's: 0.577 of the signal a layer "
        "for tanh, 0.141 for sigmoid, 0.408 for ReLU.",
        "network.init=torch_default": "A third of LeCun's variance: 0.577 a layer for tanh, 0.408 for ReLU. The bars "
        "of the weights may look level all the same.",
        "network.init=lecun_normal": "A factor of 1 for linear layers, 1.035 for SELU, 0.97 for tanh, 0.707 for ReLU.",
        "network.init=lecun_uniform": "The same variance as LeCun normal, so the same factors.",
        "network.init=xavier_normal": "A factor of 1 for linear layers and 0.97 for tanh; 0.707 for ReLU, 0.236 for "
        "sigmoid: it cannot make up for their slopes.",
        "network.init=xavier_uniform": "The same variance as Xavier normal, so the same factors.",
        "network.init=he_normal": "A factor of 1.000 a layer for ReLU; sigmoid 0.318; tanh 1.05.",
        "network.init=he_uniform": "The same variance as He normal, so the same factors.",
        "network.init=orthogonal": "All singular values are 1: a linear net loses nothing in any direction, exactly. "
        "With an activation its slope still counts: ReLU 0.707.",
        "network.init=lsuv": "It measures instead of assuming, so the signal has size 1 on its way forward in any net; "
        "the slopes still act on the way back.",
        "network.init=identity": "The signal passes each layer untouched at first; with ReLU where it is positive.",
        "network.init=zeros": "Nothing passes either way, and all units stay alike: only output biases learn.",
        "network.init_fan=in": "Holds the signal's size on its way forward; in layers of equal width the gradient's "
        "too.",
        "network.init_fan=out": "Holds the gradient's size on its way back, where widths change.",
        "network.init_bias_kind=auto": "Biases of 0 are what theory's factors are for.",
        "network.init_bias_kind=zero": "A ReLU layer then begins with half of its units silent on an example.",
        "network.init_bias_kind=constant": "Far below 0 it silences ReLU units for good; above 0 it wakes them.",
        "network.init_bias_kind=torch": "Random biases are the same for all inputs, so they make them more alike.",
        "network.norm=none": "Weights and slopes alone decide what comes back.",
        "network.norm=batch": "Whatever the slope takes, dividing by the deviation returns: sigmoid 1.017 a layer "
        "instead of 0.236, ReLU 1.211, linear 1. ReLU nets with it explode slowly at step 0: some twenty layers train "
        "all the same, fifty-six fit badly.",
        "network.norm=layer": "Sigmoid 0.391 a layer, so it does not cure a deep sigmoid net; ReLU 1.000, tanh 1.085.",
        "network.norm=rms": "As layer norm, without taking the mean off: ReLU 1.000, tanh 1.085, sigmoid 0.391.",
        "network.norm=group": "Between layer norm, one group, and normalising each unit of an image by itself.",
        "network.norm=weight": "It makes the length of weights a number of its own and touches no signal: no cure.",
        "network.norm_place=before": "The activation reads sums of size 1: it sits where its slope is large.",
        "network.norm_place=after": "The next layer reads numbers of size 1; the activation may still saturate.",
        "network.skip=none": "The signal has one way, through every layer: the factors multiply.",
        "network.skip=residual": "The gradient of each block is that above it plus what comes through the branch: it "
        "cannot vanish by a product. Branches of He ReLU layers make it grow by 1.41 a block unless scaled or normed.",
        "network.skip=rezero": "At step 0 every block hands on exactly what it gets, both ways: a factor of 1. The "
        "branches' own gradient is 0 until their alphas have moved.",
        "network.skip=highway": "About 1 - sigmoid(bias) a layer: 0.953 at -3, 0.881 at -2, 0.5 at 0. Gates must begin "
        "nearly shut.",
        "network.skip=dense": "Each layer has a wire of its own to the output, so the first hears as much as the last.",
        "network.skip_form=post": "The sum passes an activation: half of a negative stream is cut at each block.",
        "network.skip_form=pre": "The stream is never touched, so one copy of the gradient comes back as it was.",
        "network.kind=mlp": "The plainest case: one factor a layer, weights times slope.",
        "network.kind=cnn": "As a plain net with the window's size for fan_in; zero padding takes a little more at "
        "the borders, 0.960 a layer on 8x8 with He weights.",
        "network.kind=rnn": "The depth is the time: fifty steps are fifty factors of the same matrix.",
        "network.kind=transformer": "Distance in time costs no factors; depth costs them, unless the stream is free.",
        "network.kind=gan": "A generator hears only what the discriminator hands down.",
        "network.cell=rnn": "Every step back takes a slope of tanh and the matrix; thirty steps are too many for "
        "weights drawn as usual.",
        "network.cell=lstm": "Along the cells the factor is the forget gate alone: 0.5 at bias 0, 0.731 at 1, 0.953 at "
        "3. It is not immune: at 0 half is lost at every step.",
        "network.cell=gru": "The factor is the update gate, by its bias as an LSTM's forget gate: 0.5 at 0, 0.953 at "
        "3.",
        "network.recurrent_init=same": "PyTorch's small uniform numbers shrink the state's gradient at each step.",
        "network.recurrent_init=orthogonal": "The linear part loses nothing at any number of steps; tanh's slope does.",
        "network.recurrent_init=identity": "An active ReLU then copies its state, and the gradient comes back as it "
        "was.",
        "network.recurrent_init=spectral": "The long-run factor of a linear step is the number you choose.",
        "network.recurrent_init=zeros": "No gradient goes back in time until the matrix has grown.",
        "network.dtype=float32": "Thirty sigmoid layers fit; from 58 on the first layers read exactly 0.",
        "network.dtype=float64": "Shows gradients that float32 rounds to 0. Nothing learns better for it.",
        "optimizer.name=sgd": "Steps in proportion to the gradient: a layer that hears a millionth moves a millionth.",
        "optimizer.name=momentum": "All layers' steps grow alike, up to 1/(1 - momentum) times: the ratio between them "
        "stays, so it cures nothing that vanishes.",
        "optimizer.name=nag": "As momentum: every layer alike, no cure for vanishing.",
        "optimizer.name=adagrad": "A faint gradient gets a step as long as a loud one's, so vanishing is made up for.",
        "optimizer.name=adadelta": "Steps follow the sizes of earlier steps: slow at first, alike in all layers.",
        "optimizer.name=rmsprop": "Steps of about lr in every layer, until the gradient meets eps.",
        "optimizer.name=adam": "Steps of about lr in every layer: it masks vanishing and learns through some eight "
        "sigmoid layers. At sixteen the first gradient is below eps, and the mask falls.",
        "optimizer.name=amsgrad": "As Adam; the largest gradient so far keeps steps short ever after.",
        "optimizer.name=adamw": "As Adam; weights decay without going through the division.",
        "optimizer.name=adamax": "As Adam: steps of about lr at most, in every layer; one loud gradient shortens them "
        "for some 1,000 steps.",
        "optimizer.name=nadam": "As Adam, a little ahead.",
        "optimizer.name=lion": "Only the sign counts: a vanished gradient moves its weights as far as any, until it "
        "is exactly 0. Noise moves them as far, too.",
        "optimizer.name=muon": "All directions of a matrix move alike, however faint; its size cancels as in Adam.",
        "optimizer.name=rprop": "Only signs count, so a vanished gradient is no hindrance. On small batches signs are "
        "noise: it needs all examples at once.",
        "optimizer.adjust_lr=original": "Layers of different shape move by different amounts.",
        "optimizer.adjust_lr=match_rms_adamw": "Layers of any shape move by the same amount.",
        "optimizer.schedule=constant": "What the gradient does is all that changes.",
        "optimizer.schedule=step": "Late steps shorten in every layer alike.",
        "optimizer.schedule=cosine": "Late steps shorten in every layer alike.",
        "optimizer.schedule=warmup": "Short first steps, while gradients are largest or Adam's sizes unsure: what a "
        "post-LN transformer needs.",
        "task.loss=cross_entropy": "Its gradient at the output, p - t, does not fade where softmax saturates.",
        "task.loss=bce": "Its gradient at the output, sigmoid(z) - y, does not fade where the sigmoid saturates.",
        "task.loss=mse": "Its gradient at the output is the error itself; behind a sigmoid it would fade.",
        "task.loss=minimax": "Its slope for the generator is D: nearly 0 where the discriminator is sure.",
        "task.loss=non_saturating": "Its slope for the generator is 1 - D: largest where the discriminator is sure.",
        "task.loss=least_squares": "The slope grows with the distance to what is wanted; nothing saturates.",
        "task.loss=wasserstein": "A critic without a sigmoid: its slope stays where it is sure. Bounds on the weights "
        "may make the critic's own signal vanish or explode.",
    }
)

#: Dotted key -> why it matters.
OF_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "network.depth": "The factor a layer to the power of the depth is what arrives: 0.236^2 is 0.06, 0.236^29 "
        "is 6e-19.",
        "network.width": "In narrow nets one draw strays far from the mean, and ReLU layers may be born dead.",
        "network.activation": "Its slope is one of the two factors of each layer.",
        "network.init": "The weights' size is the other factor of each layer.",
        "network.init_std": "A layer multiplies the signal by init_std sqrt(fan_in).",
        "network.init_gain": "Multiplies every layer's factor.",
        "network.init_bias": "Far below 0 it kills ReLU units before the first step.",
        "network.norm": "A norm can return what the slope takes.",
        "network.norm_eps": "Where the variance is below eps a norm no longer returns the signal's size.",
        "network.skip": "A way past the layers has no product in it.",
        "network.skip_scale": "The squared factor a block is about 1 + skip_scale^2 with He ReLU branches.",
        "network.highway_bias": "The factor a layer is about 1 - sigmoid(highway_bias).",
        "network.dropout": "It multiplies the mean square by 1/keep on both ways and leaves slopes and weights as they "
        "are: no cure for vanishing.",
        "network.forget_bias": "The factor a time step is sigmoid(forget_bias): 0.5, 0.731, 0.881, 0.953 at 0, 1, 2, "
        "3.",
        "network.truncation": "Beyond it no gradient goes back at all: a lag longer than that cannot be learned.",
        "network.spectral_radius": "Above the inverse of the slope it explodes in time, below it vanishes.",
        "network.heads": "Too narrow heads look at everything alike.",
        "network.causal": "Nothing at step s hears of a loss at an earlier step: exactly 0.",
        "network.dtype": "Decides where a small gradient becomes exactly 0.",
        "optimizer.name": "The rule decides whether a faint gradient means a short step.",
        "optimizer.lr": "Multiplies all steps alike: it cannot give the first layers back what the product took, "
        "without tearing the last apart.",
        "optimizer.eps": "Gradients far below it are not enlarged any more: where Adam's mask ends.",
        "optimizer.momentum": "Lengthens every layer's steps alike.",
        "optimizer.clip_norm": "Never makes a gradient longer: a cure of explosions, not of vanishing.",
        "optimizer.clip_value": "Cuts large entries and so turns the gradient; nothing small is enlarged.",
        "optimizer.clip_agc": "Bounds each unit's step by its weights; nothing small is enlarged.",
        "optimizer.warmup_steps": "Holds the first steps back while the gradient is not to be trusted.",
        "optimizer.weight_decay": "Pulls weights towards 0: where no gradient arrives, decay alone shrinks them, and "
        "the factor a layer with them.",
        "task.batch": "Means over few examples are noisy, and batch norm needs more than a few.",
        "task.length": "Each time step is one more factor on the way back.",
        "generator.discriminator_first": "A discriminator trained ahead is surer, and minimax tells less.",
        "generator.lr": "At 0 the generator stands still and its gradient can be watched.",
        "task.weight_bound": "Small bounds shrink the critic's signal, large ones let it grow.",
        "seed": "Factors scatter from draw to draw in narrow nets: one seed proves little.",
    }
)

#: What people type -> the choices and keys they mean; `key=name`, or a dotted key.
PEOPLE_SAY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "xavier": ("network.init=xavier_normal", "network.init=xavier_uniform"),
        "glorot": ("network.init=xavier_normal", "network.init=xavier_uniform"),
        "normalized initialization": ("network.init=xavier_uniform",),
        "he": ("network.init=he_normal", "network.init=he_uniform"),
        "he init": ("network.init=he_normal", "network.init=he_uniform"),
        "kaiming": ("network.init=he_normal", "network.init=he_uniform"),
        "lecun": ("network.init=lecun_normal", "network.init=lecun_uniform"),
        "small random weights": ("network.init=normal",),
        "gaussian": ("network.init=normal",),
        "batch norm": ("network.norm=batch",),
        "batch normalization": ("network.norm=batch",),
        "bn": ("network.norm=batch",),
        "layer norm": ("network.norm=layer",),
        "layer normalization": ("network.norm=layer",),
        "ln": ("network.norm=layer",),
        "rms norm": ("network.norm=rms",),
        "group norm": ("network.norm=group",),
        "weight norm": ("network.norm=weight",),
        "swish": ("network.activation=silu",),
        "leaky": ("network.activation=leaky_relu",),
        "linear": ("network.activation=identity",),
        "resnet": ("network.skip=residual",),
        "residual": ("network.skip=residual",),
        "residual connections": ("network.skip=residual",),
        "densenet": ("network.skip=dense",),
        "highway network": ("network.skip=highway",),
        "pre-ln": ("network.skip_form=pre",),
        "post-ln": ("network.skip_form=post",),
        "gradient descent": ("optimizer.name=sgd",),
        "gd": ("optimizer.name=sgd",),
        "stochastic gradient descent": ("optimizer.name=sgd",),
        "nesterov momentum": ("optimizer.name=nag",),
        "lr": ("optimizer.lr",),
        "learning rate": ("optimizer.lr",),
        "warm-up": ("optimizer.schedule=warmup", "optimizer.warmup_steps"),
        "depth": ("network.depth",),
        "width": ("network.width",),
        "dropout": ("network.dropout",),
        "irnn": ("network.recurrent_init=identity",),
        "autoregressive": ("network.causal",),
        "long short-term memory": ("network.cell=lstm",),
        "gated recurrent unit": ("network.cell=gru",),
        "cnn": ("network.kind=cnn",),
        "dcnn": ("network.kind=cnn",),
        "mlp": ("network.kind=mlp",),
        "rnn": ("network.kind=rnn", "network.cell=rnn"),
        "gan": ("network.kind=gan",),
        "wgan": ("task.loss=wasserstein",),
        "lsgan": ("task.loss=least_squares",),
        "float": ("network.dtype=float32", "network.dtype=float64"),
    }
)
