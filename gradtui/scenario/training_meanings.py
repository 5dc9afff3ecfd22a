"""What the keys of `[optimizer]` and `[task]` mean, and the seed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.scenario.meaning import InTorch, Meaning

_DESCENT = ("sgd", "momentum", "nag")
_ADAM = ("adam", "amsgrad")
_KINGMA = "Kingma & Ba 2015"
_JORDAN = "Jordan, Jin, Boza, You, Cesista, Newhouse & Bernstein 2024"
_RIEDMILLER = "Riedmiller & Braun 1993"
_ROUND = "s -> ns_a s + ns_b s^3 + ns_c s^5, for each singular value s"


def _torch(argument: str, *rows: tuple[str, float, tuple[str, ...]]) -> tuple[InTorch, ...]:
    """One argument of several of PyTorch's optimizers: class, default, and the choices it is."""
    return tuple(InTorch(f"{name}.{argument}", value, of) for name, value, of in rows)


#: Key of `[optimizer]` -> what it means.
OPTIMIZER: Mapping[str, Meaning] = MappingProxyType(
    {
        "name": Meaning("the rule that turns gradients into steps"),
        "lr": Meaning(
            "the learning rate: how far a step goes",
            "w = w - lr g, where g is what the rule makes of the gradient",
            "Robbins & Monro 1951",
            _torch(
                "lr",
                ("SGD", 1e-3, _DESCENT),
                ("Adagrad", 1e-2, ("adagrad",)),
                ("Adadelta", 1.0, ("adadelta",)),
                ("RMSprop", 1e-2, ("rmsprop",)),
                ("Adam", 1e-3, _ADAM),
                ("AdamW", 1e-3, ("adamw",)),
                ("Adamax", 2e-3, ("adamax",)),
                ("NAdam", 2e-3, ("nadam",)),
                ("Muon", 1e-3, ("muon",)),
                ("Rprop", 1e-2, ("rprop",)),
            ),
        ),
        "momentum": Meaning(
            "how much of the last step's velocity the next one keeps; about 1 / (1 - momentum) steps are summed",
            "v = momentum v + g",
            "Polyak 1964",
            _torch("momentum", ("SGD", 0.0, _DESCENT), ("RMSprop", 0.0, ("rmsprop",)), ("Muon", 0.95, ("muon",))),
        ),
        "dampening": Meaning(
            "the share of each gradient that the velocity does not take up",
            "v = momentum v + (1 - dampening) g",
            torch=_torch("dampening", ("SGD", 0.0, ())),
        ),
        "beta1": Meaning(
            "how slowly the running mean of gradients forgets: over about 1 / (1 - beta1) steps",
            "m = beta1 m + (1 - beta1) g",
            _KINGMA,
            _torch(
                "betas[0]",
                ("Adam", 0.9, _ADAM),
                ("AdamW", 0.9, ("adamw", "muon")),
                ("Adamax", 0.9, ("adamax",)),
                ("NAdam", 0.9, ("nadam",)),
            ),
        ),
        "beta2": Meaning(
            "how slowly the running mean of squared gradients forgets: over about 1 / (1 - beta2) steps",
            "v = beta2 v + (1 - beta2) g^2;  Lion: m = beta2 m + (1 - beta2) g;  Adamax: u = max(beta2 u, |g| + eps)",
            _KINGMA,
            _torch(
                "betas[1]",
                ("Adam", 0.999, _ADAM),
                ("AdamW", 0.999, ("adamw", "muon")),
                ("Adamax", 0.999, ("adamax",)),
                ("NAdam", 0.999, ("nadam",)),
            ),
        ),
        "eps": Meaning(
            "added where a step is divided; gradients below it no longer move their weights at full size",
            "step = lr m / (sqrt(v) + eps)",
            _KINGMA,
            _torch(
                "eps",
                ("Adagrad", 1e-10, ("adagrad",)),
                ("Adadelta", 1e-6, ("adadelta",)),
                ("RMSprop", 1e-8, ("rmsprop",)),
                ("Adam", 1e-8, _ADAM),
                ("AdamW", 1e-8, ("adamw", "muon")),
                ("Adamax", 1e-8, ("adamax",)),
                ("NAdam", 1e-8, ("nadam",)),
            ),
        ),
        "rho": Meaning(
            "how slowly both running means of squares forget",
            "s = rho s + (1 - rho) g^2",
            "Zeiler 2012",
            _torch("rho", ("Adadelta", 0.9, ())),
        ),
        "alpha": Meaning(
            "how slowly the running mean of squared gradients forgets",
            "s = alpha s + (1 - alpha) g^2",
            "Tieleman & Hinton 2012",
            _torch("alpha", ("RMSprop", 0.99, ())),
        ),
        "centered": Meaning(
            "divide by the gradient's standard deviation instead of its root mean square",
            "s - mean(g)^2 in the place of s",
            "Graves 2013",
            _torch("centered", ("RMSprop", False, ())),
        ),
        "lr_decay": Meaning(
            "how fast the learning rate falls by itself",
            "lr_t = lr / (1 + (t - 1) lr_decay)",
            torch=_torch("lr_decay", ("Adagrad", 0.0, ())),
        ),
        "initial_accumulator_value": Meaning(
            "what each weight's sum of squares begins with; above 0 the first steps are shorter",
            "s = initial_accumulator_value, then s = s + g^2",
            torch=_torch("initial_accumulator_value", ("Adagrad", 0.0, ())),
        ),
        "momentum_decay": Meaning(
            "how fast the momentum warms up to beta1",
            "mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)",
            "Dozat 2016",
            _torch("momentum_decay", ("NAdam", 0.004, ())),
        ),
        "eta_minus": Meaning(
            "what a weight's step size is multiplied with when its gradient's sign has changed",
            "step = step eta_minus",
            _RIEDMILLER,
            _torch("etas[0]", ("Rprop", 0.5, ())),
        ),
        "eta_plus": Meaning(
            "what a weight's step size is multiplied with while its gradient's sign stays",
            "step = step eta_plus",
            _RIEDMILLER,
            _torch("etas[1]", ("Rprop", 1.2, ())),
        ),
        "step_min": Meaning(
            "the smallest step size of a weight", paper=_RIEDMILLER, torch=_torch("step_sizes[0]", ("Rprop", 1e-6, ()))
        ),
        "step_max": Meaning(
            "the largest step size of a weight", paper=_RIEDMILLER, torch=_torch("step_sizes[1]", ("Rprop", 50.0, ()))
        ),
        "nesterov": Meaning(
            "look ahead along the momentum before the step is made",
            "g + momentum m in the place of m",
            "Nesterov 1983",
            _torch("nesterov", ("Muon", True, ())),
        ),
        "ns_steps": Meaning(
            "rounds of the Newton-Schulz iteration, which pulls all singular values of the momentum towards 1",
            _ROUND,
            _JORDAN,
            _torch("ns_steps", ("Muon", 5, ())),
        ),
        "ns_a": Meaning(
            "how fast a round lifts small singular values",
            _ROUND,
            _JORDAN,
            _torch("ns_coefficients[0]", ("Muon", 3.4445, ())),
        ),
        "ns_b": Meaning(
            "the third-order part of a round", _ROUND, _JORDAN, _torch("ns_coefficients[1]", ("Muon", -4.775, ()))
        ),
        "ns_c": Meaning(
            "the fifth-order part of a round", _ROUND, _JORDAN, _torch("ns_coefficients[2]", ("Muon", 2.0315, ()))
        ),
        "ns_eps": Meaning(
            "a momentum shorter than this is not scaled up to length 1",
            "m / max(|m|, ns_eps)",
            _JORDAN,
            _torch("eps", ("Muon", 1e-7, ())),
        ),
        "adjust_lr": Meaning("how the learning rate depends on the shape of a weight matrix"),
        "adamw_lr": Meaning("the learning rate of what goes by AdamW: biases, the first and the last layer"),
        "weight_decay": Meaning(
            "pulls all weights and biases towards 0 at every step",
            "g = g + weight_decay w;  AdamW, Lion, Muon: w = w (1 - lr weight_decay)",
            "Krogh & Hertz 1992; Loshchilov & Hutter 2019",
            _torch(
                "weight_decay",
                ("SGD", 0.0, _DESCENT),
                ("Adagrad", 0.0, ("adagrad",)),
                ("Adadelta", 0.0, ("adadelta",)),
                ("RMSprop", 0.0, ("rmsprop",)),
                ("Adam", 0.0, _ADAM),
                ("AdamW", 0.01, ("adamw",)),
                ("Adamax", 0.0, ("adamax",)),
                ("NAdam", 0.0, ("nadam",)),
                ("Muon", 0.1, ("muon",)),
            ),
        ),
        "clip_norm": Meaning(
            "shortens all gradients together to this length; caps what explodes, lifts nothing that vanishes",
            "g = g min(1, clip_norm / |g|)",
            "Pascanu, Mikolov & Bengio 2013",
        ),
        "clip_value": Meaning(
            "cuts every entry of the gradient to this size, before clip_norm",
            "g = min(max(g, -clip_value), clip_value)",
        ),
        "clip_agc": Meaning(
            "shortens each unit's gradient to this share of the length of its weights, before all other clipping",
            "g_i = g_i min(1, clip_agc max(|w_i|, 0.001) / |g_i|)",
            "Brock, De, Smith & Simonyan 2021",
        ),
        "schedule": Meaning("how the learning rate changes over the steps"),
        "schedule_steps": Meaning(
            "the step at which the learning rate has come down; 0: the scenario's own number of steps",
            "lr_t = eta_min + (lr - eta_min) (1 + cos(pi t / schedule_steps)) / 2",
            "Loshchilov & Hutter 2017",
        ),
        "step_size": Meaning(
            "steps from one drop of the learning rate to the next", "lr_t = lr gamma^floor(t / step_size)"
        ),
        "gamma": Meaning(
            "what the learning rate is multiplied with at each drop",
            "lr_t = lr gamma^floor(t / step_size)",
            torch=_torch("gamma", ("lr_scheduler.StepLR", 0.1, ())),
        ),
        "eta_min": Meaning(
            "the lowest learning rate",
            "lr_t = eta_min + (lr - eta_min) (1 + cos(pi t / schedule_steps)) / 2",
            "Loshchilov & Hutter 2017",
            _torch("eta_min", ("lr_scheduler.CosineAnnealingLR", 0.0, ())),
        ),
        "warmup_steps": Meaning(
            "the learning rate rises to its full height over so many steps, whatever the schedule; 0: at once "
            "(with the schedule warm-up: 5)",
            "lr_t = lr (start_factor + (1 - start_factor) min(1, t / warmup_steps))",
            "Goyal, Dollár, Girshick et al. 2017",
            _torch("total_iters", ("lr_scheduler.LinearLR", 5, ())),
        ),
        "start_factor": Meaning(
            "the share of the learning rate that a warm-up begins with",
            "lr_0 = start_factor lr",
            "Goyal, Dollár, Girshick et al. 2017",
            _torch("start_factor", ("lr_scheduler.LinearLR", 1 / 3, ())),
        ),
    }
)

