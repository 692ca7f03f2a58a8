"""
Delivery modes that end at a pick-up point, as data.

Octopia publishes no list of `delivery.mode`. The codes are those of Cdiscount's delivery modes before Octopia (Mondial
Relay, Relais Colis, So Colissimo, collected in a shop); the words are our judgement of names seen. A mode that is not
recognised is taken for home delivery.
"""

import re

_CODES = frozenset({"rel", "rco", "so1", "mag"})
_WORDS = (
    "pickup", "pickuppoint", "relay", "relais", "pointretrait", "retrait", "locker", "consigne", "parcelshop",
    "clickandcollect",
)  # fmt: skip


def ends_at_pickup_point(mode: str | None) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", (mode or "").lower())
    return plain in _CODES or any(word in plain for word in _WORDS)
