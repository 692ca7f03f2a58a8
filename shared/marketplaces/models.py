"""
What a marketplace tells and is told, in our words. Pure; every marketplace's folder translates into these.

`raw` and `PersonalData` are personal data: sealed by whoever stores them, never logged, never on Kafka.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Channel:
    """One marketplace below a connection (Amazon: a country's store). `id` is the marketplace's own."""

    id: str
    name: str
    country: str
    currency: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Places:
    """
    Where sellers consent: a country's page, each of a region. `regions`: by country (ISO 3166); `homes`: the country of
    a region whose page is taken where nobody chose one. `appstore`: the marketplace's own site, where links of its app
    store lead besides; None: they do not.
    """

    regions: Mapping[str, str]
    homes: Mapping[str, str]
    appstore: str | None = None

    def of(self, regions: Container[str]) -> tuple[str, ...]:
        """The countries of these regions."""
        return tuple(country for country, region in self.regions.items() if region in regions)


NOWHERE = Places({}, {})


@dataclass(frozen=True, slots=True)
class AppstoreVisit:
    """
    A seller whom the marketplace's app store sent to us. `regions`: those it may be about; `country`: whose page it
    came from, None where the address does not tell. `confirm`: where to send them, with the visit's own secret in it.
    """

    seller_id: str
    regions: frozenset[str]
    country: str | None
    confirm: str = field(repr=False)


class OrderStatus(StrEnum):
    """`waiting_acceptance`: the seller must accept or refuse it first."""

    WAITING_ACCEPTANCE = "waiting_acceptance"
    PENDING = "pending"
    OPEN = "open"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    UNFULFILLABLE = "unfulfillable"
    UNKNOWN = "unknown"


class ShippedBy(StrEnum):
    """Who carries the parcel: the seller, the marketplace's warehouses, or a program that owns the route."""

    SELLER = "seller"
    MARKETPLACE = "marketplace"
    PROGRAM = "program"
    UNKNOWN = "unknown"


class Duty(StrEnum):
    """What a line asks of whoever ships it: a carrier says which it can do, and the rest is held (domain rule 7)."""

    TRANSPARENCY_CODE = "transparency_code"
    SERIAL_NUMBER = "serial_number"
    SIGNATURE = "signature"
    AGE_CHECK = "age_check"
    IDENTITY_CHECK = "identity_check"
    PALLET = "pallet"
    CASH_ON_DELIVERY = "cash_on_delivery"
    IOSS = "ioss"
    PICKUP_POINT = "pickup_point"
    CUSTOMIZATION = "customization"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where and to whom. Every field may be absent (domain rule 23): personal data."""

    name: str | None = None
    company: str | None = None
    lines: tuple[str, ...] = ()
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    phone: str | None = None
    email: str | None = None
    instructions: str | None = None
    pickup_point: bool = False


@dataclass(frozen=True, slots=True)
class PersonalData:
    """
    Everything of an order that tells who bought it: recipient, and what else the marketplace gave of the buyer.

    `others`: where an order's lines go to several places, those of the lines with `destination` 1, 2, …
    """

    recipient: Recipient | None = None
    buyer: dict[str, Any] = field(default_factory=dict)
    others: tuple[Recipient, ...] = ()

    @property
    def addresses(self) -> dict[int, Recipient]:
        """Those that were told, by destination."""
        first = {0: self.recipient} if self.recipient else {}
        return first | dict(enumerate(self.others, 1))

    @property
    def has_address(self) -> bool:
        return bool(self.addresses)


@dataclass(frozen=True, slots=True)
class MarketplacePackage:
    """A parcel the marketplace knows of. `lines`: units by the marketplace's line id."""

    reference: str | None
    carrier: str | None
    tracking_number: str | None
    status: str | None
    lines: tuple[tuple[str, int], ...] = ()
    shipped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MarketplaceLine:
    """
    What was bought. `fulfilled` and `cancelled` are units by the marketplace's count: what is left to ship is
    `ordered - cancelled - fulfilled`. `duties`: values of `Duty`.

    `status` and `shipped_by`: where a marketplace tells them per line; None: the order's. `destination`: which of the
    order's addresses it goes to, 0 = `PersonalData.recipient`.
    """

    id: str
    sku: str | None
    title: str | None
    ordered: int
    cancelled: int
    fulfilled: int
    unit_price: Money | None = None
    duties: tuple[str, ...] = ()
    cancel_requested: bool = False
    status: OrderStatus | None = None
    shipped_by: ShippedBy | None = None
    destination: int = 0


@dataclass(frozen=True, slots=True)
class MarketplaceOrder:
    """
    One order as the marketplace tells it now.

    `program`: the program that owns the route, where `shipped_by` is PROGRAM. `is_sale` is False for an echo of an
    order that came from elsewhere (domain rule 2). `related`: (kind, id), e.g. the order this one replaces.
    `delivered_at`: not later than this; keep the earliest one seen, a marketplace may only tell that, not when.
    """

    id: str
    channel_id: str | None
    status: OrderStatus
    status_text: str
    shipped_by: ShippedBy
    placed_at: datetime
    updated_at: datetime
    lines: tuple[MarketplaceLine, ...]
    packages: tuple[MarketplacePackage, ...] = ()
    program: str | None = None
    is_sale: bool = True
    cancel_requested: bool = False
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    label_not_before: datetime | None = None
    delivered_at: datetime | None = None
    total: Money | None = None
    business: bool = False
    related: tuple[tuple[str, str], ...] = ()
    personal: PersonalData = field(default_factory=PersonalData)
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class UnreadableOrder:
    """A record of a page that could not be read. `id` where it could be made out; `reason` holds no data of it."""

    id: str | None
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class OrdersQuery:
    """
    One window of a connection's orders, repeated unchanged over its pages (domain rule 17).

    Exactly one of `updated_after` and `placed_after`. `statuses`: the marketplace's words; `fulfilled_by`: values of
    `ShippedBy` (`seller`, `marketplace`), empty = all; `data`: the names of the data sets to ask for.
    """

    channel_ids: tuple[str, ...]
    updated_after: datetime | None = None
    placed_after: datetime | None = None
    updated_before: datetime | None = None
    placed_before: datetime | None = None
    statuses: tuple[str, ...] = ()
    fulfilled_by: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    page_token: str | None = None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`next_token` None = the window's last page. `covered_until`: the far side's echo, the next cursor."""

    orders: tuple[MarketplaceOrder, ...]
    unreadable: tuple[UnreadableOrder, ...]
    next_token: str | None
    covered_until: datetime | None


@dataclass(frozen=True, slots=True)
class ParcelToTell:
    """
    What a write-back says. `lines`: units by the marketplace's line id. `reference` is ours, where one is needed.

    `placed_at`: when the order was placed, where the caller knows it: no parcel is told to have left before that.
    """

    marketplace_order_id: str
    channel_id: str
    reference: str
    carrier: str
    tracking_number: str
    tracking_url: str | None
    shipped_at: datetime
    lines: tuple[tuple[str, int], ...]
    placed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OAuthAnswer:
    """What a token endpoint gave. Values are secret; `refresh_token` None: none was sent, keep the old one."""

    access_token: str
    expires_in_seconds: int
    refresh_token: str | None = None

    def __repr__(self) -> str:
        return f"OAuthAnswer(expires_in_seconds={self.expires_in_seconds})"


@dataclass(frozen=True, slots=True)
class FarApp:
    """
    Our application at a marketplace, one per region. `client_secret` is secret.

    `application_id` is empty where sellers let us in without a consent page.
    """

    application_id: str
    client_id: str
    client_secret: str
    draft: bool

    def __repr__(self) -> str:
        return f"FarApp(application_id={self.application_id!r}, draft={self.draft})"
