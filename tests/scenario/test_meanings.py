"""What every key means, and that PyTorch's defaults are what PyTorch says."""

from __future__ import annotations

import inspect
import re
from operator import attrgetter

import pytest

from gradtui import Scenario
from gradtui.scenario.meanings import MEANINGS, in_torch, usual
from gradtui.scenario.menu import MENU
from gradtui.scenario.model import Section
from gradtui.scenario.validation import keys


def test_every_key_that_can_be_set_has_a_meaning():
    texts = set(Section.__struct_fields__) | {"name", "title", "group", "promise", "story", "source", "steps"}
    assert set(MEANINGS) == {key for key, _ in keys()} - texts


@pytest.mark.parametrize(
    "row", [row for meaning in MEANINGS.values() for row in meaning.torch], ids=lambda row: row.path
)
def test_pytorch_says_the_same(row):
    torch = pytest.importorskip("torch")
    path, argument, index = re.fullmatch(r"(.+)\.(\w+)(?:\[(\d)\])?", row.path).groups()
    for home in (torch.nn, torch.optim, torch):
        try:
            found = attrgetter(path)(home)
            break
        except AttributeError:
            continue
    default = inspect.signature(found).parameters[argument].default
    assert (default if index is None else default[int(index)]) == row.value


@pytest.mark.parametrize("key", MEANINGS)
def test_choices_named_beside_pytorch_are_on_the_menu(key):
    table = key.partition(".")[0]
    names = {row.name for menu_key, rows in MENU.items() if menu_key.startswith(f"{table}.") for row in rows}
    for row in MEANINGS[key].torch:
        assert set(row.of) <= names


def test_defaults_follow_the_choices():
    plain, adagrad = Scenario.from_dict({}), Scenario.from_dict({"optimizer": {"name": "adagrad"}})
    assert usual("optimizer.eps", plain) == 1e-8
    assert usual("optimizer.eps", adagrad) == 1e-10
    assert usual("network.depth", adagrad) == 30
    assert in_torch("optimizer.lr", plain).path == "SGD.lr"
    assert in_torch("optimizer.lr", adagrad).value == 0.01
    assert in_torch("optimizer.lr", Scenario.from_dict({"optimizer": {"name": "lion"}})) is None
