"""Export: a scenario as a program that needs nothing of gradtui."""
