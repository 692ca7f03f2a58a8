"""What the sandbox remembers of Octopia."""

from typing import Any

from tests.sandbox.octopia.book import OctopiaBook
from tests.sandbox.octopia.catalogue import Catalogue, Offer
from tests.sandbox.octopia.models import Account, Bearer, Client
from tests.sandbox.octopia.order import Record
from tests.sandbox.octopia.package import Package, settle
from tests.sandbox.store import Table


class Octopia:
    """The tables, and how long Octopia takes for what it does by itself (virtual seconds)."""

    def __init__(self, *, write_visible: float, acceptance_seconds: float, package_seconds: float) -> None:
        self.acceptance_seconds = acceptance_seconds
        self.package_seconds = package_seconds
        self.clients = Table("octopia_client", Client)
        self.accounts = Table("octopia_account", Account)
        self.bearers = Table("octopia_bearer", Bearer)
        self.packages = Table("octopia_package", Package)
        self._records = Table("octopia_order", Record)
        self._offers = Table("octopia_offer", Offer)
        self._stock = Table("octopia_stock", int)
        self.book = OctopiaBook(self._records, write_visible=write_visible)
        self.catalogue = Catalogue(self._offers, self._stock)

    @property
    def tables(self) -> list[Table[Any]]:
        return [
            self.clients,
            self.accounts,
            self.bearers,
            self.packages,
            self._records,
            self._offers,
            self._stock,
        ]

    def may(self, client_id: str, seller_id: str) -> Account | None:
        """The seller's account, if this client may act for it."""
        client, account = self.clients.get(client_id), self.accounts.get(seller_id)
        if client is None or account is None:
            return None
        let_in = account.delegated or client_id in account.let_in
        return account if client.seller_id == seller_id or (client.seller_id is None and let_in) else None

    def packages_of(self, account: Account, now: float) -> list[Package]:
        """A seller's packages as they are by now, oldest first."""
        settle(self.packages, self.catalogue, account, now)
        return [package for package in self.packages if package.seller_id == account.seller_id]

    def offers_of(self, account: Account, now: float) -> list[Offer]:
        """A seller's offers, with what packages have done to them by now."""
        settle(self.packages, self.catalogue, account, now)
        return self.catalogue.offers(account.seller_id)
