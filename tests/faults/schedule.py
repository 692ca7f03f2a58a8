"""Whom to kill, and when: drawn from a seed, so that a failing run can be repeated."""

import random
from dataclasses import dataclass

# Servers take seconds to come back; a kill of theirs is rarer, or nothing would ever be tried under the others.
_WEIGHTS = {
    "auth-api": 2, "auth-worker": 2, "orders-api": 1, "orders-worker": 3, "orders-poller": 3, "inventory-api": 1,
    "inventory-worker": 3, "labels-api": 1, "labels-worker": 4, "kafka": 1, "postgres": 1,
}  # fmt: skip
OURS = [victim for victim in _WEIGHTS if victim not in {"kafka", "postgres"}]


@dataclass(frozen=True)
class Kill:
    victim: str
    after_seconds: float


def schedule(kills: int, seed: int) -> list[Kill]:
    """`kills` kills, each with the pause before it; the same for the same seed."""
    draw = random.Random(seed)
    victims = draw.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()), k=kills)
    return [Kill(victim, draw.uniform(0.2, 1.8)) for victim in victims]
