"""One explanation: of a verdict, a gauge, a remedy, a choice, a key or an idea."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Text:
    """What a word means. `why` is what it has to do with the gradient, `advice` what to do about it or with it, `see`
    other words, `scenarios` shipped ones that show it, `limits` where a number becomes a diagnosis, and why just there.
    `word` is how programs name it, `aliases` how people do."""

    word: str
    label: str
    what: str
    why: str = ""
    formula: str = ""
    source: str = ""
    advice: str = ""
    see: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    subject: str = ""
    limits: tuple[str, ...] = ()

    @cached_property
    def names(self) -> frozenset[str]:
        """Everything it answers to, as `plain` writes it."""
        return frozenset(plain(each) for each in (self.word, self.label, *self.aliases))

    def parts(self) -> tuple[tuple[str, str], ...]:
        """What there is to read, in order: (heading, paragraph); the first two have no heading."""
        rows = (
            ("", self.what),
            ("", self.why),
            ("formula", self.formula),
            ("source", self.source),
            ("what to do", self.advice),
            ("see also", ", ".join(self.see)),
            ("shown by", ", ".join(self.scenarios)),
            *(("limit", limit) for limit in self.limits),
        )
        return tuple((heading, paragraph) for heading, paragraph in rows if paragraph)


def plain(word: str) -> str:
    """A word without what people write differently: case, blanks, hyphens, underscores."""
    return re.sub(r"[\s_\-]+", "", word.lower())
