"""Every key, in one table: it makes the bindings, the key line at the bottom, the palette and the help."""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType


class Press(NamedTuple):
    """One thing a key does: Textual's names of the key, its action, and its title in the palette, if it is there."""

    names: str
    action: str
    title: str = ""


class Key(NamedTuple):
    """One key, or keys that belong together.

    `where` is the screen or widget that listens; `shown` is what people press; `short` stands in the key line
    (empty: not there; the earlier in the table, the longer it stays when space is short); `help` is the sentence
    in the help.
    """

    where: str
    shown: str
    short: str
    help: str
    presses: tuple[Press, ...]


def _far(page: int) -> tuple[Press, ...]:
    """The keys that go farther in a list: by pages of so many rows, and to its ends."""
    return (
        Press("pageup", f"move({-page})"),
        Press("pagedown", f"move({page})"),
        Press("home", "move(-9999)"),
        Press("end", "move(9999)"),
    )


KEYS: tuple[Key, ...] = (
    Key("lab", "space", "pause", "pause, or go on", (Press("space", "pause", "Pause or go on"),)),
    Key(
        "lab",
        "1-7",
        "views",
        "look at it as bars, as a map of layers and time, one layer inside, why, the task, curves, the ladder of time",
        (
            Press("1", "view(0)", "View: bars"),
            Press("2", "view(1)", "View: map of layers and time"),
            Press("3", "view(2)", "View: inspect one layer"),
            Press("4", "view(3)", "View: why"),
            Press("5", "view(4)", "View: the task"),
            Press("6", "view(5)", "View: curves"),
            Press("7", "view(6)", "View: ladder of time"),
        ),
    ),
    Key(
        "lab",
        "v",
        "verdict",
        "the whole diagnosis: every verdict, its evidence in numbers, and what it means",
        (Press("v", "diagnosis", "Diagnosis"),),
    ),
    Key(
        "lab",
        "k",
        "knobs",
        "turn the knobs: depth, activation, learning rate ...",
        (Press("k", "knobs", "Knobs"),),
    ),
    Key(
        "lab",
        "F",
        "cures",
        "race what may cure it, beside the run: which change works here, and by how much",
        (Press("F", "cures", "Race the cures"),),
    ),
    Key(
        "lab",
        ".",
        "step",
        "pause and make exactly one step",
        (Press("full_stop", "step_once", "One step"),),
    ),
    Key(
        "lab",
        "+ -",
        "speed",
        "train faster or slower: full speed, or at most 500, 100, 30, 10, 3, 1 steps a second",
        (Press("plus,equals_sign", "pace(1)", "Faster"), Press("minus", "pace(-1)", "Slower")),
    ),
    Key(
        "lab",
        "r",
        "restart",
        "begin again at step 0 with the same seed: the same run",
        (Press("r", "restart", "Restart"),),
    ),
    Key(
        "lab",
        "Tab",
        "",
        "the next view; Shift+Tab the one before",
        (Press("tab", "next_view(1)"), Press("shift+tab", "next_view(-1)")),
    ),
    Key("lab", "↑ ↓", "layer", "choose a layer", (Press("up", "choose(-1)"), Press("down", "choose(1)"))),
    Key(
        "lab",
        "g",
        "swap",
        "swap bar and ◆: the gradient of the weights, or the signal itself; over time: an LSTM's state, or its cell",
        (Press("g", "swap", "Swap gradient and signal"),),
    ),
    Key(
        "lab",
        "x",
        "",
        "in the curves: steps on a linear or on a log axis",
        (Press("x", "axis", "Log or linear axis"),),
    ),
    Key(
        "lab",
        "p",
        "",
        "in why: the plane of order and chaos, and where this network stands in it",
        (Press("p", "plane", "Plane of order and chaos"),),
    ),
    Key(
        "lab",
        "z",
        "zoom",
        "all layers at a glance, or one row for every layer",
        (Press("z", "zoom", "Zoom"),),
    ),
    Key(
        "lab",
        "i",
        "explain",
        "what the view shows, in plain words",
        (Press("i", "explain", "Explain what is shown"),),
    ),
    Key(
        "lab",
        "s",
        "save",
        "save the screen, a graph, the numbers or the scenario; copy the command line",
        (Press("s", "save", "Save ..."),),
    ),
    Key(
        "lab",
        "u U",
        "undo",
        "take the last change back; U or Ctrl+R makes it again",
        (Press("u", "undo", "Undo"), Press("U,ctrl+r", "redo", "Redo")),
    ),
    Key(
        "lab",
        "PgUp PgDn Home End",
        "",
        "scroll through the layers in full detail",
        (
            Press("pageup", "page(-1)"),
            Press("pagedown", "page(1)"),
            Press("home", "edge(False)"),
            Press("end", "edge(True)"),
        ),
    ),
    Key(
        "lab",
        "Esc",
        "gallery",
        "leave the run and go back to the gallery",
        (Press("escape", "gallery", "Gallery"),),
    ),
    Key("gallery", "Enter", "open", "open the scenario in the lab", (Press("enter", "open", "Open"),)),
    Key("gallery", "↑ ↓", "choose", "choose a scenario", (Press("up", "move(-1)"), Press("down", "move(1)"))),
    Key(
        "gallery",
        "PgUp PgDn Home End",
        "",
        "choose a scenario farther away",
        _far(10),
    ),
    Key(
        "gallery",
        "Tab",
        "group",
        "the next group; Shift+Tab the one before",
        (Press("tab", "group(1)", "Next group"), Press("shift+tab", "group(-1)")),
    ),
    Key(
        "gallery",
        "→ ←",
        "variants",
        "show the variants of a family, or hide them",
        (Press("right", "fold(True)"), Press("left", "fold(False)")),
    ),
    Key(
        "gallery",
        "letters",
        "search",
        "search by typing, or by / first: names, titles, promises, papers, words of the story; Esc clears",
        (Press("escape", "clear", "Clear the search"), Press("backspace", "shorten")),
    ),
    Key("knobs", "↑ ↓", "knob", "choose a knob", (Press("up", "move(-1)"), Press("down", "move(1)"))),
    Key("knobs", "← →", "turn", "turn it down or up", (Press("left", "turn(-1)"), Press("right", "turn(1)"))),
    Key(
        "knobs",
        "Enter",
        "set",
        "type its value, or pick from a list of all choices and what they mean",
        (Press("enter", "set"),),
    ),
    Key("knobs", "Esc", "done", "leave the knobs", (Press("escape,k", "leave"),)),
    Key("knobs", "d", "file", "back to what the file says; Backspace too", (Press("d,backspace", "reset"),)),
    Key("knobs", "c", "changes", "list what differs from the file, to take it back", (Press("c", "changes"),)),
    Key("knobs", "D", "all", "every knob back to what the file says", (Press("D", "reset_all"),)),
    Key("knobs", "i", "explain", "what the knob and its value mean, with formula and source", (Press("i", "explain"),)),
    Key(
        "knobs",
        "PgUp PgDn Home End",
        "",
        "choose a knob farther away",
        _far(8),
    ),
    Key("list", "↑ ↓", "choose", "choose a value", (Press("up", "move(-1)"), Press("down", "move(1)"))),
    Key("list", "Enter", "take", "take the value", (Press("enter", "pick"),)),
    Key("list", "Esc", "cancel", "clear the search, then keep the value it had", (Press("escape", "close"),)),
    Key(
        "list",
        "letters",
        "search",
        "search names and meanings by typing; Backspace takes a letter away",
        (Press("backspace", "shorten"),),
    ),
    Key(
        "list",
        "PgUp PgDn Home End",
        "",
        "choose a value farther away",
        _far(8),
    ),
    Key("save", "↑ ↓", "choose", "choose what to save", (Press("up", "move(-1)"), Press("down", "move(1)"))),
    Key("save", "Enter", "save", "save it into the current folder, or copy it", (Press("enter", "take"),)),
    Key(
        "save",
        "v p n t c",
        "",
        "the same at once: screen as SVG, graph as PNG, numbers as CSV, scenario as TOML, command line",
        tuple(Press(key, f"take('{key}')") for key in "vpntc"),
    ),
    Key("save", "Esc", "cancel", "save nothing", (Press("escape,s", "close"),)),
    Key("cures", "↑ ↓", "choose", "choose a change", (Press("up", "move(-1)"), Press("down", "move(1)"))),
    Key("cures", "Enter", "adopt", "make the chosen change in the run; u takes it back", (Press("enter", "adopt"),)),
    Key(
        "cures", "Esc", "back", "back to the run; the race goes on, and F shows it again", (Press("escape,F", "close"),)
    ),
    Key("cures", "b", "beside", "see it beside the original: same steps, same batches", (Press("b", "beside"),)),
    Key("cures", "+", "longer", "race again, with four times the time", (Press("plus,equals_sign", "longer"),)),
    Key("cures", "i", "", "what the chosen change is, with formula and source", (Press("i", "explain"),)),
    Key("cures", "PgUp PgDn Home End", "", "choose a change farther away", _far(10)),
    Key("beside", "space", "pause", "pause both, or go on", (Press("space", "pause"),)),
    Key("beside", ".", "step", "pause and make exactly one step, both", (Press("full_stop", "step_once"),)),
    Key("beside", "Esc", "back", "end both and go back to the race", (Press("escape,b", "close"),)),
    Key("beside", "Enter", "adopt", "make the change of the right one in the run", (Press("enter", "adopt"),)),
    Key("beside", "g", "swap", "the gradient of the weights, or the signal itself", (Press("g", "swap"),)),
    Key("beside", "r", "restart", "begin both again at step 0", (Press("r", "restart"),)),
    Key("entry", "Enter", "take", "take what is typed, if it is allowed", (Press("enter", "take"),)),
    Key("entry", "Esc", "cancel", "keep the value it had", (Press("escape", "close"),)),
    Key(
        "entry",
        "← →",
        "step",
        "the next value down or up in the place of what is typed",
        (Press("left,down", "step(-1)"), Press("right,up", "step(1)")),
    ),
    Key("entry", "letters", "", "type a number such as 3e-4 or 1/3", (Press("backspace", "shorten"),)),
    Key("diagnosis", "↑ ↓", "verdict", "choose a verdict", (Press("up", "move(-1)"), Press("down", "move(1)"))),
    Key("diagnosis", "Esc", "back", "leave the diagnosis", (Press("escape,v", "close"),)),
    Key("diagnosis", "F", "cures", "race the cures against it", (Press("F", "cures"),)),
    Key(
        "diagnosis",
        "PgUp PgDn",
        "scroll",
        "scroll what is written about it",
        (Press("pageup", "scroll(-10)"), Press("pagedown", "scroll(10)")),
    ),
    Key("diagnosis", "Enter", "words", "look its name up among all words", (Press("enter,i", "words"),)),
    Key(
        "words",
        "↑ ↓",
        "choose",
        "choose a word, or scroll its page",
        (Press("up", "move(-1)"), Press("down", "move(1)")),
    ),
    Key(
        "words", "Enter", "read", "its page alone, as wide as the screen, or the list again", (Press("enter", "read"),)
    ),
    Key("words", "letters", "search", "search names and texts by typing", (Press("backspace", "shorten"),)),
    Key("words", "Esc", "back", "clear the search, then leave the words", (Press("escape", "close"),)),
    Key(
        "words",
        "← →",
        "scroll",
        "scroll its page",
        (Press("left", "scroll(-5)"), Press("right", "scroll(5)")),
    ),
    Key("words", "PgUp PgDn Home End", "", "choose a word farther away", _far(10)),
    Key("help", "w", "words", "look up what a verdict, a gauge, a choice or a key means", (Press("w,slash", "words"),)),
    Key("help", "↑ ↓", "scroll", "scroll the help", (Press("up", "move(-1)"), Press("down", "move(1)"))),
    Key(
        "help",
        "PgUp PgDn",
        "",
        "scroll it by a page",
        (Press("pageup", "move(-10)"), Press("pagedown", "move(10)")),
    ),
    Key("help", "Esc", "back", "leave the help", (Press("escape,question_mark", "close"),)),
    Key("everywhere", "?", "help", "this help", (Press("question_mark", "help", "Help"),)),
    Key(
        "everywhere",
        "q",
        "quit",
        "quit; in the gallery only while nothing is typed",
        (Press("q", "quit", "Quit"),),
    ),
    Key(
        "everywhere",
        "Ctrl+P",
        "",
        "every command by name, and the themes",
        (Press("ctrl+p", "command_palette"),),
    ),
    Key("everywhere", "Ctrl+C", "", "quit from anywhere", (Press("ctrl+c,ctrl+q", "quit_now"),)),
    Key("everywhere", "Ctrl+Z", "", "back to the shell; `fg` returns", (Press("ctrl+z", "suspend_process"),)),
)

