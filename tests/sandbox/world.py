"""Everything the sandbox remembers, in one place, with the ids it draws from its seed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sandbox.amazon.book import OrderBook
from tests.sandbox.amazon.catalogue import Catalogue
from tests.sandbox.amazon.listing import Listing
from tests.sandbox.amazon.order import Record
from tests.sandbox.calls import CallLog
from tests.sandbox.clock import VirtualClock
from tests.sandbox.faults import Faults
from tests.sandbox.models import AccessToken, Application, AppstoreVisit, ConsentCode, Fault, Grant, Seller, seller_key
from tests.sandbox.octopia.state import Octopia
from tests.sandbox.quotas import Quotas
from tests.sandbox.store import Store, Table


@dataclass(frozen=True)
class Options:
    """
    How a sandbox starts; seconds are virtual. `state_path` None: nothing is kept. `static_cases`: a file whose cases
    Amazon answers with, instead of a seller's orders and listings. `mail_port` 0: a free one.
    """

    seed: int = 1
    quota_scale: float = 1.0
    acceptance_seconds: float = 3.0
    package_seconds: float = 2.0
    list_lag_seconds: float = 120.0
    write_visible_seconds: float = 3.0
    patch_applied_seconds: float = 10.0
    state_path: Path | None = None
    static_cases: Path | None = None
    mail_host: str = "127.0.0.1"
    mail_port: int = 0


class World:
    """The tables, the clock and the rules that need no request."""

    def __init__(self, options: Options, clock: VirtualClock | None = None) -> None:
        self.options = options
        self.clock = clock or VirtualClock()
        self.apps = Table("app", Application)
        self.sellers = Table("seller", Seller)
        self.grants = Table("grant", Grant)
        self.codes = Table("code", ConsentCode)
        self.visits = Table("visit", AppstoreVisit)
        self.tokens = Table("token", AccessToken)
        self._faults = Table("fault", Fault)
        self._records = Table("order", Record)
        self._listings = Table("listing", Listing)
        self._numbers = Table("number", float)
        self.octopia = Octopia(
            write_visible=options.write_visible_seconds,
            acceptance_seconds=options.acceptance_seconds,
            package_seconds=options.package_seconds,
        )
        self._store = Store(options.state_path)
        self._store.load(self._tables)
        self.clock.advanced = self._numbers.get("advanced") or 0.0
        self.faults = Faults(self._faults)
        self.calls = CallLog()
        self.quotas = Quotas(self.clock, options.quota_scale)
        self.book = OrderBook(
            self._records,
            seed=options.seed,
            list_lag=options.list_lag_seconds,
            write_visible=options.write_visible_seconds,
        )
        self.catalogue = Catalogue(self._listings, applied_after=options.patch_applied_seconds)

    @property
    def _tables(self) -> list[Table[Any]]:
        return [
            self.apps,
            self.sellers,
            self.grants,
            self.codes,
            self.visits,
            self.tokens,
            self._faults,
            self._records,
            self._listings,
            self._numbers,
            *self.octopia.tables,
        ]

    def draw(self, what: str) -> str:
        """64 hexadecimal digits nobody has had yet, the same ones for the same seed and history."""
        return hashlib.sha256(f"{self.options.seed}/{what}/{self.next_number(what)}".encode()).hexdigest()

    def next_number(self, what: str) -> int:
        """1, 2, 3… for each `what`."""
        number = (self._numbers.get(what) or 0.0) + 1
        self._numbers.put(what, number)
        return int(number)

    def advance(self, seconds: float) -> float:
        now = self.clock.advance(seconds)
        self._numbers.put("advanced", self.clock.advanced)
        return now

    def app_of_client(self, client_id: str) -> Application | None:
        return next((app for app in self.apps if app.client_id == client_id), None)

    def seller(self, region: str, seller_id: str) -> Seller | None:
        return self.sellers.get(seller_key(region, seller_id))

    def sellers_named(self, seller_id: str) -> list[Seller]:
        """The seller in every region it sells in."""
        return [seller for seller in self.sellers if seller.seller_id == seller_id]

    def save(self) -> None:
        """Keep what changed; called before an answer leaves."""
        self._store.save(self._tables)

    def empty(self) -> None:
        """Forget everything, the skipped time included."""
        for table in self._tables:
            table.clear()
        self.clock.advanced = 0.0
        self.calls.clear()
        self.quotas.clear()
        self.book.clear()
        self.catalogue.clear()
        self.save()

    def close(self) -> None:
        self._store.close()
