"""Diagnosis: what is wrong with a network's gradient, said with its evidence."""

from gradtui.diagnosis.verdict import Verdict, diagnose

__all__ = ["Verdict", "diagnose"]
