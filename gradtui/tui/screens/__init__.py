"""Screens: the gallery, the lab, the help."""
