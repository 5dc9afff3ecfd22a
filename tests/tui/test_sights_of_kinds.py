"""The task of sequences and of adversaries: what is drawn is what was measured, at every size and on every terminal."""

from __future__ import annotations

import math

import pytest
import sights
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.lab.sight import Attention, Forged, Imitated, Judged, Sequences, Sight, Unseen
from gradtui.tui import attention, imitation, pictures, rungs, sequences
from gradtui.tui.palette import Palette, Runs
from gradtui.tui.themes import DARK
from gradtui.tui.views.task import see

FULL = Palette(DARK.theme, few_colours=False, plain=False)
FEW = Palette(DARK.theme, few_colours=True, plain=False)
PLAIN = Palette(DARK.theme, few_colours=False, plain=True)
SIGHTS = {
    "adding": sights.adding(),
    "adding-long": sights.adding(700),
    "order": sights.order(),
    "order-long": sights.order(400),
    "attending": sights.attending(),
    "attending-deep": sights.attending(24, 16),
    "copying": sights.copying(),
    "copying-long": sights.copying(500),
    "text": sights.text(),
    "ring": sights.ring(),
    "forged": sights.forged(),
}


def texts(lines: list[Runs]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SIGHTS)), st.integers(20, 170), st.integers(4, 56), st.sampled_from([FULL, FEW, PLAIN]))
def test_a_sight_stays_in_its_room(name: str, width: int, height: int, palette: Palette) -> None:
    lines = texts(see(SIGHTS[name], palette, width, height))
    assert 1 <= len(lines) <= height
    assert max(map(len, lines)) <= width


def part(sight: Sight) -> Sequences:
    return next(each for each in sight.parts if isinstance(each, Sequences))


@pytest.mark.parametrize(("width", "height"), [(78, 18), (57, 32), (150, 50)])
def test_heads_have_their_entropy_and_what_shares_a_cell_its_least(width: int, height: int) -> None:
    for name, blocks, heads in (("attending", 8, 4), ("attending-deep", 24, 16)):
        seen = next(each for each in SIGHTS[name].parts if isinstance(each, Attention))
        lines = texts(see(SIGHTS[name], FULL, width, height))
        rows = [line for line in below(lines, "attention entropy") if line[:1].isdigit() or line.startswith("block")]
        assert 2 <= len(rows) <= blocks
        assert " 0.01" in rows[0], "the one head that looks at one step alone is never hidden"
        assert "NaN" in rows[-1]
        shares = "least of each" in "".join(lines)
        assert shares or name == "attending"
        assert not shares or (name, height) != ("attending", 50)
        if not shares:
            for row, block in zip(rows[1:-1], seen.entropy[1:-1], strict=True):
                cells = row[attention.NAME : attention.NAME + heads * attention.HEAD].split()
                assert [float(cell) for cell in cells if cell[0].isdigit()] == [round(each, 2) for each in block]


def below(lines: list[str], heading: str) -> list[str]:
    return lines[next(at for at, line in enumerate(lines) if line.startswith(heading)) + 1 :]


def test_each_number_of_a_sequence_stands_at_its_height() -> None:
    sight = SIGHTS["adding"]
    first = part(sight).examples[0]
    values, markers, answer = below(texts(see(sight, FULL, 78, 18)), "held out")[:3]
    levels = sequences.LEVELS
    assert values[sequences.MARGIN :].rstrip() == "".join(levels[round(7 * value)] for value in first.channels[0])
    assert [at for at, glyph in enumerate(markers[sequences.MARGIN :]) if glyph == "█"] == [0, 25]
    assert answer.split() == ["asked", f"{first.truth[0]:#.3g}", "said", f"{first.predicted[0]:#.3g}"]


