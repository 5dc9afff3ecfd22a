"""Closed-form predictions: what the mean field of very wide networks says of a scenario's gradient."""

from gradtui.theory.likeness import Batch
from gradtui.theory.prediction import Prediction, predict

__all__ = ["Batch", "Prediction", "predict"]
