"""Explanations of the remedies that a race tries: the table's own words, what they are tried for, and what they set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradtui.diagnosis.remedies import REMEDIES
from gradtui.diagnosis.remedy import Remedy
from gradtui.explain.text import Text
from gradtui.explain.verdicts import LABELS

_NETWORKS = {
    "mlp": "multilayer perceptrons",
    "cnn": "convolutional networks",
    "rnn": "recurrent networks",
    "transformer": "transformers",
    "gan": "generative adversarial networks",
}


def remedies() -> Iterator[Text]:
    """One explanation for each remedy."""
    return (_remedy(remedy) for remedy in REMEDIES)


def _remedy(remedy: Remedy) -> Text:
    what = remedy.meaning.what
    tried = f"Tried in {_listed([_NETWORKS[kind] for kind in remedy.networks])} against {_kinds(remedy.kinds)}."
    myth = (
        f" Often advised against {_kinds(remedy.myth_kinds)}, and no cure there: {remedy.myth}." if remedy.myth else ""
    )
    sets = "" if callable(remedy.change) else f"It sets {_listed(remedy.change)}. "
    return Text(
        f"remedy.{remedy.key}",
        remedy.label,
        f"{what[:1].upper()}{what[1:]}.",
        tried + myth,
        remedy.meaning.formula,
        remedy.meaning.paper,
        f"{sets}Race it against the others with F in the lab, or with gradtui cure NAME.",
        remedy.kinds,
        (),
        (remedy.key,),
    )


def _kinds(kinds: Sequence[str]) -> str:
    return _listed([LABELS[kind] for kind in kinds])


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
