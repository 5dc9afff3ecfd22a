"""Answers: taken out of what the terminal sends before anybody takes them for keys or for a part of a paste."""

from __future__ import annotations

import re

#: The row in which the cursor is asked for: never 1, because `CSI 1 ; 2 R` is also Shift+F3.
ROW = 2

_ANSWER = re.compile(rf"\x1b\[{ROW};(\d+)R")
#: What may yet become an answer.
_BEGINNING = re.compile(rf"\x1b(?:\[(?:{ROW}(?:;\d{{0,4}})?)?)?\Z")


class Answers:
    """Sifts a stream of text that arrives in pieces. `held` is what may be the beginning of an answer."""

    def __init__(self) -> None:
        self.held = ""

    def sift(self, text: str) -> tuple[str, list[int]]:
        """The text without answers, and the columns that these gave."""
        text = self.held + text
        columns = [int(found[1]) for found in _ANSWER.finditer(text)]
        text = _ANSWER.sub("", text)
        beginning = _BEGINNING.search(text)
        end = beginning.start() if beginning else len(text)
        self.held = text[end:]
        return text[:end], columns

    def release(self) -> str:
        """What was held, and is no answer: nothing has come after it."""
        text, self.held = self.held, ""
        return text
