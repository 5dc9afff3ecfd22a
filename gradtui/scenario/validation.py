"""From the tables of a scenario file to a `Scenario`: every mistake is found and said, not only the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from gradtui.scenario import adversaries, architecture, claims, recurrent_choices
from gradtui.scenario.attention_choices import transformer_problems
from gradtui.scenario.errors import ClaimError, ScenarioError, did_you_mean, nearest, shown
from gradtui.scenario.menu import MENU
from gradtui.scenario.model import LayerChoice, Network, Scenario, Section
from gradtui.scenario.ranges import DEEPEST, MOST_WEIGHTS, RANGES

Table = TypeVar("Table", bound=Section)


def read(document: Mapping[str, object], where: str = "") -> Scenario:
    """Build a scenario from its tables. `where`, a file's name, begins each sentence of the ScenarioError."""
    problems: list[str] = []
    scenario = _section(Scenario, _with_own_defaults(document), "", problems)
    if scenario is not None:
        problems.extend(_combinations(scenario))
        if not problems:
            from gradtui.scenario import families  # which changes scenarios, and so reads them

            problems.extend(families.problems(scenario))
    if problems or scenario is None:
        begin = f"{where}: " if where else ""
        raise ScenarioError([begin + problem for problem in problems])
    return scenario


def _with_own_defaults(document: Mapping[str, object]) -> Mapping[str, object]:
    """The document with what its choices say about keys that it leaves out: adagrad's eps is another than adam's."""
    filled = dict(document)
    for key, rows in MENU.items():
        table, _, name = key.partition(".")
        given = filled.get(table)
        if isinstance(given, Mapping):
            chosen = [row for row in rows if row.name == given.get(name)]
            own = {at.partition(".")[2]: value for row in chosen for at, value in row.defaults}
            filled[table] = {**given, **{at: value for at, value in own.items() if at not in given}}
    return filled


