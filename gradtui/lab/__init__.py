"""The lab: simulations, the thread that runs them, and what they leave behind."""
