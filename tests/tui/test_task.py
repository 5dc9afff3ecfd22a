"""The task's view: classes, confusion, pictures and fits are those that were measured."""

from __future__ import annotations

import math
import re
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from measured import show_task, simulation
from opened import Opened, drawn, lab
from rich.cells import cell_len

from gradtui.lab.sight import Boundary, Counts, Fit, Pictures, Point, Sight, Unseen
from gradtui.tui import confusion, plane
from gradtui.tui.class_marks import marks
from gradtui.tui.palette import Ink, Palette, Runs
from gradtui.tui.themes import DARK, LIGHT
from gradtui.tui.views.task import TaskView, see

SIZES = [(60, 16), (80, 24), (100, 30), (120, 36), (160, 50), (200, 60)]
DIGITS = {"name": "digits", "batch": 64}
COLOURS = Palette(DARK.theme, few_colours=False, plain=False)
FEW = Palette(DARK.theme, few_colours=True, plain=False)
PLAIN = Palette(DARK.theme, few_colours=True, plain=True)


def _lines(opened: Opened) -> list[str]:
    view = opened.screen.centre.view
    assert isinstance(view, TaskView)
    lines = drawn(view.picture)
    assert {cell_len(line) for line in lines} == {view.picture.outer_size.width}
    return lines


def _part(sight: Sight, kind: type) -> object:
    return next(part for part in sight.parts if isinstance(part, kind))


