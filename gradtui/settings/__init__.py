"""Settings: what a person chooses once for every run. One table; everything else follows from it."""
