"""How often a marketplace's orders are read. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """
    In seconds: what changed, how far before the cursor a reading starts, and all open orders (as far as the budget has
    room). Settings may say otherwise.
    """

    interval_seconds: float
    overlap_seconds: float
    sweep_seconds: float
