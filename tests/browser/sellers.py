"""Sellers on both far sides who have listings and orders before they come to us."""

from dataclasses import dataclass

from tests.sandbox_client import Sandbox

SKUS = tuple(f"SKU-{number:03}" for number in range(1, 9))
# Listed at the marketplace under a name that no SKU of ours has.
ODD = "OLD-NAME-17"
AMAZON_ORDERS = 26
OCTOPIA_ORDERS = 25


@dataclass(frozen=True)
class Sellers:
    """Their ids, and the order that waits for an answer."""

    amazon: str
    octopia: str
    waiting: str


async def plant_sellers(sandbox: Sandbox, *, amazon_orders: int, octopia_orders: int) -> Sellers:
    """Orders of an hour ago that can be shipped, and one at the second marketplace that waits to be accepted."""
    amazon = str((await sandbox.seller())["seller_id"])
    octopia = str((await sandbox.octopia_seller(delegated=False, auto_accept=False))["seller_id"])
    await sandbox.listings(amazon, [*SKUS, ODD], quantity=50)
    await sandbox.listings(amazon, ["FROM-THEIR-STOCK"], quantity=50, fba=True)
    await sandbox.offers(octopia, *[{"sku": sku, "quantity": 50} for sku in SKUS])
    await sandbox.orders(amazon, amazon_orders, skus=list(SKUS))
    await sandbox.orders(octopia, octopia_orders, skus=list(SKUS), status="InPreparation")
    (waiting,) = await sandbox.orders(octopia, 1, skus=list(SKUS), status="WaitingAcceptance", seed=2)
    return Sellers(amazon, octopia, waiting)
