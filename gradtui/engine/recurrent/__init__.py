"""Recurrent networks: layers that keep a state from one time step to the next."""
