"""All explanations in one table, and how a word that somebody typed finds its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cache

from gradtui.explain import menu_texts
from gradtui.explain.gauges import LAYER, TIME
from gradtui.explain.ideas import IDEAS
from gradtui.explain.reasons import PEOPLE_SAY
from gradtui.explain.text import Text, plain
from gradtui.explain.verdicts import VERDICTS

#: How many words are offered for one that nobody knows.
_OFFERED = 3


@cache
def texts() -> tuple[Text, ...]:
    """Every explanation, subject by subject."""
    from gradtui.explain import remedy_texts  # which reads what of a network can be turned while it trains

    said = _said()
    rows = (
        *_under("verdicts", map(with_limits, VERDICTS)),
        *_under("gauges", LAYER),
        *_under("gauges over time", TIME),
        *_under("ideas", IDEAS),
        *_under("remedies", remedy_texts.remedies()),
        *menu_texts.choices(),
        *menu_texts.keys(),
    )
    return tuple(replace(row, aliases=(*row.aliases, *said.get(row.word, ()))) for row in rows)


def explain(words: Sequence[str]) -> tuple[tuple[Text, ...], tuple[str, ...]]:
    """What words typed one after the other mean: `batch norm` is one thing, `vanishing saturated` are two. Also the
    words that nobody knows."""
    whole = find(" ".join(words))
    if whole or len(words) == 1:
        return whole, () if whole else tuple(words)
    found: list[Text] = []
    for word in words:
        found += [text for text in find(word) if text not in found]
    return tuple(found), tuple(word for word in words if not find(word))


def find(word: str) -> tuple[Text, ...]:
    """The explanations that a word stands for, verdicts before gauges before choices; none if nobody knows it."""
    exact = _by_word().get(word.strip().lower())
    return (exact,) if exact is not None else _by_name().get(plain(word), ())


def nearest(word: str) -> tuple[str, ...]:
    """The known words that are closest to one that is not."""
    wanted = plain(word)
    spelled = {plain(name): name for text in texts() for name in (*text.aliases, text.label, text.word)}
    begins = [name for folded, name in spelled.items() if len(wanted) > 2 and folded.startswith(wanted)]
    close = [spelled[folded] for folded in get_close_matches(wanted, spelled, n=_OFFERED, cutoff=0.6)]
    return tuple(dict.fromkeys([*begins[:_OFFERED], *close]))[:_OFFERED]


def about_kind(kind: str) -> Text:
    """The explanation of a kind of verdict."""
    return with_limits(next(text for text in VERDICTS if text.word == kind))


def with_limits(text: Text) -> Text:
    """A verdict's explanation with the limits that it rests on, and the reason for each."""
    from gradtui.diagnosis.thresholds import THRESHOLDS

    rows = [row for row in THRESHOLDS.values() if row.kind == text.word]
    return replace(
        text,
        limits=tuple(
            f"{'below' if row.below else 'above'} {row.value:g}, {row.unit}: {row.reason}"
            + (f" ({row.source})" if row.source else "")
            for row in rows
        ),
    )


def about_choice(key: str, name: object) -> Text:
    """The explanation of a choice of the menu, or of the key itself where `name` is no choice of it."""
    table = _by_word()
    choice = f"{menu_texts.shared(key)}={name}"
    return table.get(choice.lower()) or table[key.lower()]


def _under(subject: str, rows: Iterable[Text]) -> Iterable[Text]:
    return (replace(row, subject=subject) for row in rows)


def _said() -> Mapping[str, tuple[str, ...]]:
    """Word of an explanation -> what people say for it."""
    said: dict[str, tuple[str, ...]] = {}
    for alias, words in PEOPLE_SAY.items():
        for word in words:
            said[word] = (*said.get(word, ()), alias)
    return said


@cache
def _by_word() -> Mapping[str, Text]:
    """Programs' names, each of one explanation. A verdict and a gauge may share theirs: then it is the people's."""
    words = [text.word for text in texts()]
    return {text.word.lower(): text for text in texts() if words.count(text.word) == 1 and _is_dotted(text.word)}


def _is_dotted(word: str) -> bool:
    return "." in word or word == "seed"


@cache
def _by_name() -> Mapping[str, tuple[Text, ...]]:
    found: dict[str, tuple[Text, ...]] = {}
    for text in texts():
        for name in text.names:
            found[name] = (*found.get(name, ()), text)
    # A remedy is made of choices: what these are is said first.
    return {name: tuple(sorted(rows, key=lambda row: row.subject == "remedies")) for name, rows in found.items()}
