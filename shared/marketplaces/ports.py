"""
What a marketplace must be able to do for us. Implemented in `shared/marketplaces/<name>/`, named in `registry.py`.

Every method raises `shared.kernel.errors` only. `budgets` are the lease's buckets: a method spends from them, learns
from the far side's headers, and on a refusal empties the bucket and raises Throttled with the wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from shared.kernel.budgets import Budgets, Rate
from shared.kernel.ports import AccessToken, Intent
from shared.marketplaces.client_secrets import GIVEN_SECRETS, ClientSecrets
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.listings import ListingPage, StockLimits, StockLine, StockStep
from shared.marketplaces.models import (
    AppstoreVisit,
    FarApp,
    MarketplaceOrder,
    MarketplacePackage,
    OAuthAnswer,
    OrderPage,
    OrdersQuery,
    ParcelToTell,
)
from shared.marketplaces.reached import Reached

FrozenBody = dict[str, Any]  # JSON, committed before it is sent and sent as it is


@dataclass(frozen=True, slots=True)
class FarAccount:
    """
    Whose account: enough to address a call. `region` and `endpoint` choose the base URL; `country`: where it let us in;
    `private`: by an application of its own.
    """

    region: str
    seller_id: str
    country: str | None = None
    private: bool = False
    endpoint: Endpoint = Endpoint.PRODUCTION


@dataclass(frozen=True, slots=True)
class Capabilities:
    """
    What labels and pages may offer here.

    `write`: how a write-back is repeated (architecture section 5). `read_lag_seconds`: how old an answer may be; a
    write not seen before that is not yet missing. An accepted write is first read back after `read_back_seconds`, and
    sent again where it is still missing after `repeat_after_seconds`; settings may say otherwise. `splits_lines`: a
    line's units may leave in several parcels. `one_parcel_channels`: channels whose orders leave in one parcel,
    complete. `answers_orders`: an order may wait for the seller to accept or refuse it. `listing_weights`: listings may
    tell what they weigh.
    """

    write: Literal["keyed", "readable", "blind"]
    read_lag_seconds: int
    read_back_seconds: int = 30
    repeat_after_seconds: int = 600
    splits_lines: bool = True
    one_parcel_channels: frozenset[str] = frozenset()
    answers_orders: bool = False
    listing_weights: bool = False

    def splits_orders(self, channel_id: str) -> bool:
        """Several parcels per order."""
        return channel_id not in self.one_parcel_channels


class OrdersPort(Protocol):
    """Reading orders. Operations: `poll` kind."""

    @property
    def page_size(self) -> int: ...

    @property
    def data_sets(self) -> tuple[tuple[str, ...], ...]:
        """Sets of data to ask for, richest first; the next is tried when one is refused (DataRefused)."""
        ...

    @property
    def open_statuses(self) -> tuple[str, ...]:
        """The marketplace's words for orders still to be shipped (for sweeps and the first window)."""
        ...

    def latest_before(self, now: datetime) -> datetime:
        """The newest `…_before` the far side accepts, by its own clock as far as measured."""
        ...

    async def read_page(
        self, account: FarAccount, query: OrdersQuery, token: AccessToken, budgets: Budgets
    ) -> OrderPage:
        """One page. Also raises DataRefused (ask for less) and PageTokenRefused (start the window again)."""
        ...

    async def read_order(
        self, account: FarAccount, order_id: str, token: AccessToken, budgets: Budgets
    ) -> MarketplaceOrder:
        """One order, with its packages."""
        ...


class TrackingPort(Protocol):
    """
    Telling the marketplace about a parcel. Operations: `write_back` kind; `send_operation` and `read_operation` name
    those that `send` and `read_packages` spend.
    """

    send_operation: str
    read_operation: str

    @property
    def capabilities(self) -> Capabilities: ...

    def new_reference(self, used: frozenset[str]) -> str:
        """A key for a parcel, not among those the order already uses."""
        ...

    def freeze(self, parcel: ParcelToTell) -> FrozenBody:
        """The body to be sent. Refused: this parcel cannot be told (unknown carrier, number too long, …)."""
        ...

    async def send(
        self, account: FarAccount, order_id: str, intent: Intent[FrozenBody], token: AccessToken, budgets: Budgets
    ) -> None:
        """
        Sends a frozen body. Returning = accepted, not yet read back.

        Raises TooLate when `send_before` has passed; OutcomeUnknown; Refused; AlreadyDone.
        """
        ...

    async def read_packages(
        self, account: FarAccount, order_id: str, token: AccessToken, budgets: Budgets
    ) -> tuple[MarketplacePackage, ...]:
        """The parcels the marketplace knows of this order."""
        ...