#: The places that listen, in the order and with the titles of the help.
PLACES = {
    "lab": "In the lab",
    "knobs": "On the knobs",
    "list": "In a list of values",
    "cures": "In the race of cures",
    "beside": "Beside the original",
    "save": "In the menu for saving",
    "entry": "Typing a value",
    "gallery": "In the gallery",
    "diagnosis": "In the diagnosis",
    "words": "Among the words",
    "help": "In the help",
    "everywhere": "Everywhere",
}

#: Places in which every letter is typed.
TYPING = ("list", "entry", "words")


def of(where: str) -> tuple[Key, ...]:
    """The keys of one place."""
    return tuple(key for key in KEYS if key.where == where)


def textual(where: str) -> list[BindingType]:
    """The keys of one place as Textual wants them."""
    return [Binding(press.names, press.action, key.help, show=False) for key in of(where) for press in key.presses]


def key_line(where: str, width: int) -> list[Key]:
    """The keys of a place, then those of everywhere, as many as fit on a line of this width.

    The last ones of the place give way first; help and quit always stay, except where they are letters to type.
    """
    here = [key for key in of(where) if key.short]
    always = [key for key in of("everywhere") if key.short and where not in TYPING]

    def length(keys: list[Key]) -> int:
        return sum(len(key.shown) + len(key.short) + 4 for key in keys)

    while here and length(here + always) > width:
        here.pop()
    return here + always
