"""Diagnosis: what is wrong with a network's gradient, said with its evidence."""

from gradtui.diagnosis.case import Evidence
from gradtui.diagnosis.verdict import KINDS, Verdict, diagnose, verdicts

__all__ = ["KINDS", "Evidence", "Verdict", "diagnose", "verdicts"]
