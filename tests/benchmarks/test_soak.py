"""The lab's memory over ten minutes."""

from __future__ import annotations

import pytest

from benchmarks.soak import GROWTH, MOST, Sample, growth, soak


@pytest.mark.long
def test_memory_stays_flat_while_it_trains_as_fast_as_it_can() -> None:
    samples = soak(10)
    assert max(sample.megabytes for sample in samples) <= MOST
    assert growth(samples) <= GROWTH


def test_growth_is_what_comes_after_the_warm_up() -> None:
    rising = [Sample(at, 100.0 + at) for at in range(100)]
    assert growth(rising) > 40
    levelled = [Sample(at, 100.0 + min(at, 30)) for at in range(100)]
    assert growth(levelled) == 0
