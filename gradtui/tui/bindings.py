"""Every key, in one table: it makes the bindings, the key line at the bottom, the palette and the help."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Key:
    """One key or pair of keys.

    `where` is the screen or widget that listens; `keys` are Textual's names with the action of each; `shown`
    is what people press; `short` stands in the key line (empty: not there; the earlier in the table, the
    longer it stays when space is short); `help` is the sentence in the help.
    """

    where: str
    keys: tuple[tuple[str, str], ...]
    shown: str
    short: str
    help: str


KEYS: tuple[Key, ...] = (
    Key("lab", (("space", "pause"),), "space", "pause", "pause, or go on"),
    Key("lab", (("full_stop", "step_once"),), ".", "step", "pause and make exactly one step"),
    Key(
        "lab",
        (("plus,equals_sign", "pace(1)"), ("minus", "pace(-1)")),
        "+ -",
        "speed",
        "train faster or slower: full speed, or at most 500, 100, 30, 10, 3, 1 steps a second",
    ),
    Key("lab", (("k", "knobs"),), "k", "knobs", "turn the knobs: depth, activation, learning rate ..."),
    Key("lab", (("r", "restart"),), "r", "restart", "begin again at step 0 with the same seed: the same run"),
    Key("lab", (("up", "choose(-1)"), ("down", "choose(1)")), "↑ ↓", "layer", "choose a layer"),
    Key(
        "lab",
        (("g", "swap"),),
        "g",
        "swap",
        "swap bar and ◆: the gradient of the weights, or the signal itself",
    ),
    Key("lab", (("z", "zoom"),), "z", "zoom", "all layers at a glance, or one row for every layer"),
    Key(
        "lab",
        (("pageup", "page(-1)"), ("pagedown", "page(1)"), ("home", "edge(False)"), ("end", "edge(True)")),
        "PgUp PgDn Home End",
        "",
        "scroll through the layers in full detail",
    ),
    Key("lab", (("escape", "gallery"),), "Esc", "gallery", "leave the run and go back to the gallery"),
    Key("gallery", (("enter", "open"),), "Enter", "open", "open the scenario in the lab"),
    Key("gallery", (("up", "move(-1)"), ("down", "move(1)")), "↑ ↓", "choose", "choose a scenario"),
    Key(
        "gallery",
        (("pageup", "move(-10)"), ("pagedown", "move(10)"), ("home", "move(-9999)"), ("end", "move(9999)")),
        "PgUp PgDn Home End",
        "",
        "choose a scenario farther away",
    ),
    Key(
        "gallery",
        (("escape", "clear"), ("backspace", "shorten")),
        "letters",
        "search",
        "search by typing; Esc clears",
    ),
    Key("knobs", (("up", "move(-1)"), ("down", "move(1)")), "↑ ↓", "knob", "choose a knob"),
    Key("knobs", (("left", "turn(-1)"), ("right", "turn(1)")), "← →", "turn", "turn it down or up"),
    Key("knobs", (("enter", "list"),), "Enter", "list", "list all its values and what they mean"),
    Key("knobs", (("escape,k", "leave"),), "Esc", "done", "leave the knobs"),
    Key(
        "list",
        (("up", "move(-1)"), ("down", "move(1)")),
        "↑ ↓",
        "choose",
        "choose a value; a letter jumps to it",
    ),
    Key("list", (("enter", "pick"),), "Enter", "take", "take the value"),
    Key("list", (("escape", "close"),), "Esc", "cancel", "keep the value it had"),
    Key("help", (("up", "move(-1)"), ("down", "move(1)")), "↑ ↓", "scroll", "scroll the help"),
    Key("help", (("pageup", "move(-10)"), ("pagedown", "move(10)")), "PgUp PgDn", "", "scroll it by a page"),
    Key("help", (("escape,question_mark", "close"),), "Esc", "back", "leave the help"),
    Key("everywhere", (("question_mark", "help"),), "?", "help", "this help"),
    Key("everywhere", (("q", "quit"),), "q", "quit", "quit; in the gallery only while nothing is typed"),
    Key("everywhere", (("ctrl+p", "command_palette"),), "Ctrl+P", "", "every command by name, and the themes"),
    Key("everywhere", (("ctrl+c,ctrl+q", "quit_now"),), "Ctrl+C", "", "quit from anywhere"),
    Key("everywhere", (("ctrl+z", "suspend_process"),), "Ctrl+Z", "", "back to the shell; `fg` returns"),
)

#: The places that listen, in the order and with the titles of the help.
PLACES = {
    "lab": "In the lab",
    "knobs": "On the knobs",
    "list": "In a list of values",
    "gallery": "In the gallery",
    "help": "In the help",
    "everywhere": "Everywhere",
}


def of(where: str) -> tuple[Key, ...]:
    """The keys of one place."""
    return tuple(key for key in KEYS if key.where == where)


def textual(where: str) -> list[BindingType]:
    """The keys of one place as Textual wants them."""
    return [Binding(names, action, key.help, show=False) for key in of(where) for names, action in key.keys]


def key_line(where: str, width: int) -> list[Key]:
    """The keys of a place, then those of everywhere, as many as fit on a line of this width.

    The last ones of the place give way first; help and quit always stay.
    """
    here = [key for key in of(where) if key.short]
    always = [key for key in of("everywhere") if key.short]

    def length(keys: list[Key]) -> int:
        return sum(len(key.shown) + len(key.short) + 4 for key in keys)

    while here and length(here + always) > width:
        here.pop()
    return here + always
