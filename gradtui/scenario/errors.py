"""What is wrong with a scenario, said in sentences that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class ScenarioError(ValueError):
    """A scenario that cannot be used: `problems` holds a sentence for each mistake, str() a line for each."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class ClaimError(ValueError):
    """A claim that cannot be read or judged, in one sentence."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate a person most likely meant by `word`, or None when nothing is close."""
    from difflib import get_close_matches

    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    folded = word.casefold()
    if folded in by_folded:
        return by_folded[folded]
    # `he` for he_normal, `float` for float32: a beginning says more than the letters that are missing.
    beginnings = [name for name in by_folded if len(folded) >= 2 and name.startswith(folded)]
    if beginnings:
        return by_folded[beginnings[0]]
    close = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, candidates: Iterable[str], quote: str = "") -> str:
    """`"; did you mean tanh?"` when something is close to `word`, else nothing."""
    match = nearest(word, candidates)
    return "" if match is None else f"; did you mean {quote}{match}{quote}?"


def shown(value: object, limit: int = 60) -> str:
    """A value as it is written in a scenario file, cut when it is long."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str):
        text = f'"{value}"'
    else:
        text = repr(value)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