def _texts(lines: list[Runs]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


@pytest.mark.parametrize("size", SIZES)
async def test_the_digits_are_counted(size: tuple[int, int]) -> None:
    made = simulation(40, task=DIGITS)
    async with lab(size) as opened:
        await opened.press("5")
        sight = await show_task(opened, made)
        counts = _part(sight, Counts)
        assert isinstance(counts, Counts)
        lines = _lines(opened)
        assert lines[0].startswith(" digits 8x8  after 40 steps")
        right = made.evaluate()["accuracy"] * 360
        assert f"right: {right:.0f} of 360 held out" in lines[1]
        if size == (60, 16):  # too few lines for a table
            shown = [re.search(r"^ (\d) █* (\d+), (\d+)/(\d+)", line) for line in lines]
            found = [tuple(map(int, match.groups())) for match in shown if match]
            assert len(found) >= 6
            for label, times, hits, there in found:
                assert (times, hits, there) == (
                    counts.predicted[label],
                    counts.confusion[label][label],
                    counts.truths[label],
                )
            return
        begin = next(at for at, line in enumerate(lines) if line.startswith(" true"))
        for label in range(10):
            cells = lines[begin + 1 + label].replace("·", "0").split()
            assert list(map(int, cells[:12])) == [label, *counts.confusion[label], counts.truths[label]]
        assert list(map(int, lines[begin + 11].split()[1:11])) == list(counts.predicted)


async def test_pictures_carry_their_class_and_the_answer() -> None:
    made = simulation(200, task=DIGITS)
    async with lab((160, 50)) as opened:
        await opened.press("5")
        pictures = _part(await show_task(opened, made), Pictures)
        assert isinstance(pictures, Pictures)
        answers = [found for line in _lines(opened) for found in re.findall(r"(\d)([✗✓])(\d) +(\d+)%", line)]
        assert len(answers) >= 20
        for (truth, sign, answer, sure), picture in zip(answers, pictures.pictures, strict=False):
            assert (int(truth), int(answer)) == (picture.truth, picture.predicted)
            assert (sign == "✗") == (truth != answer)
            assert int(sure) == round(100 * picture.confidence)
        assert answers[0][1] == "✗"


async def test_one_class_for_everything_is_said() -> None:
    made = simulation(task=DIGITS)
    parameters = made.parameters()
    parameters["output.bias"][4] = 1e3
    made.load_parameters(parameters)
    async with lab((80, 24)) as opened:
        await opened.press("5")
        await show_task(opened, made)
        assert "says 4 to everything" in _lines(opened)[1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("task", [DIGITS, {"name": "moons", "examples": 100}])
async def test_no_number_is_no_answer(size: tuple[int, int], task: dict[str, object]) -> None:
    made = simulation(task=task)
    made.load_parameters({name: values * np.nan for name, values in made.parameters().items()})
    async with lab(size) as opened:
        await opened.press("5")
        sight = await show_task(opened, made)
        counts = _part(sight, Counts)
        assert isinstance(counts, Counts)
        lines = _lines(opened)
        assert f"{counts.total} answers are NaN" in lines[1]
        if task is not DIGITS:
            assert sum(line.count("?") for line in lines) > 50


@pytest.mark.parametrize("name", ["moons", "spirals", "xor", "circles"])
@pytest.mark.parametrize(("size", "palette"), list(product(((58, 9), (78, 17), (60, 30)), (COLOURS, FEW, PLAIN))))
def test_the_plane_has_the_networks_classes(name: str, size: tuple[int, int], palette: Palette) -> None:
    sight = _sight(name)
    boundary = _part(sight, Boundary)
    assert isinstance(boundary, Boundary)
    width, height = size
    lines = plane.draw(boundary, sight.classes, palette, width, height)
    assert {cell_len(text) for text in _texts(lines)} == {width}
    assert len(lines) == height
    taken = {
        (
            int((boundary.top - point.y) / (boundary.top - boundary.bottom) * (height - 2)),
            int((point.x - boundary.left) / (boundary.right - boundary.left) * width),
        ): point.label
        for point in boundary.points
    }
    seen = 0
    for row, line in enumerate(lines[:-2]):
        cells = [(letter, ink) for text, ink in line for letter in text]
        for column, (letter, ink) in enumerate(cells):
            if (row, column) in taken:
                assert letter == "AB"[taken[row, column]]
                continue
            # The field under the middle of the cell's lower half, or of the cell.
            down = (row + (0.5 if palette.plain else 0.75)) / (height - 2)
            at = int(down * boundary.rows) * boundary.columns + int((column + 0.5) / width * boundary.columns)
            label, sure = boundary.predicted[at], 2 * boundary.confidence[at] - 1 > plane.SURE
            if palette.plain:
                assert letter == (plane.TEXTURES[label] if sure else " ")
            elif palette.shades:
                assert ink.bg == f"{'deep' if sure else 'pale'}{label}"
            else:
                below = ink.fg if letter == "▄" else ink.bg
                assert below == (f"class{label}" if sure else "")
            seen += 1
    assert seen > width * (height - 2) / 2


_SIGHTS: dict[str, Sight] = {}


def _sight(name: str) -> Sight:
    from gradtui.lab.sighting import see as measure

    if name not in _SIGHTS:
        network = {"depth": 1, "width": 8, "activation": "tanh"}
        _SIGHTS[name] = measure(simulation(100, task={"name": name, "examples": 200}, network=network))
    return _SIGHTS[name]


@pytest.mark.parametrize("size", SIZES)
async def test_a_plane_comes_with_its_counts_where_there_is_room(size: tuple[int, int]) -> None:
    async with lab(size) as opened:
        await opened.press("5")
        opened.runner.change(sight=_sight("circles"))
        await opened.shown()
        text = "\n".join(_lines(opened))
        assert "A outer" in text
        assert "B inner" in text
        assert "x →  y ↑" in text
        counts = _part(_sight("circles"), Counts)
        assert isinstance(counts, Counts)
        assert re.search(rf"predicted +{counts.predicted[0]} +{counts.predicted[1]}", text)


@pytest.fixture
def table(tmp_path: Path) -> str:
    rows = "\n".join(f"{x / 10},{math.sin(x / 10):.5f}" for x in range(100))
    path = tmp_path / "sine.csv"
    path.write_text(f"x,y\n{rows}\n")
    return str(path)


@pytest.mark.parametrize("size", SIZES)
async def test_a_regression_is_drawn_as_a_fit(size: tuple[int, int], table: str) -> None:
    made = simulation(60, task={"name": "file", "path": table, "batch": 20})
    async with lab(size) as opened:
        await opened.press("5")
        sight = await show_task(opened, made)
        lines = _lines(opened)
        error = math.sqrt(made.evaluate()["loss"])
        assert f"rms error {error:#.3g}" in lines[1]
        assert "20 held out" in lines[1]
        points = _part(sight, Fit)
        assert isinstance(points, Fit)
        assert sum(0x2800 < ord(letter) < 0x2900 for line in lines for letter in line) >= 10
        assert "true" in lines[-1] or any("true" in line for line in lines)
        made.load_parameters({name: values * np.nan for name, values in made.parameters().items()})
        await show_task(opened, made)
        assert "20 of 20 predictions are NaN or inf" in _lines(opened)[1]


async def test_a_convolutional_network_has_pictures_too() -> None:
    made = simulation(1, task={"name": "digits", "batch": 16}, network={"kind": "cnn", "depth": 2, "width": 3})
    async with lab((80, 24)) as opened:
        await opened.press("5")
        await show_task(opened, made)
        assert any("▀" in line for line in _lines(opened))


def test_what_cannot_be_drawn_is_said_in_words() -> None:
    lines = _texts(see(Sight(3, "sums", (), (Unseen("sequences have no picture here"),)), COLOURS, 58, 9))
    assert "sequences have no picture here" in "\n".join(lines)


@pytest.mark.parametrize("classes", [2, 10, 11, 40, 200])
@pytest.mark.parametrize("size", [(58, 9), (78, 17), (160, 60)])
def test_any_number_of_classes_fits(classes: int, size: tuple[int, int]) -> None:
    width, height = size
    names = tuple(f"class {number}" for number in range(classes))
    counts = Counts(
        tuple(tuple(int(row == column) * (row + 1) for column in range(classes)) for row in range(classes)),
        (0,) * classes,
    )
    lines = _texts(confusion.draw(counts, names, width, height))
    assert len(lines) <= height
    assert all(len(text) == width for text in lines)
    times = [int(found[1]) for text in lines if (found := re.search(r"█ (\d+), ", text))]
    if times:
        rest = re.search(r"(\d+) more, ([\d,]+) times", lines[-1])
        others = int(rest[2].replace(",", "")) if rest else 0
        assert sum(times) + others == counts.total
        assert rest is None or times[0] == classes, "the most frequent one is kept"


@pytest.mark.parametrize(("width", "shown"), [(90, "signs differ"), (58, "signs di…")])
def test_names_of_classes_are_whole_where_there_is_room(width: int, shown: str) -> None:
    counts = Counts(((54, 46), (57, 43)), (0, 0))
    classes = ("same signs", "signs differ")
    assert confusion.size(counts, classes, width)[0] == len(
        _texts(confusion.draw(counts, classes, width, 9))[0].rstrip()
    )
    assert shown in "\n".join(_texts(confusion.draw(counts, classes, width, 9)))


def test_letters_stand_beside_colours() -> None:
    assert marks(("0", "1", "2")) == ["0", "1", "2"]
    assert marks(("cat", "dog")) == ["A", "B"]
    many = marks([f"kind {number}" for number in range(40)])
    assert len(set(many[:26])) == 26


@pytest.mark.parametrize("theme", [DARK.theme, LIGHT.theme])
def test_points_are_legible_on_their_own_field(theme: object) -> None:
    palette = Palette(theme, few_colours=False, plain=False)  # type: ignore[arg-type]
    for label in range(10):
        for ground in (f"deep{label}", f"pale{label}"):
            style = palette.style(Ink("text", ground))
            assert style.color is not None
            assert style.bgcolor is not None
            assert abs(sum(style.color.get_truecolor()) - sum(style.bgcolor.get_truecolor())) > 200


def test_every_ink_of_the_view_is_a_role() -> None:
    """An unknown role would be drawn in the terminal's own colour, which the theme's ground may swallow."""
    sight = _sight("xor")
    for theme in (DARK.theme, LIGHT.theme):
        palette = Palette(theme, few_colours=False, plain=False)
        for line in see(sight, palette, 100, 20):
            for text, ink in line:
                if text.strip():
                    assert palette.style(ink).color is not None, (text, ink)


def test_without_colours_nothing_has_one() -> None:
    for role in ("class3", "over3", "deep3", "pale3", "grey9"):
        style = PLAIN.style(Ink(role, role))
        assert style.color is None
        assert style.bgcolor is None


def test_a_point_in_the_wrong_field_is_seen() -> None:
    """It brings its own colour into the other class's field; without colours there is its letter."""
    wrong = Boundary(("x", "y"), 0, 1, 0, 1, 1, 1, (0,), (1.0,), (Point(0.5, 0.5, 1),) * 2)
    for palette in (COLOURS, FEW, PLAIN):
        lines = plane.draw(wrong, ("left", "right"), palette, 9, 5)
        cells = [(letter, ink) for text, ink in lines[1] for letter in text]
        assert cells[4][0] == "B"
        if not palette.plain:
            assert cells[4][1] == Ink("over1", "class1", True), "however many there are in one cell"
            assert cells[0][1].bg == ("deep0" if palette.shades else "class0")
            style = palette.style(cells[4][1])
            assert style.color != style.bgcolor


def test_a_point_is_judged_by_its_own_field() -> None:
    """Two fields share a cell: what is right in the upper one is not marked because the lower one is another class's;
    and of two points in one cell the wrong one is seen."""
    plane_of = partial(Boundary, ("x", "y"), 0, 1, 0, 1, 1, 2, (0, 1), (1.0, 1.0))
    upper, lower = Point(0.5, 0.9, 0), Point(0.5, 0.1, 0)
    for points, wrong in (((upper,), False), ((lower,), True), ((lower, upper), True), ((upper, lower), True)):
        ((letter, ink),) = plane.draw(plane_of(points), ("left", "right"), COLOURS, 2, 3)[0][1:]
        assert letter == "A"
        assert (ink.bg == "class0") == wrong
