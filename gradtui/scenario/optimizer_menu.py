"""The optimizers and learning-rate schedules on the menu."""

from __future__ import annotations

from gradtui.scenario.choice import Choice


def _keys(*names: str) -> tuple[str, ...]:
    return tuple(f"optimizer.{name}" for name in names)


def _defaults(**values: float) -> tuple[tuple[str, float], ...]:
    return tuple((f"optimizer.{name}", value) for name, value in values.items())


OPTIMIZERS = (
    Choice(
        "sgd",
        "SGD",
        "plain gradient descent on each batch: what the gradient says, times the learning rate",
        "w = w - lr g",
        "Robbins & Monro 1951",
        _keys("weight_decay"),
    ),
    Choice(
        "momentum",
        "momentum",
        "a heavy ball: the step is a decaying sum of all gradients so far",
        "v = momentum v + (1 - dampening) g;  w = w - lr v",
        "Polyak 1964",
        _keys("momentum", "dampening", "weight_decay"),
    ),
    Choice(
        "nag",
        "Nesterov",
        "momentum that looks one step ahead; one rate for all weights, so it is not adaptive",
        "v = momentum v + g;  w = w - lr (g + momentum v)",
        "Nesterov 1983; Sutskever, Martens, Dahl & Hinton 2013",
        _keys("momentum", "weight_decay"),
    ),
    Choice(
        "adagrad",
        "AdaGrad",
        "divides by the root of all squared gradients so far: every weight has a rate of its own, which only falls",
        "s = s + g^2;  w = w - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)",
        "Duchi, Hazan & Singer 2011",
        _keys("lr_decay", "initial_accumulator_value", "eps", "weight_decay"),
        _defaults(lr=0.01, eps=1e-10),
    ),
    Choice(
        "adadelta",
        "AdaDelta",
        "the size of the last steps over the size of the last gradients: needs no learning rate of its own",
        "s = rho s + (1 - rho) g^2;  d = g sqrt(u + eps) / sqrt(s + eps);  u = rho u + (1 - rho) d^2;  w = w - lr d",
        "Zeiler 2012",
        _keys("rho", "eps", "weight_decay"),
        _defaults(lr=1.0, eps=1e-6),
    ),
    Choice(
        "rmsprop",
        "RMSprop",
        "divides by the root of a running mean of squared gradients, which forgets what AdaGrad keeps",
        "s = alpha s + (1 - alpha) g^2;  v = momentum v + g / (sqrt(s) + eps);  w = w - lr v;  "
        "centered: s is lessened by the square of g's running mean",
        "Tieleman & Hinton 2012; Graves 2013",
        _keys("alpha", "eps", "momentum", "centered", "weight_decay"),
        _defaults(lr=0.01, momentum=0.0),
    ),
    Choice(
        "adam",
        "Adam",
        "divides by the gradient's own running size, so a tiny gradient still moves its weight by about lr",
        "m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;  "
        "w = w - lr m/(1 - beta1^t) / (sqrt(v/(1 - beta2^t)) + eps)",
        "Kingma & Ba 2015",
        _keys("beta1", "beta2", "eps", "weight_decay"),
        _defaults(lr=0.001),
    ),
    Choice(
        "amsgrad",
        "AMSGrad",
        "Adam that divides by the largest size so far, so that a rare large gradient is not forgotten",
        "as Adam, with the largest v of all steps in the place of v",
        "Reddi, Kale & Kumar 2018",
        _keys("beta1", "beta2", "eps", "weight_decay"),
        _defaults(lr=0.001),
    ),
    Choice(
        "adamw",
        "AdamW",
        "Adam whose weight decay pulls at the weights themselves instead of going through the division",
        "w = w (1 - lr weight_decay), then Adam's step",
        "Loshchilov & Hutter 2019",
        _keys("beta1", "beta2", "eps", "weight_decay"),
        _defaults(lr=0.001, weight_decay=0.01),
    ),
    Choice(
        "adamax",
        "Adamax",
        "Adam that divides by the largest gradient of late instead of its running size: steps are never above about lr",
        "m = beta1 m + (1 - beta1) g;  u = max(beta2 u, |g| + eps);  w = w - lr m/(1 - beta1^t) / u",
        "Kingma & Ba 2015",
        _keys("beta1", "beta2", "eps", "weight_decay"),
        _defaults(lr=0.002),
    ),
    Choice(
        "nadam",
        "NAdam",
        "Adam with Nesterov's look ahead",
        "mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2);  w = w - lr ((1 - mu_t) g/(1 - mu_1..mu_t) "
        "+ mu_t+1 m/(1 - mu_1..mu_t+1)) / (sqrt(v/(1 - beta2^t)) + eps)",
        "Dozat 2016",
        _keys("beta1", "beta2", "eps", "momentum_decay", "weight_decay"),
        _defaults(lr=0.002),
    ),
    Choice(
        "lion",
        "Lion",
        "the sign of a momentum and nothing else: every weight moves by lr, however small its gradient",
        "w = w (1 - lr weight_decay) - lr sign(beta1 m + (1 - beta1) g);  m = beta2 m + (1 - beta2) g",
        "Chen, Liang, Huang, Real et al. 2023",
        _keys("beta1", "beta2", "weight_decay"),
        _defaults(lr=0.0001, beta2=0.99),
    ),
    Choice(
        "muon",
        "Muon",
        "makes the momentum of each hidden weight matrix orthogonal: all directions move alike; the rest goes by AdamW",
        "m = momentum m + (1 - momentum) g;  w = w (1 - lr weight_decay) - lr sqrt(max(1, rows/columns)) NS(m)",
        "Jordan, Jin, Boza, You, Cesista, Newhouse & Bernstein 2024",
        _keys(
            "momentum",
            "nesterov",
            "ns_steps",
            "ns_a",
            "ns_b",
            "ns_c",
            "ns_eps",
            "adjust_lr",
            "adamw_lr",
            "beta1",
            "beta2",
            "eps",
            "weight_decay",
        ),
        _defaults(lr=0.001, momentum=0.95, weight_decay=0.1),
    ),
    Choice(
        "rprop",
        "Rprop",
        "only the sign of the gradient counts, each weight has a step size of its own; needs all examples at once",
        "step = step eta_plus where the sign stays, step eta_minus where it changes;  w = w - sign(g) step",
        "Riedmiller & Braun 1993; Igel & Hüsken 2000",
        _keys("eta_minus", "eta_plus", "step_min", "step_max"),
        _defaults(lr=0.01),
    ),
)

