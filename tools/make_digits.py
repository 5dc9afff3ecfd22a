"""Write gradtui/tasks/digits.npz from scikit-learn's copy of the digits: `python tools/make_digits.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).resolve().parent.parent / "gradtui" / "tasks" / "digits.npz"


def main() -> None:
    digits = load_digits()
    pixels = digits.data.astype(np.uint8)
    assert pixels.shape == (1797, 64)
    assert (pixels == digits.data).all()
    np.savez_compressed(TARGET, pixels=pixels, labels=digits.target.astype(np.uint8))
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
