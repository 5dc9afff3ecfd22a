"""Python source as text: calls that break where they are too long, numbers, docstrings."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

#: Columns of the written program.
COLUMNS = 100


def number(value: float) -> str:
    """A number as source that reads back as the very same."""
    return repr(value)


def call(begin: str, arguments: Sequence[str], end: str = ")", indent: int = 0) -> str:
    """`begin` with its arguments and `end`, on one line if there is room, else one argument a line.

    >>> call("f(", ["1", "2"])
    'f(1, 2)'
    """
    room = " " * indent
    line = f"{room}{begin}{', '.join(arguments)}{end}"
    if len(line) <= COLUMNS:
        return line
    return "\n".join([room + begin, *(f"{room}    {argument}," for argument in arguments), room + end])


def literal_call(begin: str, entries: Sequence[str], brackets: str, indent: int) -> str:
    """A call whose one argument is a list or a dict, `f([1, 2])`, broken the way formatters break it."""
    opening, closing = brackets[0], brackets[1]
    room = " " * indent
    line = f"{room}{begin}{opening}{', '.join(entries)}{closing})"
    if len(line) <= COLUMNS:
        return line
    inner = f"{room}    {opening}{', '.join(entries)}{closing}"
    if len(inner) <= COLUMNS:
        return "\n".join([room + begin, inner, room + ")"])
    listed = (f"{room}        {entry}," for entry in entries)
    return "\n".join([room + begin, f"{room}    {opening}", *listed, f"{room}    {closing}", room + ")"])


def docstring(paragraphs: Sequence[str], indent: int = 0) -> str:
    """Paragraphs as a docstring; one that begins with four blanks is an example and stays as it is."""
    room = " " * indent
    lines: list[str] = []
    for paragraph in paragraphs:
        plain = paragraph.replace("\\", "\\\\").replace('"""', "'''")
        if plain.startswith("    "):
            wrapped = [plain]
        else:
            first = "" if lines else '"""'
            wrapped = textwrap.wrap(first + " ".join(plain.split()), COLUMNS - indent, break_on_hyphens=False)
        lines += ["", *wrapped] if lines else wrapped
    one_line = len(lines) == 1 and len(room + lines[0]) + 3 <= COLUMNS and not lines[0].endswith('"')
    if one_line:
        return f'{room}{lines[0]}"""'
    return "\n".join([*(room + line if line else "" for line in lines), f'{room}"""'])
