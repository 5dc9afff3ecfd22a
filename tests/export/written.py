"""Written scripts run as a user runs them."""

from __future__ import annotations

import subprocess
import sys

#: Runs each script as a program and writes what it prints beside it: loading PyTorch takes longer than all of them.
#: The first argument is how many words belong to the first script, itself included; then come its words, and so on.
_ONE_AFTER_ANOTHER = """
import contextlib, pathlib, runpy, sys
words = sys.argv[1:]
while words:
    count, words = int(words[0]), words[1:]
    sys.argv, words = words[:count], words[count:]
    with open(pathlib.Path(sys.argv[0]).with_suffix(".out"), "w") as file, contextlib.redirect_stdout(file):
        runpy.run_path(sys.argv[0], run_name="__main__")
"""


def alone(folder, text, *arguments):
    """What a script prints, run in a folder of its own by a Python that sees nothing but installed packages."""
    (folder / "net.py").write_text(text)
    return _run(folder, "net.py", *arguments)


def one_after_another(folder, scripts):
    """The same for many, `{name: (text, *arguments)}`, in one process; what each prints by its name."""
    words = []
    for number, (text, *arguments) in enumerate(scripts.values()):
        path = folder / f"{number}.py"
        path.write_text(text)
        words += [str(1 + len(arguments)), str(path), *arguments]
    _run(folder, "-c", _ONE_AFTER_ANOTHER, *words)
    return {name: (folder / f"{number}.out").read_text() for number, name in enumerate(scripts)}


def _run(folder, *arguments):
    ran = subprocess.run([sys.executable, "-I", *arguments], cwd=folder, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