ADJUSTMENTS = (
    Choice(
        "original",
        "original",
        "tall matrices take longer steps, so that each output unit moves as much",
        "lr sqrt(max(1, rows/columns))",
        "Jordan, Jin, Boza, You, Cesista, Newhouse & Bernstein 2024",
    ),
    Choice(
        "match_rms_adamw",
        "as AdamW",
        "steps as long as AdamW's, so that its learning rates can be used",
        "0.2 lr sqrt(max(rows, columns))",
        "Liu, Su, Yao et al. 2025",
    ),
)

SCHEDULES = (
    Choice("constant", "constant", "the learning rate stays as it is", "lr_t = lr"),
    Choice(
        "step",
        "step",
        "the learning rate drops by a factor every so many steps",
        "lr_t = lr gamma^floor(t / step_size)",
        "Krizhevsky, Sutskever & Hinton 2012",
        _keys("step_size", "gamma"),
    ),
    Choice(
        "cosine",
        "cosine",
        "the learning rate comes down along half a cosine; behind the end it rises again",
        "lr_t = eta_min + (lr - eta_min) (1 + cos(pi t / schedule_steps)) / 2",
        "Loshchilov & Hutter 2017",
        _keys("schedule_steps", "eta_min"),
    ),
    Choice(
        "warmup",
        "warm-up",
        "the learning rate rises along a line and then stays; warmup_steps also works with every other schedule",
        "lr_t = lr (start_factor + (1 - start_factor) min(1, t / warmup_steps))",
        "Goyal, Dollár, Girshick et al. 2017",
    ),
)
