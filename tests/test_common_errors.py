"""What popular texts on vanishing gradients get wrong must not stand in ours: who wrote what and when, and what is
said to be a cure."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from gradtui.explain.glossary import find, texts
from gradtui.scenario.files import library

#: Authors with papers of several years in here, each of them meant.
PROLIFIC = {
    "He, Zhang, Ren & Sun": {"2015", "2016"},
    "Hochreiter": {"1991", "1998"},
    "Loshchilov & Hutter": {"2017", "2019"},
}
CITED = re.compile(r"((?:[A-Z][\w'’-]+(?:, | & ))*[A-Z][\w'’-]+(?: et al\.)?) ((?:19|20)\d\d)\b")
LIBRARY = dict(library())


def _written():
    """Every text that people read: (where, text)."""
    for text in texts():
        for heading, paragraph in text.parts():
            yield f"explain {text.word}, {heading}", paragraph
    for name, scenario in LIBRARY.items():
        yield name, scenario.source
        yield name, scenario.story


def test_a_paper_has_one_year():
    years = defaultdict(set)
    for _, text in _written():
        for authors, year in CITED.findall(text):
            years[authors].add(year)
    assert len(years) > 50
    assert {authors: found for authors, found in years.items() if len(found) > 1} == PROLIFIC


def test_the_paper_of_1998_is_by_hochreiter_alone():
    """Hochreiter & Schmidhuber 1997 is the LSTM."""
    cited = {pair for _, text in _written() for pair in CITED.findall(text)}
    assert ("Hochreiter & Schmidhuber", "1997") in cited
    assert not {year for authors, year in cited if authors == "Hochreiter & Schmidhuber"} - {"1997"}


@pytest.mark.parametrize("authors", ["Bengio, Simard & Frasconi", "Pascanu, Mikolov & Bengio"])
def test_papers_on_recurrent_nets_are_cited_for_them_or_for_clipping(authors):
    cited = [scenario for scenario in LIBRARY.values() if authors in scenario.source]
    assert cited
    for scenario in cited:
        assert scenario.network.kind == "rnn" or "clip" in scenario.name, scenario.name


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("clipping", "no vanishing"),
        ("network.dropout", "no cure for vanishing"),
        ("optimizer.name=nag", "no cure for vanishing"),
        ("adaptive rates", "Momentum and Nesterov are not among them"),
        ("degradation", "no overfitting"),
        ("skip connections", "Nothing is bypassed"),
        ("network.cell=lstm", "not immune"),
        ("network.norm=layer", "does not cure a deep sigmoid net"),
        ("network.activation=relu", "half of the units are silent"),
        ("GPU", "Speed does not change a gradient"),
    ],
)
def test_what_is_no_cure_is_said_to_be_none(word, said):
    found = [text for text in find(word) if any(said in paragraph for _, paragraph in text.parts())]
    assert found, f"{word} does not say: {said}"


@pytest.mark.parametrize("no_cure", ["clipping-no-cure", "dropout-no-cure", "momentum-no-cure", "layer-norm-no-cure"])
def test_each_of_them_is_shown(no_cure):
    """By a scenario that claims it at its end."""
    assert any(expect.at == "end" for expect in LIBRARY[no_cure].expect)
