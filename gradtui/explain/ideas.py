"""Words of the field that are neither a gauge nor a choice: theory, causes, and what is often said of cures."""

from __future__ import annotations

from gradtui.explain.text import Text

_MEAN_FIELD = "Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli 2016; Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017"

IDEAS = (
    Text(
        "back-propagation",
        "back-propagation",
        "The chain rule, layer by layer from the loss to the input: each layer hands down what it was handed, times "
        "its own derivative.",
        "It is a product with as many factors as layers. That alone makes gradients vanish or explode.",
        "dL/dh_(l-1) = W_l^T (phi'(z_l) dL/dh_l);  dL/dW_l = (phi'(z_l) dL/dh_l) h_(l-1)^T",
        "Rumelhart, Hinton & Williams 1986",
        "",
        ("vanishing", "delta_rms", "gain"),
        ("sigmoid-deep",),
        ("backprop", "chain rule", "backpropagation"),
    ),
    Text(
        "back-propagation through time",
        "back-propagation through time",
        "A recurrent network unrolled: the same weights at each time step, and the gradient goes back through all.",
        "The same matrix is multiplied again and again, so the factor is alike at each step and its power decides. "
        "Bounds hold exactly: tanh passes at most the largest singular value of the matrix, a sigmoid a quarter of it.",
        "|dh_T/dh_t| <= (gamma sigma_max(U))^(T - t), gamma = 1 for tanh, 1/4 for sigmoid",
        "Werbos 1990; Pascanu, Mikolov & Bengio 2013",
        "",
        ("short_memory", "truncation", "spectral_radius"),
        ("rnn-long", "rnn-exploding"),
        ("bptt",),
    ),
    Text(
        "mean field",
        "mean field",
        "A theory of very wide networks with random weights: sums of many terms are normal, so a layer is described by "
        "the variance q of what its units sum up.",
        "It predicts what each layer does to the signal before anything is trained. The ticks ○ on the bars are its "
        "prediction for step 0; a net of finite width scatters around it.",
        "q_(l+1) = sw2 E phi(sqrt(q_l) z)^2 + sb2,  z ~ N(0, 1)",
        _MEAN_FIELD,
        "",
        ("chi", "q*", "depth scale", "edge of chaos", "finite width"),
        ("sigmoid-deep", "tanh-xavier-deep"),
        ("theory", "mean-field", "meanfield", "infinite width"),
    ),
    Text(
        "q*",
        "q*",
        "The variance of pre-activations that a deep random network settles at, whatever it was given.",
        "It says on which part of the activation the units work, and so what slope the signal meets.",
        "q* = sw2 E phi(sqrt(q*) z)^2 + sb2",
        _MEAN_FIELD,
        "",
        ("mean field", "chi"),
        ("selu-30",),
        ("q", "q star", "fixed point"),
    ),
    Text(
        "chi",
        "chi",
        "What one layer multiplies the mean square of the signal by, on its way back.",
        "Its root is the factor a layer: below 1 the gradient vanishes, above 1 it explodes, at 1 it holds. Sigmoid "
        "with Xavier weights 0.236, ReLU with Xavier 0.707, ReLU with He 1, SELU with LeCun 1.035.",
        "chi = sw2 E phi'(sqrt(q*) z)^2;  factor a layer = sqrt(chi)",
        _MEAN_FIELD,
        "Turn weights, activation or norm until it is near 1.",
        ("mean field", "edge of chaos", "depth scale", "gain"),
        ("sigmoid-deep", "relu-he-deep", "selu-30"),
        ("chi1", "chi 1", "susceptibility"),
    ),
    Text(
        "depth scale",
        "depth scale",
        "Over how many layers the signal falls, or grows, by a factor of e.",
        "A network much deeper than its depth scale can hardly be trained by plain gradient descent: the sigmoid's "
        "with Xavier weights is 0.7 layers.",
        "1 / |ln sqrt(chi)| layers for the size of the signal",
        "Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017",
        "",
        ("chi", "edge of chaos", "network.depth"),
        ("sigmoid-deep",),
        ("xi", "depth limit"),
    ),
    Text(
        "edge of chaos",
        "edge of chaos",
        "The line in the plane of weight and bias variance where chi is 1.",
        "On one side, in order, all inputs come to look alike and the gradient vanishes. On the other, in chaos, "
        "similar inputs are torn apart and it explodes. On the line the signal fades only as a power of the depth.",
        "sw2 E phi'(sqrt(q*) z)^2 = 1;  tanh without biases: sw = 1",
        _MEAN_FIELD,
        "Key p in the view Why draws the plane and where your network stands in it.",
        ("chi", "similarity", "mean field"),
        ("tanh-xavier-deep",),
        ("chaos", "order", "ordered", "critical", "criticality", "phase plane", "edge of chaos"),
    ),
    Text(
        "finite width",
        "finite width",
        "Why one network strays from theory: a layer of n units multiplies the signal by a random factor around its "
        "mean.",
        "The typical network lies below the mean: with 64 ReLU units and He weights at 0.981 a layer and not at 1. The "
        "scatter adds up over the depth and shrinks with the width.",
        "E ln|delta|^2 a layer = ln chi - beta/2, beta = (3 E phi'^4 / (E phi'^2)^2 - 1) / n",
        "Hanin 2018",
        "",
        ("network.width", "mean field"),
        ("relu-he-deep", "linear-chain"),
        ("width correction",),
    ),
    Text(
        "clipping",
        "clipping",
        "Shortening a gradient that is longer than a threshold: the norm of all together, or every entry by itself.",
        "It cures explosions, and no vanishing: it never makes a gradient longer. In a vanishing network runs with and "
        "without it are equal to the last bit as long as the threshold is not reached.",
        "g = g min(1, c / |g|)",
        "Pascanu, Mikolov & Bengio 2013 (recurrent nets)",
        "For explosions: clip_norm = 1. For vanishing look elsewhere.",
        ("clip_norm", "clip_value", "clip_agc", "clipped", "exploding"),
        ("exploding-clipped", "rnn-exploding-clipped", "clipping-no-cure"),
        ("gradient clipping", "clip"),
    ),
    Text(
        "normalisation",
        "normalisation",
        "Setting the size of each layer's signal by measurement, whatever the weights are.",
        "Dividing by a deviation forward multiplies by its inverse on the way back. Over the batch that makes a deep "
        "sigmoid net hold (1.017 a layer); over the units of each example it does not (0.39), because what examples "
        "share drowns what tells them apart.",
        "y = (z - mean) / sqrt(var + eps)",
        "Ioffe & Szegedy 2015; Ba, Kiros & Hinton 2016",
        "",
        ("batch norm", "layer norm", "rms norm", "group norm", "weight norm"),
        ("batch-norm-sigmoid", "layer-norm-no-cure"),
        ("norm", "norms", "normalization", "normalization techniques"),
    ),
    Text(
        "skip connections",
        "skip connections",
        "Ways past layers: added (residual, ReZero), mixed by a gate (highway), or set side by side (dense).",
        "They give every layer a direct route to the loss, on which the signal is not multiplied by weights and "
        "slopes. Nothing is bypassed: all layers are trained, the first as well.",
        "x_next = x + F(x):  dL/dx = dL/dx_next + what comes back through F",
        "Srivastava, Greff & Schmidhuber 2015; He, Zhang, Ren & Sun 2016; Huang, Liu, van der Maaten & Weinberger 2017",
        "",
        ("residual blocks", "highway", "rezero", "dense connections"),
        ("residual-56", "highway-20", "dense-16", "rezero-50"),
        ("skip", "skips", "shortcut", "skip connection"),
    ),
    Text(
        "degradation",
        "degradation",
        "Deeper plain networks fit worse, on the very data they are trained on.",
        "It is an effect on the training error, so it is no overfitting; and with batch norm the gradient has not "
        "vanished either. The layers are hard to move together. Residual blocks cure it.",
        "",
        "He, Zhang, Ren & Sun 2016",
        "Compare the training loss of plain-56 and residual-56.",
        ("residual blocks", "network.depth"),
        ("plain-56", "residual-56", "cnn-plain-29"),
        ("degraded accuracy",),
    ),
    Text(
        "overfitting",
        "overfitting",
        "The training loss falls and the held-out loss rises: examples are learned by heart.",
        "It has nothing to do with vanishing: a net that cannot hear its gradient does not even fit what it is shown. "
        "The curves draw both losses.",
        "held-out loss - training loss > 0 and growing",
        "",
        "More data, dropout, weight decay.",
        ("dropout", "weight_decay", "degradation"),
        ("dropout-no-cure",),
        ("generalisation", "generalization"),
    ),
    Text(
        "chance level",
        "chance level",
        "What a network reaches that answers the same to everything.",
        "A vanishing network sits there: only its output layer's biases are learned.",
        "loss ln(classes): 2.303 for ten, 1.386 for four, 0.693 for two; the adding problem 1/6",
        "",
        "",
        ("stalled", "adding"),
        ("sigmoid-deep", "rnn-long"),
        ("chance", "ln 10"),
    ),
    Text(
        "adaptive rates",
        "adaptive rates",
        "Optimizers that divide each weight's step by the size of that weight's gradients: AdaGrad, RMSprop, Adam, "
        "AdaDelta; by sign alone Rprop and Lion.",
        "They do not cure a vanishing gradient, they make up for it in the update, until it meets eps or the noise. "
        "Momentum and Nesterov are not among them: they have one rate for all weights.",
        "step = lr g / size(g)",
        "Riedmiller & Braun 1993; Duchi, Hazan & Singer 2011; Kingma & Ba 2015",
        "",
        ("adam", "adagrad", "rmsprop", "rprop", "masked"),
        ("adam-masks", "adagrad-sigmoid", "momentum-no-cure"),
        ("adaptive", "adaptive learning rate", "adaptive learning rates"),
    ),
    Text(
        "fan-in",
        "fan-in and fan-out",
        "How many numbers a unit reads, and how many units read it.",
        "A sum of fan_in random terms grows with its root, so weights must shrink with it: variance 1/fan_in keeps a "
        "linear layer's signal on the way forward, 1/fan_out on the way back. Xavier takes the mean of the two.",
        "var(z) = fan_in var(W) mean(h^2)",
        "LeCun, Bottou, Orr & Müller 1998; Glorot & Bengio 2010",
        "",
        ("xavier_normal", "he_normal", "lecun_normal", "init_fan"),
        ("small-init",),
        ("fan in", "fan out", "fan_out"),
    ),
    Text(
        "pre-LN and post-LN",
        "pre-LN and post-LN",
        "Where a transformer's norms stand: inside each branch (pre), or behind each sum (post, as first published).",
        "Pre-LN leaves the stream free, so one copy of the gradient comes back untouched. Post-LN does not vanish at "
        "step 0; it fails by long first steps, after which queries and keys hear nothing.",
        "pre: x = x + F(norm(x));  post: x = norm(x + F(x))",
        "Xiong et al. 2020",
        "skip_form = pre, or warmup_steps = 200.",
        ("warm_up", "pre-activation", "transformer"),
        ("transformer-pre-ln", "transformer-post-ln", "transformer-warm-up"),
        ("pre-ln", "pre ln"),
    ),
    Text(
        "attention",
        "attention",
        "Each time step reads a weighted mean of all others; queries and keys decide the weights, values are what is "
        "read.",
        "The path between any two steps is one layer long, so distance in time costs no factors. But means of means "
        "become one vector without a residual path, and then queries and keys have no gradient.",
        "softmax(q k^T / sqrt(d)) v",
        "Vaswani et al. 2017; Dong, Cordonnier & Loukas 2021",
        "",
        ("transformer", "heads", "identical", "causal"),
        ("transformer-pre-ln", "attention-no-residual"),
        ("query", "key", "value", "self-attention"),
    ),
    Text(
        "number formats",
        "number formats",
        "float32 has 7 digits down to 1.2e-38, float64 16 down to 2.2e-308; below that, numbers are flushed to 0.",
        "In float32 thirty sigmoid layers are still measured well; from about 58 on a gradient of the first layers is "
        "exactly 0. More precision makes it visible, not useful.",
        "",
        "IEEE 754",
        "network.dtype = float64 to read deeper.",
        ("float32", "float64", "underflow", "not finite"),
        ("float32-floor", "float64-deep"),
        ("precision", "dtype", "ieee"),
    ),
    Text(
        "GPU",
        "GPU and TPU",
        "Hardware that computes the same product faster.",
        "Speed does not change a gradient: what vanishes on a processor vanishes on an accelerator. Nothing of them is "
        "simulated here. Lower precision would make underflow come sooner.",
        "",
        "",
        "",
        ("number formats", "underflow"),
        (),
        ("gpu", "tpu", "hardware", "accelerator"),
    ),
    Text(
        "toy tasks",
        "toy tasks",
        "The tasks here are small stand-ins: digits for image recognition, reversed symbols for translation, a review "
        "whose first word decides for sentiment, humps that move over eight bands for speech, a T-maze for the memory "
        "that reinforcement learning needs, recall and copying for text.",
        "Small enough to train in seconds, hard enough that a lost gradient shows. They say nothing about scores on "
        "the real thing.",
        "",
        "Hochreiter & Schmidhuber 1997; Bengio, Simard & Frasconi 1994; Alpaydin & Kaynak 1998",
        "",
        ("digits", "reverse", "sentiment", "frames", "t-maze", "recall", "copy"),
        ("t-maze", "temporal-order"),
        ("toy", "tasks", "translation", "speech", "image recognition", "nlp"),
    ),
    Text(
        "effective rank",
        "effective rank",
        "How many directions a layer's answers fill, as a share of its width: the participation ratio of their "
        "singular values. 1: all directions alike; 1/width: all on one line.",
        "A layer that maps all inputs onto a line leaves those above nothing to tell them apart by, whatever gradient "
        "comes back. It stands in Inspect as `rank`.",
        "(sum s^2)^2 / sum s^4 / width, s the singular values of the outputs (examples, units)",
        "Roy & Vetterli 2007; Daneshmand, Kohler, Bach, Hofmann & Lucchi 2020",
        "Batch norm and residual connections keep it up; width and a better init delay its fall.",
        ("similarity", "identical"),
        ("sigmoid-deep", "top-layer-saturates"),
        ("rank", "participation ratio"),
    ),
    Text(
        "attention entropy",
        "attention entropy",
        "How widely a head looks: the entropy of its weights over the time steps, in nats, the mean over all steps "
        "that look. ln T: at all T alike; 0: at one step alone.",
        "Where all are looked at alike for good, queries and keys say nothing and hear next to nothing: their gradient "
        "goes through differences that are not there. Where one is looked at alone, the softmax is flat and its "
        "gradient 0 as well. Task shows it for each block and head.",
        "-sum_s p_s ln p_s",
        "Zhai, Likhomanenko, Littwin et al. 2023; Dong, Cordonnier & Loukas 2021",
        "Warm up, or normalise in front of each branch (pre-LN).",
        ("attention", "identical"),
        ("transformer-post-ln", "transformer-pre-ln"),
        ("entropy", "collapse of attention"),
    ),
    Text(
        "paired comparison",
        "paired comparison",
        "Two networks that differ in one choice get the same first draws and the same batches here.",
        "What differs between their gradients is then the choice and not the luck. Rates may need to differ as well: a "
        "cure can ask for another learning rate, and the race says so.",
        "draw = hash(seed, stream, step, index)",
        "",
        "Race the cures with F in the lab, or `gradtui cure NAME`.",
        ("seed",),
        ("relu-xavier-30", "relu-he-deep"),
        ("seeds", "race", "fork"),
    ),
)
