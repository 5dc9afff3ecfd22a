"""The outcome so far: whether a net learns. A picture of a gradient is one thing, what comes of it another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gradtui.diagnosis.thresholds import THRESHOLDS, limit
from gradtui.lab.chance import Chance
from gradtui.lab.past import Past
from gradtui.lab.snapshot import Curves
from gradtui.profile import GradientProfile

#: Before so many steps a loss tells of luck; before so many it can hardly have moved; before so many it has not had
#: the time to come off a plateau.
FEW, EARLY, PATIENCE = 20, 40, 150
#: From so many steps on a plateau below chance counts as one.
LONG = 300
#: Up to this share of the loss of chance a loss is on its way to that, not from somewhere far above.
NEAR = 1.05
#: Steps of a long run that still count as recent.
LATELY = 1000
#: Standard errors by which a later loss must be below an earlier one to count as a fall.
SIGNIFICANT = 3.0
#: A batch of fewer examples has a loss that tells of luck.
BATCH = 8
#: Without the losses before it, a loss must be so many times that of chance to have been raised by the training.
RAISED_FOR_SURE = 3.0
#: Standard errors by which the slope of a line through most of a run must be below 0: all points speak for it.
CLEAR = 2.5


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the losses of a run say; everything is NaN or False where they are too few, or where there is no chance to
    hold them against."""

    past: Past

    @cached_property
    def _loss(self) -> NDArray[np.float64]:
        return np.asarray(self.past.curves.loss, dtype=np.float64)

    @cached_property
    def steps(self) -> int:
        """Steps whose losses are known."""
        return self.past.curves.steps[-1] + 1 if self.past.curves.steps else 0

    @property
    def chance(self) -> float:
        """The loss of a net that does not look at its inputs."""
        return self.past.chance.loss

    @cached_property
    def first(self) -> float:
        """The loss as the run began."""
        return float(self._loss[0]) if len(self._loss) else math.nan

    @cached_property
    def recent(self) -> float:
        """The median loss over the last tenth of the run, of ten steps at least."""
        return float(np.median(self._loss[-self._points(10, 0.1) :])) if len(self._loss) else math.nan

    @property
    def recent_in_words(self) -> str:
        """What `recent` is."""
        return "median of the last tenth of the run"

    def _points(self, steps: int, share: float) -> int:
        """How many points of the curve are this share of it, so many steps at least, and LATELY at most."""
        stride = max(self.steps / max(len(self._loss), 1), 1.0)
        return max(1, math.ceil(steps / stride), min(int(share * len(self._loss)), int(LATELY / stride)))

    @cached_property
    def share_of_chance(self) -> float:
        """The recent loss over that of chance."""
        return self.recent / self.chance if self.chance > 0.0 else math.nan

    @cached_property
    def accuracy(self) -> float:
        """The last held-out accuracy."""
        held_out = self.past.curves.held_out_accuracy
        return held_out[-1] if held_out else math.nan

    @cached_property
    def learned(self) -> bool:
        """Whether the net has learned well: a loss far below that of chance, or right answers far beyond it."""
        if self.steps < FEW:
            return False
        base = self.past.chance.accuracy
        right = self.accuracy > base + 0.6 * (1.0 - base)  # False where either is NaN
        return bool((right and self.share_of_chance < 1.0) or THRESHOLDS["learned"].crossed(self.share_of_chance))

    @cached_property
    def learns(self) -> bool:
        """Whether the net has learned well, or is clearly on its way."""
        off = self.steps >= FEW and THRESHOLDS["on_the_way"].crossed(self.share_of_chance)
        return self.learned or (off and (THRESHOLDS["falling"].crossed(self.fall) or self._falls(0.75)))

    @cached_property
    def fall(self) -> float:
        """By how much the loss of the last quarter is below that of the quarter before it, as a share of chance; 0
        where the difference is within the noise. To come down to chance and no further is no fall."""
        quarter = len(self._loss) // 4
        if quarter < 4 or not self.chance > 0.0:
            return math.nan
        before, after = self._loss[-2 * quarter : -quarter], self._loss[-quarter:]
        if not (np.isfinite(before).all() and np.isfinite(after).all()):
            return math.nan
        noise = math.sqrt(float(before.var() + after.var()) / quarter)
        above, below = float(before.mean()), float(after.mean())
        if abs(above - below) <= SIGNIFICANT * noise:
            return 0.0
        if self.share_of_chance < NEAR:
            above, below = min(above, self.chance), min(below, self.chance)
        return (above - below) / self.chance

    @cached_property
    def descends(self) -> bool:
        """Whether the loss comes down, be it from above that of chance: the line through the last three quarters of the
        run falls beyond doubt; through all of it where answers are right more often than by chance."""
        return any(self._falls(share) for share in ((0.75, 1.0) if self.knows else (0.75,)))

    @cached_property
    def knows(self) -> bool:
        """Whether held-out answers are right more often than by chance."""
        base = self.past.chance.accuracy
        return base < 1.0 and THRESHOLDS["knows"].crossed((self.accuracy - base) / (1.0 - base))

    @cached_property
    def flattened(self) -> bool:
        """Whether a loss below that of chance fell in the first half of the run and hardly any more in the second."""
        eighth = len(self._loss) // 8
        if eighth < 4 or not self.share_of_chance < 1.0:
            return False
        parts = [self._loss[place * eighth : (place + 1) * eighth] for place in (0, 3, 4, 7)]
        begun, half, later, now = (float(part.mean()) for part in parts)
        noise = math.sqrt(float(parts[2].var() + parts[3].var()) / eighth)
        return later - now + 2.0 * noise < 0.25 * (begun - half)

    def _falls(self, share: float) -> bool:
        """Whether the slope of the least-squares line through the last `share` of the losses is significantly below 0,
        and no trifle."""
        loss = self._loss[-int(share * len(self._loss)) :]
        if len(loss) < 8 or not np.isfinite(loss).all():
            return False
        x = np.linspace(-0.5, 0.5, len(loss))
        spread = float(x @ x)
        slope = float(x @ loss) / spread
        left = loss - loss.mean() - slope * x
        error = math.sqrt(float(left @ left) / (len(loss) - 2) / spread)
        return slope < -CLEAR * error and -slope > limit("falling") * self.chance

    @cached_property
    def peak(self) -> tuple[int, float]:
        """The step of the largest loss, and that loss beside the larger of the first one and that of chance."""
        if self.steps < 2 or not self._worst > 0.0:
            return 0, math.nan
        highest = int(np.argmax(np.nan_to_num(self._loss, nan=0.0)))
        return self.past.curves.steps[highest], float(self._loss[highest]) / self._worst

    @cached_property
    def change(self) -> float:
        """By how much the mean loss of the last quarter differs from that of the first, as a share of chance."""
        quarter = len(self._loss) // 4
        if not quarter or not self.chance > 0.0:
            return math.nan
        return abs(float(self._loss[-quarter:].mean() - self._loss[:quarter].mean())) / self.chance

    @cached_property
    def stalled(self) -> bool:
        """Whether the loss stands at that of chance and does not come down."""
        return self.stands(PATIENCE)

    def stands(self, patience: int) -> bool:
        """The same after so many steps."""
        return (
            self.steps >= patience
            and not self.learned
            and THRESHOLDS["stalled" if self.steps < LONG else "plateau"].crossed(self.share_of_chance)
            and THRESHOLDS["still"].crossed(self.fall)
            and not self._lingers
        )

    @cached_property
    def _lingers(self) -> bool:
        """Whether the net knows something and its loss, which swings about below that of chance, comes down over the
        whole run, if not from one quarter to the next."""
        quarter = self._loss[-max(len(self._loss) // 4, 1) :]
        below = float(quarter.mean()) < limit("stalled") * self.chance
        return below and self.knows and self._falls(1.0) and not self.flattened

    @cached_property
    def stalled_since(self) -> int:
        """The step since which the loss has not been clearly below that of chance."""
        below = np.flatnonzero(self._loss < 0.9 * limit("plateau") * self.chance)
        return self.past.curves.steps[min(int(below[-1]) + 1, len(self._loss) - 1)] if len(below) else 0

    @cached_property
    def raised(self) -> float:
        """The recent loss over the larger of the first one and that of chance."""
        return self.recent / self._worst if self.steps >= 2 and self._worst > 0.0 else math.nan

    @cached_property
    def _worst(self) -> float:
        return float(np.nanmax([self.first, self.chance])) if math.isfinite(self.first) else math.nan

    @cached_property
    def raised_since(self) -> int:
        """The step since which the loss has not been down where it began."""
        down = np.flatnonzero(self._loss <= self._worst)
        return self.past.curves.steps[min(int(down[-1]) + 1, len(self._loss) - 1)] if len(down) else 0


@dataclass(frozen=True, eq=False)
class Glimpse(Outcome):
    """What the loss of one batch says, where nothing is known of those before it: less, and that with more care.
    `right` is the batch's accuracy."""

    right: float = math.nan

    @cached_property
    def first(self) -> float:
        """Known at step 0 only; elsewhere chance is what a loss is held against."""
        return self.recent if self.steps == 1 else self.chance

    @property
    def recent_in_words(self) -> str:
        return "of the last batch"

    @property
    def accuracy(self) -> float:
        return self.right

    @cached_property
    def learns(self) -> bool:
        """Whether the loss has come off that of chance; whether it goes on falling, one batch does not tell."""
        return self.learned or (self.steps >= FEW and THRESHOLDS["off"].crossed(self.share_of_chance))

    def stands(self, patience: int) -> bool:
        """Whether the loss is that of chance after so many steps."""
        return self.steps >= patience and not self.learned and THRESHOLDS["stalled"].crossed(self.share_of_chance)

    @property
    def stalled_since(self) -> int:
        """No step before the one that is known."""
        return self.steps - 1

    @cached_property
    def raised(self) -> float:
        """NaN where the loss may have begun as high."""
        sure = self.steps >= EARLY and self.share_of_chance > RAISED_FOR_SURE
        return self.share_of_chance if sure else math.nan

    @property
    def raised_since(self) -> int:
        return self.steps - 1


def glimpse(profile: GradientProfile, chance: Chance, batch: int) -> Glimpse:
    """The outcome as far as a profile alone tells: nothing, where its batch was too small (0: all examples)."""
    lucky = 0 < batch < BATCH or math.isnan(profile.loss)
    curves = Curves() if lucky else Curves((profile.step,), (profile.loss,))
    return Glimpse(Past(curves=curves, chance=chance), math.nan if lucky else profile.accuracy)
