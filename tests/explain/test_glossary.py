"""Every word has an explanation, people find it, and none repeats what popular texts get wrong."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from gradtui import explain
from gradtui.cli import commands
from gradtui.diagnosis.remedies import REMEDIES
from gradtui.diagnosis.thresholds import THRESHOLDS
from gradtui.diagnosis.verdict import KINDS
from gradtui.explain.reasons import OF_CHOICES, OF_KEYS, PEOPLE_SAY
from gradtui.gauges import GAUGES
from gradtui.scenario import files, menu
from gradtui.scenario.meanings import MEANINGS
from gradtui.subcommands import explain as command
from gradtui.time_gauges import TIME_GAUGES

TEXTS = explain.texts()
BY_WORD = {(text.subject, text.word): text for text in TEXTS}
#: Choices of these keys do something to the gradient, so it is said what.
TELLING = ("network.activation", "network.init", "network.norm", "network.skip", "network.cell", "optimizer.name")


def words(subject: str) -> list[str]:
    return [text.word for text in TEXTS if text.subject == subject]


def test_every_verdict_and_gauge_has_all_there_is_to_say() -> None:
    assert sorted(words("verdicts")) == sorted(KINDS)
    assert words("gauges") == list(GAUGES)
    assert words("gauges over time") == list(TIME_GAUGES)
    for text in TEXTS:
        if text.subject in ("verdicts", "gauges", "gauges over time"):
            assert text.what, text.word
            assert text.why, text.word
            assert text.formula, text.word
        if text.subject == "verdicts":
            assert text.source, text.word
            assert text.advice, text.word
            assert text.scenarios, text.word


def test_every_threshold_stands_with_its_reason_in_the_verdict_that_rests_on_it() -> None:
    for threshold in THRESHOLDS.values():
        limits = " ".join(explain.about_kind(threshold.kind).limits)
        assert threshold.reason in limits
        assert f"{threshold.value:g}" in limits
    assert {text.word for text in TEXTS if text.limits} == {each.kind for each in THRESHOLDS.values()}


def test_every_remedy_says_what_it_is_for_and_whether_it_is_none() -> None:
    assert words("remedies") == [f"remedy.{remedy.key}" for remedy in REMEDIES]
    for remedy in REMEDIES:
        text = next(text for text in explain.find(remedy.key) if text.subject == "remedies")
        assert text in explain.find(remedy.label)
        assert (text.formula, text.source) == (remedy.meaning.formula, remedy.meaning.paper)
        assert ("no cure" in text.why) == bool(remedy.myth)


def test_every_choice_and_key_is_explained() -> None:
    for key, rows in menu.MENU.items():
        for row in rows:
            text = explain.about_choice(key, row.name)
            assert text.what.rstrip(".")[1:] == row.meaning.rstrip(".")[1:]
            assert (text.formula, text.source) == (row.formula, row.paper)
            assert text.why or key not in TELLING, f"{key} = {row.name}"
            assert text in explain.find(row.name)
    assert set(words("keys of a scenario")) == set(MEANINGS)
    for key, meaning in MEANINGS.items():
        assert explain.find(key)[0].formula == meaning.formula
    choices = {f"{key}={row.name}" for key, rows in menu.MENU.items() for row in rows}
    assert set(OF_CHOICES) <= choices
    assert set(OF_KEYS) <= set(MEANINGS)
    assert {word for said in PEOPLE_SAY.values() for word in said} <= choices | set(MEANINGS)


def test_sources_have_a_year_and_scenarios_exist() -> None:
    names = {name for name, _ in files.library()}
    names |= {f"{name}/{variant.name}" for name, family in files.library() for variant in family.variant}
    for text in TEXTS:
        assert not text.source or re.search(r"\b(1[89]|20)\d\d|IEEE 754", text.source), text.word
        assert set(text.scenarios) <= names, text.word
        assert "\n" not in text.what + text.why + text.advice
        for word in text.see:
            assert explain.find(word), f"{text.word}: see {word}"


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("xavier", "Xavier normal"),
        ("Glorot", "Xavier uniform"),
        ("he", "He normal"),
        ("kaiming", "He uniform"),
        ("batchnorm", "batch norm"),
        ("batch-norm", "batch norm"),
        ("batch_norm", "batch norm"),
        ("layernorm", "layer norm"),
        ("ReLU", "ReLU"),
        ("lr", "optimizer.lr"),
        ("learning-rate", "optimizer.lr"),
        ("clipping", "clipping"),
        ("dropout", "network.dropout"),
        ("saturation", "saturated"),
        ("short memory", "short memory"),
        ("rate_high", "rate too high"),
        ("chi", "chi"),
        ("depth scale", "depth scale"),
        ("edge of chaos", "edge of chaos"),
        ("mean field", "mean field"),
        ("network.activation=relu", "ReLU"),
        ("grad_rms", "grad_rms"),
        ("rank collapse", "identical outputs"),
    ],
)
def test_people_find_what_they_mean(typed: str, label: str) -> None:
    found, unknown = explain.explain(typed.split())
    assert not unknown
    assert label in [text.label for text in found]


def test_several_words_are_one_or_many() -> None:
    found = explain.explain(["batch", "norm"])[0]
    assert [text.subject for text in found] == ["network.norm", "remedies"]
    many, unknown = explain.explain(["vanishing", "starved", "nonsuch"])
    assert [text.word for text in many] == ["vanishing", "starved"]
    assert unknown == ("nonsuch",)


def test_the_command_prints_lists_and_refuses() -> None:
    run = CliRunner().invoke
    page = run(commands, ["explain", "vanishing"]).output
    assert page.startswith("VANISHING   verdicts\n")
    assert "source" in page
    assert max(map(len, page.splitlines())) <= 80
    everything = " ".join(run(commands, ["explain"]).output.split())
    for text in TEXTS:
        assert text.word.removeprefix("remedy.").rpartition("=")[2] in everything
    row = json.loads(run(commands, ["explain", "selu", "--json"]).output)[0]
    assert row["source"].startswith("Klambauer")
    assert "selu-30" in row["scenarios"]
    refused = run(commands, ["explain", "vanisching"])
    assert refused.exit_code == 2
    assert "did you mean vanishing" in refused.output
    assert run(commands, ["explain", "zzzzzz"]).exit_code == 2
    assert set(command.as_row(TEXTS[0])) == set(row)


#: What is often written and is wrong, as a pattern over all that can be read here.
ERRORS = (
    r"Hochreiter (?:and|&) Schmidhuber \(?199[18]",
    r"clipping (?:cures|helps with|prevents|solves) (?:the )?vanishing",
    r"dropout (?:cures|helps with|prevents|solves) (?:the )?vanishing",
    r"(?:NAG|Nesterov)[^.]{0,40} (?:is|are) (?:an )?adaptive",
    r"bypass(?:es|ing)? (?:the )?shallow",
    r"LSTMs? (?:is|are) immune|LSTMs? (?:cannot|never) vanish",
    r"layer norm (?:cures|rescues)",
    r"degradation[^.]{0,30} is (?:an )?overfitting",
)


@pytest.mark.parametrize("pattern", ERRORS)
def test_no_text_repeats_a_common_error(pattern: str) -> None:
    read = [" ".join(paragraph for _, paragraph in text.parts()) for text in TEXTS]
    for _, scenario in files.library():
        lessons = [f"{each.text} {each.see}" for each in scenario.lesson]
        read.append(" ".join([scenario.title, scenario.promise, scenario.story, scenario.source, *lessons]))
    assert [text for text in read if re.search(pattern, text, re.IGNORECASE)] == []


def test_what_is_often_got_wrong_is_said_right() -> None:
    said = {text.word: " ".join(paragraph for _, paragraph in text.parts()) for text in TEXTS}
    assert "1.017" in said["network.norm=batch"]
    assert "0.391" in said["network.norm=layer"]
    assert "no vanishing" in said["clipping"]
    assert "no cure" in said["network.dropout"]
    assert "not adaptive" in said["optimizer.name=nag"]
    assert "not immune" in said["network.cell=lstm"]
    assert "no overfitting" in said["degradation"]
    assert "direct route" in said["skip connections"]
    assert "Hochreiter 1991, 1998" in said["vanishing"]
    assert "recurrent nets" in said["clipping"]


@pytest.mark.parametrize(
    ("activation", "weight", "factor"), [("sigmoid", 1, 0.236), ("relu", 1, 0.707), ("relu", 2, 1)]
)
def test_factors_in_the_texts_are_those_of_theory(activation: str, weight: float, factor: float) -> None:
    from gradtui.theory.phase import Wide, settled

    assert settled(Wide(activation, 0.0, weight, 0.0), 1.0).chi ** 0.5 == pytest.approx(factor, abs=2e-3)
    assert f"{factor:.3f}" in explain.about_choice("network.activation", activation).why
