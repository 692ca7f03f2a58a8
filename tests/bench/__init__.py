"""Measured, not tested: each prints medians on the machine it runs on. `python -m tests.bench.<name>`."""