def test_a_marked_step_is_seen_however_many_steps_share_a_column() -> None:
    sight = SIGHTS["adding-long"]
    lines = below(texts(see(sight, FULL, 78, 22)), "held out")
    where = rungs.columns(700, 78 - sequences.MARGIN)
    for at, example in enumerate(part(sight).examples[: len(lines) // 4]):
        marked = [step for step, value in enumerate(example.channels[1]) if value]
        columns = {next(c for c, span in enumerate(where.spans) if span.first <= step <= span.last) for step in marked}
        drawn = lines[4 * at + 1][sequences.MARGIN :]
        assert {cell for cell, glyph in enumerate(drawn) if glyph == "█"} == columns


def test_the_rare_token_is_seen_however_many_steps_share_a_column() -> None:
    lines = below(texts(see(SIGHTS["order-long"], FULL, 78, 30)), "held out")
    for line in [line for line in lines if line.startswith("input")]:
        assert sum(letter in "XY" for letter in line[sequences.MARGIN :]) == 2


def test_answers_are_told_right_wrong_and_none() -> None:
    text = "\n".join(texts(see(SIGHTS["order"], FULL, 78, 40)))
    assert "asked    XX  said XY ✗ 80%" in text
    assert "asked    XY  said XY ✓ 80%" in text
    assert "asked    YX  said NaN" in text
    lines = texts(see(SIGHTS["copying"], FULL, 78, 20))
    asked = next(line for line in lines if line.startswith("asked"))[sequences.MARGIN :].rstrip()
    said = next(line for line in lines if line.startswith("said"))[sequences.MARGIN :].rstrip()
    assert asked.endswith("ADGBEHCFAD")
    assert said.endswith("ADGBEHCF?A")


def test_of_a_long_copy_the_two_ends_are_shown() -> None:
    lines = texts(see(SIGHTS["copying-long"], FULL, 60, 20))
    shown = next(line for line in lines if line.startswith("input"))[sequences.MARGIN :].rstrip()
    assert shown.startswith("ADGBEHCFAD")
    assert "…" in shown
    assert "▸" in shown
    assert len(shown) == 60 - sequences.MARGIN


def test_a_line_feed_is_seen_in_a_text_that_is_read_on() -> None:
    lines = below(texts(see(SIGHTS["text"], FULL, 78, 18)), "read on")
    text = "".join(lines[:2])
    assert text.startswith("the gradient of the first layer")
    assert "the layer of the gradient⏎of the first and the" in text


# Adversaries


def test_data_and_samples_stand_where_they_lie() -> None:
    data, samples = ((-0.9, 0.9), (0.0, 0.0)), ((0.0, 0.0), (0.9, -0.9), (5.0, 0.0))
    lines = texts(imitation.plane(Imitated(("x", "y"), -1.0, 1.0, -1.0, 1.0, data, samples, 1), 60, 12))
    assert [line.strip() for line in lines[:10] if imitation.DATA in line] == [lines[0].strip()]
    assert lines[0].strip()[0] == imitation.DATA
    both = [(row, line.index(imitation.BOTH)) for row, line in enumerate(lines[:10]) if imitation.BOTH in line]
    assert len(both) == 1
    assert any(0x2800 < ord(letter) < 0x2900 for letter in lines[9])
    assert lines[-1].rstrip().endswith("1 NaN or inf   1 outside")


def test_a_discriminator_says_shares_or_scores() -> None:
    (line,) = texts([imitation.headline(Judged(0.93, 0.04, True), 70)])
    assert line.strip() == "D says data: 93 % of data, 4.0 % of samples"
    (line,) = texts([imitation.headline(Judged(1.4, -2.2, False, 0.031), 100)])
    assert line.strip() == "D's score: 1.40 of data, -2.20 of samples   mean sample, mean squared error 0.0310"
    (line,) = texts([imitation.headline(Judged(1.4, math.nan, False, 0.031), 62)])
    assert line.strip() == "D's score: 1.40 of data, NaN of samples   mse of means 0.0310"
    (line,) = texts([imitation.headline(Judged(1.4, math.nan, False, 0.031), 42)])
    assert line.strip() == "D's score: 1.40 of data, NaN of samples"


def test_generated_images_stand_beside_real_ones() -> None:
    lines = see(SIGHTS["forged"], FULL, 78, 18)
    text = texts(lines)
    assert text.index(next(line for line in text if line.startswith("data"))) < text.index(
        next(line for line in text if line.startswith("samples"))
    )
    forged = next(each for each in SIGHTS["forged"].parts if isinstance(each, Forged))
    first = pictures.image(forged.samples[0], 8, 8, FULL)
    at = next(row for row, line in enumerate(text) if line.startswith("samples")) + 1
    cells = [cell for run, ink in lines[at] for cell in [(letter, ink) for letter in run]][:8]
    assert cells == [(letter, ink) for run, ink in first[0] for letter in run]


def test_a_pixel_that_is_no_number_is_a_question_mark() -> None:
    for palette in (FULL, PLAIN):
        lines = texts(pictures.image((0.0, math.nan, 1.0, 0.5), 2, 2, palette))
        assert lines[0][1] == "?"
        assert lines[0][0] != "?"


def test_samples_without_a_picture_say_so() -> None:
    sight = Sight(7, "numbers", (), (Judged(0.5, 0.5, True), Unseen("samples of 5 numbers have no picture")))
    text = "\n".join(texts(see(sight, FULL, 60, 12)))
    assert "D says data" in text
    assert "samples of 5 numbers have no picture" in text
