"""Scenarios: what to simulate, as plain frozen data, and the TOML files they live in."""
