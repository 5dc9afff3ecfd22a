"""Undo and redo: a run goes back over changes as if each had been turned back by hand."""

from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st
from test_runner import paused, start, until

from gradtui import Scenario, Simulation
from gradtui.lab.snapshot import Change, Redo, Reset, StepOnce, Undo
from gradtui.lab.turns import Turns

__all__ = ["start"]

PLAIN = Scenario.from_dict({"network": {"depth": 3, "width": 16}, "seed": 5})


@given(st.lists(st.sampled_from(["change", "undo", "redo"]), max_size=30))
def test_going_back_and_forth_is_what_a_list_with_a_cursor_does(moves):
    turns, naive, cursor, now = Turns(), [0], 0, 0
    for number, move in enumerate(moves, 1):
        if move == "change":
            turns.changed(now)
            naive, cursor, now = [*naive[: cursor + 1], number], cursor + 1, number
        elif move == "undo" and cursor > 0:
            target = turns.previous
            turns.went_back(now)
            cursor, now = cursor - 1, target
        elif move == "redo" and cursor + 1 < len(naive):
            target = turns.following
            turns.went_forth(now)
            cursor, now = cursor + 1, target
        assert now == naive[cursor]
        assert (turns.previous is None) == (cursor == 0)
        assert (turns.following is None) == (cursor == len(naive) - 1)


def test_one_movement_is_one_change():
    turns = Turns()
    turns.changed(0)
    for before in (1, 2, 3):
        turns.changed(before, movement=7)
    turns.changed(4, movement=8)
    assert turns.previous == 4
    turns.went_back(5)
    assert turns.previous == 1
    turns.went_back(4)
    assert turns.previous == 0


def change(text, ticket, movement=0):
    return Change((text,), movement, ticket)


def test_undo_and_redo_and_back_to_the_file(start):
    runner = start(PLAIN, paused=True)
    until(runner, paused)
    for ticket, text in enumerate(("optimizer.lr=0.5", "network.activation=relu", "network.depth=5"), 1):
        runner.send(change(text, ticket))
    seen = until(runner, lambda s: s.settled == 3)
    assert (seen.scenario.optimizer.lr, seen.scenario.network.activation, seen.scenario.network.depth) == (
        0.5,
        "relu",
        5,
    )
    runner.send(Undo())
    runner.send(Undo())
    seen = until(runner, lambda s: s.message.startswith("undone: activation relu → sigmoid"))
    assert seen.scenario == PLAIN.replace("optimizer.lr=0.5")
    assert seen.profile.taps == ("1", "2", "3", "out")
    runner.send(Redo())
    seen = until(runner, lambda s: s.message.startswith("done again: activation sigmoid → relu"))
    assert seen.scenario.network.activation == "relu"
    runner.send(Reset())
    seen = until(runner, lambda s: s.message.startswith("back to the file: "))
    assert seen.scenario == PLAIN
    runner.send(Undo())
    seen = until(runner, lambda s: s.scenario != PLAIN)
    assert seen.scenario == PLAIN.replace("optimizer.lr=0.5", "network.activation=relu")


def test_undo_behaves_like_turning_back(start):
    runner = start(PLAIN, paused=True)
    until(runner, paused)
    for command in (StepOnce(4), change("network.activation=tanh", 1), StepOnce(3), Undo(), StepOnce(2)):
        runner.send(command)
    seen = until(runner, lambda s: s.step == 9)
    twin = Simulation(PLAIN)
    twin.step(4)
    twin.change(PLAIN.replace("network.activation=tanh"))
    twin.step(3)
    twin.change(PLAIN)
    twin.step(2)
    assert seen.profile["grad_rms"].tolist() == twin.profile()["grad_rms"].tolist()


def test_turns_on_their_way_are_undone_one_by_one_and_refused_ones_do_not_count(start):
    runner = start(PLAIN, paused=True)
    until(runner, paused)
    for command in (
        change("optimizer.lr=0.2", 1),
        change("task.batch=4096", 2),
        change("optimizer.lr=-1", 3),
        change("optimizer.lr=0.5", 4),
        Undo(),
        Undo(),
        Undo(),
    ):
        runner.send(command)
    seen = until(runner, lambda s: s.message == "there is no change to undo")
    assert seen.scenario == PLAIN
    assert seen.settled == 4
    assert [refusal.ticket for refusal in seen.refusals] == [2, 3]
    assert "1,437 training examples" in seen.refusals[0].reason
    assert "above 0" in seen.refusals[1].reason


def test_nothing_to_do_is_said(start):
    runner = start(PLAIN, paused=True)
    until(runner, paused)
    for command, words in ((Redo(), "no change to make again"), (Reset(), "nothing differs from the file")):
        runner.send(command)
        assert not until(runner, lambda s, words=words: words in s.message).refused


class Gate:
    """Judges nothing; while it is shut the run stands still at the next thing that it posts."""

    def __init__(self):
        self._open = threading.Event()
        self._open.set()
        self.open, self.shut = self._open.set, self._open.clear

    def __call__(self, *_):
        self._open.wait(120.0)
        return ()


def test_a_knob_turned_faster_than_networks_are_built_goes_to_the_last_value(start):
    gate = Gate()
    runner = start(PLAIN, paused=True, judge=gate)
    until(runner, paused)
    gate.shut()
    for depth in range(10, 60):
        runner.send(change(f"network.depth={depth}", depth))
    runner.send(change("network.depth=1001", 59))
    runner.send(change("optimizer.lr=0.5", 60))
    runner.send(change("optimizer.lr=0.7", 61))
    gate.open()
    seen = until(runner, lambda s: s.settled == 61)
    assert seen.scenario == PLAIN.replace("network.depth=59", "optimizer.lr=0.7")
    for expected in ("optimizer.lr=0.5", "optimizer.lr=0.1"):
        runner.send(Undo())
        wanted = PLAIN.replace("network.depth=59", expected)
        until(runner, lambda s, wanted=wanted: s.scenario == wanted)
    for _ in range(3):
        runner.send(Undo())
    seen = until(runner, lambda s: s.message == "there is no change to undo")
    assert seen.scenario == PLAIN, "the first of the depths was built, and the last"


def test_nobody_waits_for_queued_changes_when_the_run_is_left(start):
    gate = Gate()
    runner = start(PLAIN, paused=True, judge=gate)
    until(runner, paused)
    gate.shut()
    for number in range(1, 201):
        runner.send(change(f"network.width={16 + number}", number))
        runner.send(Undo())
    closing = threading.Thread(target=runner.close)
    closing.start()
    while not runner._stopping:
        time.sleep(0.001)
    gate.open()
    closing.join()
    assert runner.snapshot().answered <= 2
