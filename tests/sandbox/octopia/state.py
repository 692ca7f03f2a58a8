"""What the sandbox remembers of Octopia."""

from typing import Any

from tests.sandbox.octopia.book import OctopiaBook
from tests.sandbox.octopia.models import Account, Bearer, Client
from tests.sandbox.octopia.order import Record
from tests.sandbox.store import Table


class Octopia:
    """The tables, and how long Octopia takes for what it does by itself (virtual seconds)."""

    def __init__(self, *, write_visible: float, acceptance_seconds: float) -> None:
        self.acceptance_seconds = acceptance_seconds
        self.clients = Table("octopia_client", Client)
        self.accounts = Table("octopia_account", Account)
        self.bearers = Table("octopia_bearer", Bearer)
        self._records = Table("octopia_order", Record)
        self.book = OctopiaBook(self._records, write_visible=write_visible)

    @property
    def tables(self) -> list[Table[Any]]:
        return [self.clients, self.accounts, self.bearers, self._records]

    def may(self, client_id: str, seller_id: str) -> Account | None:
        """The seller's account, if this client may act for it."""
        client, account = self.clients.get(client_id), self.accounts.get(seller_id)
        if client is None or account is None:
            return None
        return account if client.seller_id == seller_id or (client.seller_id is None and account.delegated) else None
