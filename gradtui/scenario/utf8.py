"""Text that people have written: what editors leave in it, and what is none."""

from __future__ import annotations


def decoded(content: bytes) -> str:
    """UTF-8 as text with TOML's newlines, without the byte order mark that some editors leave.

    Raises ValueError saying what it is not, where, and what to do.
    """
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"not UTF-8 text (line {line}); save it as UTF-8") from None