#: Key of `[task]` -> what it means.
TASK: Mapping[str, Meaning] = MappingProxyType(
    {
        "name": Meaning("what is learned"),
        "batch": Meaning(
            "examples in each step, drawn without replacement; 0: all of them. Fewer make noisier gradients",
            "noise of the gradient ~ 1 / sqrt(batch)",
            torch=(InTorch("utils.data.DataLoader.batch_size", 1),),
        ),
        "loss": Meaning("what training makes small"),
        "label_smoothing": Meaning(
            "this share of the wanted probability is spread evenly over all classes",
            "t = 1 - label_smoothing for the class, and label_smoothing / classes added to all",
            "Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2016",
            (InTorch("CrossEntropyLoss.label_smoothing", 0.0),),
        ),
        "examples": Meaning(
            "how many points are drawn in all, training and held-out ones; of sequences, how many are drawn to train "
            "on, with 2,000 more that are held out"
        ),
        "noise": Meaning("standard deviation of the noise added to each point, whose figure is about 1 in size"),
        "length": Meaning(
            "time steps of a sequence; for copy, those between the symbols and their copies. The further back the "
            "cause, the more factors the gradient passes on its way there",
            "dL/dh_1 = dL/dh_T (dh_T/dh_{T-1}) ... (dh_2/dh_1)",
            "Bengio, Simard & Frasconi 1994",
        ),
        "symbols": Meaning("how many different symbols there are"),
        "copied": Meaning("how many symbols are to be remembered"),
        "path": Meaning("a CSV, NPZ or text file to learn from"),
        "target": Meaning("the column or array to predict; empty: the last column, or y"),
        "held_out": Meaning("the share of the examples that is kept for evaluation and never trained on"),
    }
)

SEED = Meaning("begins all chance: first weights, batches, dropout. The same seed is the same run, bit for bit")
