"""Compiled kernels on disk: loaded without Numba, made again when damaged, done without where they cannot be kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradtui import locations
from gradtui.engine import compile

SCENARIO = "{'task': {'name': 'xor', 'batch': 8, 'examples': 40}, 'network': {'depth': 2, 'width': 5}}"
RUN = f"""
import sys
from gradtui import Scenario, Simulation
told = []
simulation = Simulation(Scenario.from_dict({SCENARIO}), lambda *progress: told.append(progress))
simulation.step(20)
print(float(simulation.loss).hex(), 'numba' in sys.modules, len(told))
"""
#: One kernel and the machine's loop: the least that can be compiled.
ONE = """
import numpy as np
from gradtui.engine.kernels.feeding import gather
from gradtui.engine.layout import Arena, Layout
from gradtui.engine.program import Program
layout = Layout()
chosen, source = layout.region('chosen', 'int64', 2), layout.region('source', 'float32', 3, 1)
picked = layout.region('picked', 'float32', 2, 1)
arena = Arena(layout)
arena.view(chosen)[:] = [2, 0]
arena.view(source)[:, 0] = [5, 6, 7]
program = Program('float32')
program.add(gather, chosen=chosen, source=source, picked=picked)
program.link(arena).run()
print(arena.view(picked)[:, 0].tolist())
"""


def _start(code: str, cache: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, locations.CACHE_VARIABLE: str(cache)}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def _finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return output.strip()


@pytest.fixture(scope="module")
def loss() -> str:
    """The scenario's loss after 20 steps in this process, to the last bit; its kernels are kept on disk now."""
    from gradtui import Scenario, Simulation

    simulation = Simulation(Scenario.from_dict(eval(SCENARIO)))
    simulation.step(20)
    return float(simulation.loss).hex()


@pytest.fixture
def cache(loss, tmp_path) -> Path:
    """A cache folder of one's own with all that this process has compiled."""
    copy = tmp_path / compile.cache_folder().name
    copy.mkdir()
    # Others may be writing there: their temporary files come and go.
    for kept in compile.cache_folder().glob("*.kernel"):
        shutil.copy2(kept, copy)
    return tmp_path


def _kept(cache: Path, name: str) -> Path:
    return cache / compile.cache_folder().name / f"{name}.float32.kernel"


def test_a_second_process_needs_no_numba(loss, cache):
    """The same loss to the last bit, and nobody is told of compiling."""
    assert _finish(_start(RUN, cache)) == f"{loss} False 0"


def test_damaged_files_are_compiled_again(loss, cache):
    """Cut short, one bit changed, empty: three ways to lose a file, and nothing but time is lost."""
    cut, changed, empty = (_kept(cache, name) for name in ("gather", "choose_batch", "finish_step"))
    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    cut.write_bytes(cut.read_bytes()[:-1000])
    empty.write_bytes(b"")
    found, needed_numba, told = _finish(_start(RUN, cache)).split()
    assert (found, needed_numba) == (loss, "True")
    assert int(told) >= 3
    assert _finish(_start(RUN, cache)) == f"{loss} False 0"


def test_a_folder_that_cannot_be_made_costs_time_and_nothing_else(tmp_path):
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    assert _finish(_start(ONE, blocked / "cache")) == "[7.0, 5.0]"
    assert blocked.read_text() == ""


def test_two_processes_with_two_threads_each_may_compile_at_once(loss, cache):
    """All four need the same missing kernel; nobody sees half a file."""
    _kept(cache, "sgd_update").unlink()
    threads = f"""
import threading
results = []
def work():
    from gradtui import Scenario, Simulation
    simulation = Simulation(Scenario.from_dict({SCENARIO}))
    simulation.step(20)
    results.append(float(simulation.loss).hex())
both = [threading.Thread(target=work) for _ in range(2)]
[each.start() for each in both], [each.join() for each in both]
print(*results)
"""
    processes = [_start(threads, cache) for _ in range(2)]
    assert [_finish(process) for process in processes] == [f"{loss} {loss}"] * 2
    assert not list(_kept(cache, "x").parent.glob("tmp*"))


def test_progress_counts_up_to_all_of_them(cache):
    """Told at the start, for each, and at the end; the numbers never fall."""
    script = """
from gradtui.engine import compile
compile._import_kernels()
told = []
compile.addresses(['gather', 'walk'], 'float32', lambda *progress: told.append(progress))
print(told)
"""
    for name in ("gather", "walk"):
        _kept(cache, name).unlink()
    told = eval(_finish(_start(script, cache)))
    assert told[0] == (0, 2, "gather")
    assert told[-1] == (2, 2, "")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)


def test_everything_is_compiled_by_warming_up():
    """Every kernel that is not the bare form of a family, and the two routines that are no kernels."""
    names = compile.routines()
    assert {"walk", "tiles", "sigmoid_forward", "adam_update", "gather"} <= set(names)
    assert not {"activation_forward", "update", "prepare_update"} & set(names)
