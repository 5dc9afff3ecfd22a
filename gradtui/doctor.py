"""`gradtui doctor`: what this machine and terminal offer, and what to do about what they lack."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

from gradtui import __version__, locations
from gradtui.processors import cores

#: (topic, what was found, what to do about it or "").
Row = tuple[str, str, str]

_SMALLEST = (80, 24)
#: Instruction sets that make the kernels faster, of x86 and Arm.
_FAST_CPU = ("avx2", "fma", "avx512f", "neon", "sve")


def report(environment: Mapping[str, str] | None = None) -> list[Row]:
    """Every finding, topic by topic. `environment` stands in for `os.environ` in tests."""
    env = os.environ if environment is None else environment
    return [
        *_terminal(env),
        *_text(env),
        *_versions(),
        *_cache(),
        *_guarded("BLAS", _blas, "reinstall SciPy: pip install --force-reinstall scipy"),
        *_guarded("CPU", _cpu, "reinstall Numba: pip install --force-reinstall numba llvmlite"),
    ]


def _terminal(env: Mapping[str, str]) -> list[Row]:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        rows = [
            (
                "terminal",
                "none: input or output is not a terminal",
                "`gradtui run NAME` needs no screen, and --plain prints lines",
            )
        ]
    else:
        columns, lines = shutil.get_terminal_size()
        small = columns < _SMALLEST[0] or lines < _SMALLEST[1]
        rows = [("size", f"{columns} x {lines}", "80 x 24 shows more: enlarge the window" if small else "")]
    kind = env.get("TERM", "")
    if kind in ("", "dumb"):
        rows.append(("TERM", kind or "not set", "set it to what your terminal is: export TERM=xterm-256color"))
    else:
        rows.append(("TERM", kind, ""))
    rows.append(_colours(kind, env))
    if env.get("TMUX"):
        finding = "tmux passes on what it thinks the terminal outside can do"
        direct = "truecolor" in env.get("COLORTERM", "")
        rows.append(("tmux", finding, "" if direct else "for full colour: set -as terminal-features ',*:RGB'"))
    elif env.get("STY"):
        rows.append(("screen", "GNU screen passes on 256 colours at most", ""))
    if env.get("SSH_CONNECTION"):
        rows.append(("ssh", "connected over SSH, which does not pass on COLORTERM by itself", ""))
    return rows


def _colours(kind: str, env: Mapping[str, str]) -> Row:
    if env.get("NO_COLOR"):
        return ("colours", "NO_COLOR is set: the plain theme", "unset NO_COLOR for coloured bars")
    if env.get("COLORTERM", "") in ("truecolor", "24bit") or kind.endswith("-direct"):
        return ("colours", "16 million", "")
    if "256" in kind:
        return ("colours", "256, all that the bars need", "")
    return ("colours", "16 or fewer", "if the terminal can do more: export TERM=xterm-256color")


def _text(env: Mapping[str, str]) -> list[Row]:
    encoding = (getattr(sys.stdout, "encoding", None) or locale.getpreferredencoding(False)).lower()
    if encoding.replace("-", "") == "utf8":
        return [("text", "UTF-8", "")]
    return [("text", f"{encoding}: bars and curves need UTF-8", "export LC_ALL=C.UTF-8")]


def _versions() -> list[Row]:
    rows = [
        ("gradtui", __version__, ""),
        ("Python", f"{platform.python_version()} on {platform.platform()}", ""),
    ]
    for package in ("numpy", "numba", "llvmlite", "scipy", "textual", "msgspec", "click"):
        try:
            rows.append((package, metadata.version(package), ""))
        except metadata.PackageNotFoundError:
            rows.append((package, "not installed", f"pip install {package}"))
    return rows


def _cache() -> list[Row]:
    folder = locations.cache_folder()
    choose = f"name another folder: export {locations.CACHE_VARIABLE}=FOLDER"
    if not _writable(folder):
        return [("cache", f"{folder} cannot be written: kernels are compiled at every start", choose)]
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    if not files:
        return [("cache", f"{folder} is empty", "`gradtui warmup` compiles every kernel now")]
    size = sum(path.stat().st_size for path in files)
    return [("cache", f"{folder}, {len(files)} files, {size / 1e6:.1f} MB", "")]


def _writable(folder: Path) -> bool:
    """Whether files can be made there; a folder that does not exist is judged by its nearest parent."""
    nearest = next((path for path in (folder, *folder.absolute().parents) if path.exists()), None)
    return nearest is not None and nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _guarded(topic: str, look: Callable[[], list[Row]], advice: str) -> list[Row]:
    """The rows of `look`; a broken library is a finding, not a crash."""
    try:
        return look()
    except Exception as error:
        return [(topic, f"broken: {error}", advice)]


def _blas() -> list[Row]:
    import scipy

    from gradtui.engine.blas import gemm_address

    gemm_address("float32")
    found = scipy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return [("BLAS", f"{found.get('name', 'unknown')} {found.get('version', '')}, carried by SciPy".strip(), "")]


def _cpu() -> list[Row]:
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    fast = [name for name in _FAST_CPU if features.get(name)]
    finding = f"{llvm.get_host_cpu_name()}, {cores()} cores for this process, {', '.join(fast) or 'no wide vectors'}"
    return [("CPU", finding, "")]
