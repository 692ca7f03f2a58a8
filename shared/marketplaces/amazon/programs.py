"""
Programs that own an order's route (domain rule 6), as data.

The first table is Amazon's own rule. The second is judgement: these promises are usually kept with labels bought from
Amazon, so we hold the order for a person rather than ship it with any carrier.
"""

from collections.abc import Iterable

OWN_THE_ROUTE = ("FBM_SHIP_PLUS", "AMAZON_EASY_SHIP", "DELIVERY_BY_AMAZON", "IN_STORE_PICK_UP")
WANT_AMAZON_LABELS = ("PRIME", "PREMIUM")

BUSINESS = "AMAZON_BUSINESS"
TRANSPARENCY = "TRANSPARENCY"


def owner_of_route(programs: Iterable[str]) -> str | None:
    """The program that decides how this order travels; None: the seller does."""
    held = set(programs)
    return next((name for name in OWN_THE_ROUTE + WANT_AMAZON_LABELS if name in held), None)