@cache
def _fields(section: type[Section]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a section; reading its annotations takes half a millisecond each time."""
    return msgspec.structs.fields(section)


def keys(section: type[Section] = Scenario, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every settable key in dotted form with its type, `("network.depth", int)`; no lists of tables."""
    for field in _fields(section):
        dotted = f"{path}.{field.name}" if path else field.name
        if _is_section(field.type):
            yield from keys(field.type, dotted)
        elif _listed_section(field.type) is None:
            yield dotted, field.type


def generator_first(names: Iterable[str]) -> list[str]:
    """Dotted keys in an order in which a later one stands for a bare name: `lr` is the optimizer's, not the
    generator's."""
    return sorted(names, key=lambda name: not name.startswith("generator."))


@cache
def default_of(key: str) -> object:
    """What a dotted key is when nobody says anything: `network.alpha` -> 1.0; KeyError for an unknown key."""
    section: Any = LayerChoice if key.startswith("network.layer.") else Scenario
    for part in key.removeprefix("network.layer.").split("."):
        field = {field.name: field for field in _fields(section)}[part]
        section = field.type
    return field.default


def _section(section: type[Table], document: object, path: str, problems: list[str]) -> Table | None:
    """One table, or None when anything in it is wrong; what is wrong is added to `problems`."""
    if not isinstance(document, Mapping):
        problems.append(f"{path} is {shown(document)}, but must be a table: {_heading(path)}")
        return None
    fields = {field.name: field for field in _fields(section)}
    before = len(problems)
    found: dict[str, object] = {}
    for key, value in document.items():
        dotted = f"{path}.{key}" if path else str(key)
        if key in fields:
            found[key] = _value(fields[key].type, value, dotted, problems)
        else:
            problems.append(_unknown_key(str(key), dotted, path, list(fields)))
    for field in fields.values():
        if field.required and field.name not in document:
            problems.append(f"{path} has no `{field.name}`, which it must have")
    return None if len(problems) > before else section(**found)


def _value(kind: Any, value: object, dotted: str, problems: list[str]) -> object:
    """One value, converted; a mistake is added to `problems`."""
    if _is_section(kind):
        return _section(kind, value, dotted, problems)
    listed = _listed_section(kind)
    if listed is not None:
        if not isinstance(value, Sequence) or isinstance(value, str):
            problems.append(f"{dotted} is {shown(value)}, but must be a list of tables: [[{dotted}]]")
            return ()
        return tuple(_section(listed, entry, f"{dotted}[{number}]", problems) for number, entry in enumerate(value, 1))
    plain = _without_numbers(dotted)
    if value is None and NoneType in get_args(kind):
        return None
    try:
        converted: object = msgspec.convert(value, kind)
    except msgspec.ValidationError:
        problems.append(f"{dotted} is {shown(value)}, but must be {_allowed(kind, plain)}")
        return value
    wrong = _content(plain, converted)
    if wrong:
        problems.append(f"{dotted} {wrong}")
    return converted


def _content(plain: str, value: object) -> str:
    """What is wrong with a value of the right type, as the rest of a sentence; empty when nothing is."""
    if plain in MENU:
        names = [row.name for row in MENU[plain]]
        if value not in names:
            close = did_you_mean(str(value), names, '"')
            return f"is {shown(value)}, which is not one of {', '.join(names)}{close}"
    elif plain in RANGES and isinstance(value, int | float) and not RANGES[plain].holds(value):
        return f"is {shown(value)}, but must be {RANGES[plain].sentence()}"
    elif plain == "expect.claim":
        try:
            claims.parse(str(value))
        except ClaimError as error:
            return f'"{shown(value, 200)[1:-1]}" cannot be read: {error}'
    elif isinstance(value, str) and not value.isascii() and any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        return "holds a broken Unicode character"
    return ""


def _combinations(scenario: Scenario) -> Iterator[str]:
    """What is wrong although each value is allowed on its own."""
    network, task = scenario.network, scenario.task
    if network.kind == "transformer":
        yield from transformer_problems(network)
    elif network.kind == "rnn":
        yield from recurrent_choices.mistakes(network)
    else:
        yield from _layer_combinations(network)
    if network.kind in ("mlp", "gan") and task.batch == 1 and "batch" in _norms(network):
        yield "task.batch is 1: batch norm needs at least 2 examples, every unit is its own mean otherwise"
    yield from _optimizer_combinations(scenario)
    yield from adversaries.combinations(scenario)
    if task.label_smoothing > 0.0 and task.loss not in ("auto", "cross_entropy", *adversaries.NAMES):
        yield f'task.label_smoothing is {task.label_smoothing}, but task.loss = "{task.loss}" has no labels to smooth'
    yield from _bias_combinations(network, "network", network.init_bias, network.init)
    for number, layer in enumerate(network.layer, 1):
        where = f"network.layer[{number}]"
        yield from _bias_combinations(network, where, layer.init_bias or 0.0, layer.init or network.init)
    if task.name == "file" and not task.path:
        yield 'task.path is missing: task.name = "file" needs the path of a CSV or NPZ file'
    if task.name == "text" and not task.path:
        yield 'task.path is missing: task.name = "text" needs the path of a UTF-8 text file'
    for number, lesson in enumerate(scenario.lesson, 1):
        if lesson.choices and lesson.answer >= len(lesson.choices):
            yield (
                f"lesson[{number}].answer is {lesson.answer}, but its {len(lesson.choices)} choices are "
                f"counted from 0 to {len(lesson.choices) - 1}"
            )


def _bias_combinations(network: Network, where: str, bias: float, init: str) -> Iterator[str]:
    kind = network.init_bias_kind
    if kind == "auto" and init == "torch_default":
        kind = "torch"
    if bias != 0.0 and kind in ("zero", "torch"):
        said = f'network.init_bias_kind = "{network.init_bias_kind}"'
        if network.init_bias_kind == "auto":
            said += f' with {where}.init = "torch_default"'
        yield (
            f"{where}.init_bias is {shown(bias)}, but {said} sets the biases another way; "
            'use network.init_bias_kind = "constant" for a value of your own'
        )


def _layer_combinations(network: Network) -> Iterator[str]:
    weights = network.depth * network.width**2
    flat = network.kind in ("mlp", "gan")
    if weights > MOST_WEIGHTS and flat and not network.layer:
        yield (
            f"network.depth {network.depth:,} and network.width {network.width:,} make {weights:,} weights; "
            f"at most {MOST_WEIGHTS:,} are allowed"
        )
    for number, layer in enumerate(network.layer, 1):
        where = f"network.layer[{number}]"
        pools = layer.kind.endswith("pool")
        if flat and (pools or layer.kind == "conv"):
            yield f'{where}.kind is "{layer.kind}", which needs images: set network.kind = "cnn"'
        dense = layer.kind == "dense" or (layer.kind == "auto" and flat)
        if pools or dense:
            windows = ("kernel", "stride") if pools and not layer.kind.startswith("global") else ()
            meaning = {"kind", "repeat", *windows} if pools else _names(LayerChoice) - {"kernel", "stride", "padding"}
            for key in sorted(_names(LayerChoice) - meaning):
                if getattr(layer, key) is not None:
                    kind = layer.kind if pools else "dense"
                    yield f"{where}.{key} means nothing to a layer of kind {kind}: leave it out"
    listed = architecture.depth(network)
    if network.layer and listed > DEEPEST:
        yield f"network.layer lists {listed:,} hidden layers; at most {DEEPEST:,} are allowed"


def _norms(network: Network) -> set[str]:
    """The normalisations of the hidden layers."""
    return {layer.norm or network.norm for layer in network.layer} or {network.norm}


def _names(section: type[Section]) -> set[str]:
    return {field.name for field in _fields(section)}


def _optimizer_combinations(scenario: Scenario) -> Iterator[str]:
    optimizer = scenario.optimizer
    if optimizer.name == "rprop" and scenario.task.batch != 0:
        yield (
            'optimizer.name = "rprop" needs task.batch = 0, all examples in every step: it follows the change of a '
            "gradient's sign, and from one mini-batch to the next signs change by chance"
        )
    if optimizer.name == "rprop" and optimizer.step_min > optimizer.step_max:
        yield f"optimizer.step_min is {optimizer.step_min}, which is above optimizer.step_max, {optimizer.step_max}"
    if optimizer.schedule == "cosine" and optimizer.eta_min > optimizer.lr:
        yield f"optimizer.eta_min is {optimizer.eta_min}, which is above optimizer.lr, {optimizer.lr}"


def _unknown_key(key: str, dotted: str, path: str, fields: list[str]) -> str:
    place = _heading(path) if path else "a scenario"
    text = f"{dotted} is not a key of {place}, which has {', '.join(fields)}"
    match = nearest(key, fields)
    if match is not None:
        return f"{text}; did you mean {path}.{match}?" if path else f"{text}; did you mean {match}?"
    # The right key in the wrong table: `depth` at the top, `lr` under [network].
    elsewhere = {name.rpartition(".")[2]: name for name in generator_first(name for name, _ in keys() if "." in name)}
    match = nearest(key, elsewhere)
    return text if match is None else f"{text}; did you mean {elsewhere[match]}?"


def _heading(path: str) -> str:
    """How a table begins in a file: `[network]`, `[[network.layer]]`."""
    plain = path.partition("[")[0]
    return f"[{path}]" if plain == path else f"[[{plain}]]"


def _allowed(kind: Any, plain: str) -> str:
    """What a key takes, as the end of a sentence that begins `must be`."""
    if plain in MENU:
        return f"one of {', '.join(row.name for row in MENU[plain])}"
    if plain in RANGES:
        end = ' or "end"' if plain == "expect.at" else ""
        return RANGES[plain].sentence() + end
    if kind is bool:
        return "true or false"
    if kind in (int, int | None):
        return "a whole number"
    if get_origin(kind) is tuple:
        return "a list of texts"
    return "a text in quotes"


def _without_numbers(dotted: str) -> str:
    """`expect[2].claim` -> `expect.claim`, the way the tables name it; what a listed layer shares with the network has
    the network's name."""
    plain = ".".join(part.partition("[")[0] for part in dotted.split("."))
    shared = plain.replace("network.layer.", "network.")
    return plain if plain in ("network.layer.kind", "network.layer.repeat") else shared


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def _listed_section(kind: Any) -> type[Section] | None:
    """The section that a list of tables holds, `tuple[Expect, ...]` -> Expect; None for any other type."""
    if get_origin(kind) is tuple and _is_section(get_args(kind)[0]):
        section: type[Section] = get_args(kind)[0]
        return section
    return None
