"""Diagnosis: what is wrong with a network's gradient, said with its evidence."""

from gradtui.diagnosis.verdict import KINDS, Evidence, Verdict, diagnose, verdicts

__all__ = ["KINDS", "Evidence", "Verdict", "diagnose", "verdicts"]
