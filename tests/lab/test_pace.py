"""The pacer deals out steps by a clock that the test holds."""

import pytest

from gradtui.lab.pace import BURST, MOST_STEPS, Pacer


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


def test_a_burst_is_as_many_steps_as_fit_in_it(clock):
    pacer = Pacer(clock, clock.sleep)
    pacer.stepped(10, 0.010)
    assert pacer.steps_due() == int(BURST / 0.001)
    pacer.stepped(1, 1.0)
    assert pacer.steps_due() == 1, "a step longer than a burst is still taken"
    pacer.stepped(1000, 1e-9)
    assert pacer.steps_due() == MOST_STEPS


@pytest.mark.parametrize("limit", [1, 3, 10, 100, 500])
def test_a_limit_holds_over_ten_seconds(clock, limit):
    pacer = Pacer(clock, clock.sleep)
    pacer.limit(limit)
    pacer.stepped(1, 1e-4)
    began, steps = clock.now, 0
    while clock.now < began + 10:
        count = pacer.steps_due()
        if count:
            clock.now += count * 1e-4
            pacer.stepped(count, count * 1e-4)
            steps += count
        else:
            pacer.doze()
    assert steps == pytest.approx(10 * limit, abs=max(2, 0.01 * limit))


def test_a_machine_slower_than_the_limit_does_not_catch_up_in_bursts(clock):
    pacer = Pacer(clock, clock.sleep)
    pacer.limit(1000)
    pacer.stepped(1, 0.1)
    clock.now += 60
    assert pacer.steps_due() == 1


def test_the_rate_is_that_of_the_last_moments(clock):
    pacer = Pacer(clock, clock.sleep)
    assert pacer.rate() == 0
    for _ in range(50):
        clock.now += 0.1
        pacer.stepped(20, 0.1)
    assert pacer.rate() == pytest.approx(200)
    for _ in range(20):
        clock.now += 0.1
        pacer.stepped(5, 0.1)
    assert pacer.rate() == pytest.approx(50, rel=0.3)
