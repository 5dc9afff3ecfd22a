"""The story of a scenario: why it happens, what is in it, where it comes from."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from textual.geometry import Size

from gradtui.scenario import menu
from gradtui.tui import format
from gradtui.tui.palette import MUTED, STRONG, Ink, Runs
from gradtui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from gradtui.scenario.model import Network, Scenario, Task


def recipe(scenario: Scenario) -> list[str]:
    """What a scenario is made of, in a few short lines."""
    network, optimizer, task = scenario.network, scenario.optimizer, scenario.task
    batch = f"batches of {task.batch}" if task.batch else "the whole training set"

    def label(key: str, name: str) -> str:
        return next((row.label for row in menu.choices(key) if row.name == name), name)

    ways = [label(key, name) for key, name in (("norm", network.norm), ("skip", network.skip)) if name != "none"]
    ways += [f"dropout {network.dropout:g}"] if network.dropout else []
    return [
        _layers(network),
        f"{label('activation', network.activation)}, {label('init', network.init)} weights, {network.dtype}",
        *([", ".join(ways)] if ways else []),
        f"{label('optimizer', optimizer.name)}, learning rate {optimizer.lr:g}",
        f"{label('task', task.name)}{_length(task)}, {batch}",
    ]


def _length(task: Task) -> str:
    """How long a sequence is, where that can be chosen."""
    read = any(row.name == task.name for _, row in menu.readers("task.length"))
    return f" of length {format.count(task.length)}" if read else ""


def _layers(network: Network) -> str:
    """How many layers there are, and how wide they are where that is one number."""
    from gradtui.scenario.architecture import depth  # not before the first paint

    count = format.count(depth(network))
    if network.layer:
        return f"{count} hidden layers, listed one by one"
    if network.kind == "cnn":
        stages = f" in {network.stages} stages" if network.stages > 1 else ""
        return f"{count} convolutions of {network.width} channels{stages}"
    return f"{count} hidden layers of {network.width}"


def paragraphs(markdown: str, width: int) -> list[str]:
    """Markdown as wrapped plain lines: emphasis and code lose their marks, a list keeps its dashes."""
    lines: list[str] = []
    for block in re.split(r"\n\s*\n", markdown.strip()):
        plain = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", block, flags=re.DOTALL)
        plain = re.sub(r"(?<![\w*])\*(\S[^*\n]*?)(?<!\s)\*(?!\w)", r"\1", plain)
        items = re.split(r"\n(?=\s*(?:[-*]|\d+\.)\s)", plain)
        for item in items:
            bullet = re.match(r"\s*(?:[-*]|\d+\.)\s", item)
            lines += textwrap.wrap(
                re.sub(r"^#+\s*", "", " ".join(item.split())),
                width,
                subsequent_indent="  " if bullet else "",
            )
        lines.append("")
    return lines[:-1]


def _variants(scenario: Scenario, width: int) -> list[Runs]:
    """The variants of a family, a line each."""
    if not scenario.variant:
        return []
    column = max(len(each.name) for each in scenario.variant)
    out: list[Runs] = [(), (("→ variants", Ink("accent")),)]
    for each in scenario.variant:
        why = format.fitted(each.why or each.title, max(0, width - column - 4)).rstrip()
        out.append(((f"  {each.name.ljust(column)}  ", Ink()), (why, MUTED)))
    return out


class StoryPanel(Lines):
    """One scenario, told."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.framed = True
        self._scenario: Scenario | None = None

    def tell(self, scenario: Scenario | None) -> None:
        """Show another scenario."""
        self._scenario = scenario
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        scenario = self._scenario
        if scenario is None:
            return []
        width = max(10, min(size.width, 76))
        ending: list[Runs] = [(), *(((line[:width], MUTED),) for line in recipe(scenario))]
        if scenario.source:
            source = textwrap.wrap(f"after {scenario.source}", width)
            ending += [(), *(((line, MUTED),) for line in source)]
        out: list[Runs] = [((line, STRONG),) for line in textwrap.wrap(scenario.title, width)]
        if scenario.promise:
            out += [((line, Ink("accent")),) for line in textwrap.wrap(scenario.promise, width)]
        story = [((line, Ink()),) for line in paragraphs(scenario.story, width)]
        ending = [*_variants(scenario, width), *ending]
        room = size.height - len(out) - len(ending) - 1
        if len(story) > room:
            story = [*story[: max(0, room - 1)], (("…", MUTED),)]
        return [*out, (), *story, *ending][: size.height]