class ConsentPort(Protocol):
    """Consent on a page of the marketplace that leads back to us. Only auth calls it."""

    def consent_url(self, country: str, region: str, state: str, redirect_uri: str) -> str:
        """The page of that country, of that region."""
        ...

    async def exchange(self, region: str, code: str, redirect_uri: str) -> OAuthAnswer:
        """Consent code -> tokens. ConsentLost: code refused; OutcomeUnknown: it may have been used up."""
        ...


class AppstorePort(Protocol):
    """Sellers who come from the marketplace's app store, to authorise us for the first time or again. Only auth."""

    def read_visit(self, query: Mapping[str, str]) -> AppstoreVisit:
        """What the marketplace's link says. Refused: it is not one of its links, or leads elsewhere."""
        ...

    def confirm_url(self, visit: AppstoreVisit, region: str, state: str, redirect_uri: str) -> str:
        """Where the seller confirms; from there they are led back to `redirect_uri`."""
        ...


class GrantPort(Protocol):
    """Access tokens, and what they reach. Only auth calls it. Operations: `probe` kind."""

    async def renew(self, region: str, refresh_token: str | None) -> OAuthAnswer:
        """
        A new access token. `refresh_token` None: the grant is our application's own, one for all its sellers.

        Raises ConsentLost (grant refused), ClientSecretInvalid (ours), Throttled, Unavailable, Unreadable.
        """
        ...

    async def probe(self, account: FarAccount, token: AccessToken, budgets: Budgets) -> Reached:
        """What we reach with it. ConsentLost: this seller did not (or does no longer) let us in."""
        ...


class DelegationPort(Protocol):
    """
    Consent given in the marketplace's own portal, where nothing leads back to us. Only auth calls it.

    The grant is our application's own; who let us in shows by whom a probe reaches.
    """

    async def is_account_of(self, account: FarAccount, client_id: str, client_secret: str) -> bool:
        """
        Whether credentials of the seller's own open this very account. Used once, and forgotten.

        Raises Throttled, Unavailable, Unreadable.
        """
        ...


class AcceptancePort(Protocol):
    """Answering orders that wait for the seller. Operations: `acceptance` kind. A keyed write: it sets a state."""

    async def answer(
        self, account: FarAccount, order_id: str, intent: Intent[bool], token: AccessToken, budgets: Budgets
    ) -> None:
        """
        Accepts (True) or refuses the order. What became of it is what the next reading of the order tells.

        Raises TooLate, OutcomeUnknown, Refused, AlreadyDone (it no longer waits).
        """
        ...


class ListingsPort(Protocol):
    """What the seller offers on a channel. Operations: `listing` kind."""

    async def read_page(
        self,
        account: FarAccount,
        channel_id: str,
        page_token: str | None,
        token: AccessToken,
        budgets: Budgets,
        *,
        weights: bool = False,
    ) -> ListingPage:
        """
        A page of the channel's listings; all pages of it with the same `weights`: whether they tell what they weigh,
        where the marketplace knows. PageTokenRefused: start the channel again.
        """
        ...


class StockPort(Protocol):
    """
    Telling a channel how many are left. Operations: `push` kind. Keyed: a quantity is absolute.

    What is told together is a *submission*: it takes several calls, and between two of them its state is committed as
    JSON. The same call again, after an unknown outcome, does no harm.
    """

    @property
    def limits(self) -> StockLimits: ...

    def begin(self, channel_id: str, lines: tuple[StockLine, ...]) -> FrozenBody:
        """The state before the first call."""
        ...

    async def advance(
        self, account: FarAccount, intent: Intent[FrozenBody], token: AccessToken, budgets: Budgets
    ) -> StockStep:
        """
        The submission's next call.

        Raises TooLate, OutcomeUnknown (the same state again), Throttled, Unavailable, Refused (of the submission as a
        whole: nothing of it was taken).
        """
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """A far-side call: its published rate, and the one kind of work that owns its budget."""

    name: str
    rate: Rate
    kind: str


@dataclass(frozen=True, slots=True)
class FarSide:
    """
    Where a marketplace is and who we are there; from settings. Only auth fills `central_urls`, `token_url`, `apps`,
    and knows of further `secrets` than those that are set.

    `api_urls` and `apps` are by region; `central_urls` (where sellers authorise us) by country, or by region where they
    delegate. `sandbox_urls`: its test endpoint, by region, where a connection may be worked there.
    """

    api_urls: Mapping[str, str]
    central_urls: Mapping[str, str] | None = None
    token_url: str | None = None
    apps: Mapping[str, FarApp] | None = None
    secrets: ClientSecrets = GIVEN_SECRETS
    sandbox_urls: Mapping[str, str] | None = None


class DataRefused(Exception):
    """The far side refused the set of data asked for; the cursor stays, a smaller set is tried."""


class PageTokenRefused(Exception):
    """The page token is no longer good; the window starts again."""
