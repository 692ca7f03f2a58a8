"""
Offer packages as Octopia keeps them, and what becomes of one by itself as time goes by.

Filled -> taken in (a while not WaitingForCompletion) -> submitted: Ready, IntegrationPending, then Integrated or
Rejected. Which word a package has while an upload is taken in is not documented: here IntegrationPending.
"""

from collections import Counter
from dataclasses import dataclass, replace

from tests.sandbox.octopia.catalogue import Catalogue, Offer
from tests.sandbox.octopia.models import Account
from tests.sandbox.store import Table

STATES = ("WaitingForCompletion", "Ready", "IntegrationPending", "Integrated", "Rejected")
KINDS = ("Upsert", "Update", "Delete")


@dataclass(frozen=True)
class Request:
    """One offer request; None: not said. `price` in cents."""

    sku: str
    quantity: int | None = None
    price: int | None = None
    gtin: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a request. Codes 8000 and 4001 have been seen; the others are ours."""

    sku: str
    status: str
    code: str
    message: str


@dataclass(frozen=True)
class Package:
    """
    `taken_in_at`: when the last upload is taken in. `submitted_at`, `settles_at` and whether it is to be `rejected` are
    known once it is submitted, `outcomes` once it is integrated.
    """

    package_id: str
    seller_id: str
    channel: str
    kind: str
    created: float
    requests: tuple[Request, ...] = ()
    taken_in_at: float = 0.0
    submitted_at: float | None = None
    settles_at: float = 0.0
    rejected: bool = False
    outcomes: tuple[Outcome, ...] | None = None

    def state(self, now: float, step_seconds: float) -> str:
        """Its state at this moment."""
        if self.submitted_at is None:
            return "WaitingForCompletion" if now >= self.taken_in_at else "IntegrationPending"
        if now >= self.settles_at:
            return "Rejected" if self.rejected else "Integrated"
        return "Ready" if now < self.submitted_at + step_seconds else "IntegrationPending"


def settle(packages: Table[Package], catalogue: Catalogue, account: Account, now: float) -> None:
    """Integrate what was submitted long enough ago, oldest first."""
    due = [
        p for p in packages if p.seller_id == account.seller_id and p.submitted_at is not None and p.outcomes is None
    ]
    for package in sorted(due, key=lambda p: p.settles_at):
        if package.settles_at <= now:
            outcomes = () if package.rejected else _integrate(package, catalogue, account)
            packages.put(package.package_id, replace(package, outcomes=outcomes))


def _integrate(package: Package, catalogue: Catalogue, account: Account) -> tuple[Outcome, ...]:
    """Each request by itself; a reference that is repeated is taken in none of its places."""
    counts = Counter(request.sku for request in package.requests)
    return tuple(
        Outcome(request.sku, "Duplicated", "4002", "Reference repeated in the package")
        if counts[request.sku] > 1
        else _apply(request, package, catalogue, account)
        for request in package.requests
    )


def _apply(request: Request, package: Package, catalogue: Catalogue, account: Account) -> Outcome:
    offer = catalogue.get(package.seller_id, package.channel, request.sku)
    if offer is None and package.kind != "Upsert":
        return Outcome(request.sku, "Rejected", "4001", "Unknown product")
    if offer is not None and offer.supply_mode != "Seller":
        return Outcome(request.sku, "Rejected", "4003", "The offer is fulfilled by the marketplace")
    if package.kind == "Delete":
        assert offer is not None
        catalogue.remove(offer)
        return Outcome(request.sku, "Integrated", "8002", "Offer deleted")
    made, now = offer or _created(request, package), package.settles_at
    price = made.price if request.price is None else request.price
    catalogue.put(replace(made, price=price, updated=int(now)))
    if request.quantity is not None:
        catalogue.set_quantity(account, request.sku, request.quantity, now)
    return Outcome(
        request.sku, "Integrated", *(("8000", "Offer created") if offer is None else ("8001", "Offer updated"))
    )


def _created(request: Request, package: Package) -> Offer:
    at = int(package.settles_at)
    return Offer(package.seller_id, package.channel, request.sku, request.gtin or "", request.sku, 0, at, at)
