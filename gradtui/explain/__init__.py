"""Explanations: what every verdict, gauge, remedy, choice and key means; the terminal and the screen read the same."""

from gradtui.explain.glossary import about_choice, about_kind, explain, find, nearest, texts
from gradtui.explain.text import Text

__all__ = ["Text", "about_choice", "about_kind", "explain", "find", "nearest", "texts"]
