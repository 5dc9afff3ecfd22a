"""Settings for the whole suite: drawn examples are the same on every machine, and one thread does one test."""

from __future__ import annotations

import os
import tempfile

from hypothesis import HealthCheck, settings

# One process of the suite runs on each core: PyTorch's threads, here and in the programs that tests start, would wait
# for each other in loops that burn the cores of the rest. Set before anything loads it.
os.environ["OMP_NUM_THREADS"] = "1"

# What the person at this machine has chosen for themselves is not under test.
os.environ["GRADTUI_CONFIG_DIR"] = tempfile.gettempdir() + "/gradtui-without-settings"
for _setting in ("THEME", "COLOURS", "FPS", "REDUCED_MOTION", "MOUSE", "PLAIN", "PLAIN_EVERY"):
    os.environ.pop(f"GRADTUI_{_setting}", None)

# Drawn examples must not differ from run to run: a failure that cannot be repeated helps nobody.
settings.register_profile(
    "fixed",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# GRADTUI_DRAWS=searching draws new examples every time: for a search, not for a verdict.
settings.register_profile("searching", settings.get_profile("fixed"), derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("GRADTUI_DRAWS", "fixed"))
