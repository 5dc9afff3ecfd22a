"""The functions themselves, by kind: each gives value and slope (phi(x), phi'(x)) of one number.

All are branch-free, so that a loop over them becomes vector instructions; all are right to a few units in the last
place in both tails wherever the result is a normal number; NaN stays NaN, and at inf they take their limit.
"""
