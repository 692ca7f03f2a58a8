"""What is known of a marketplace without asking it. No marketplace is named here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.marketplaces.models import NOWHERE, Channel, Places
from shared.marketplaces.ports import Capabilities, FarSide, Operation
from shared.marketplaces.private import PrivateWay


@dataclass(frozen=True, slots=True)
class Pace:
    """
    How often orders are read, in seconds: what changed, how far before the cursor a reading starts, and all open orders
    (as far as the budget has room). Settings may say otherwise.
    """

    interval_seconds: float
    overlap_seconds: float
    sweep_seconds: float


@dataclass(frozen=True, slots=True)
class Profile:
    """
    What pages and settings need to know of a marketplace: no call is made with it.

    `capabilities`, `pace`: None where only who may speak for whom is kept yet, and no service works.

    `authorisation`: by a consent page that leads back to us, or by delegation in the marketplace's portal, where one
    grant of ours reaches all sellers. Of the first: `places`, the countries with a page; `consent_codes`, what a page
    shows instead of leading back: by code, what it means and what to do; `older_interface`, the one that is switched
    off, whose accounts may be brought here; `unlisted_most`, how many sellers an application may have that is not
    listed in its app store; `reach`, what one consent covers; `roles`, those that ours asks for, by their names there;
    `private`, how an application of one's own is brought instead. Of the latter: `delegation_steps`, what a seller does
    in the portal, a sentence each, where %(us)s is the name we are listed under; `client_steps`, the same by our client
    id, %(client_id)s; `seller_ids`, what a seller id looks like, as a regular expression that leaves an account one
    spelling. `professional_only`: whether its sellers need a
    professional selling plan. `keep_days_most`: how long a buyer's data may be kept after delivery, where the
    marketplace says so; `retain_days_most`: the same of everything else that was read there, after its last change;
    `secret_days`: for how long a client secret is good.
    """

    name: str
    title: str
    regions: Mapping[str, str]
    stores: Mapping[str, Channel]
    operations: tuple[Operation, ...]
    authorisation: Literal["consent", "delegation"]
    real_addresses: FarSide
    capabilities: Capabilities | None = None
    pace: Pace | None = None
    places: Places = NOWHERE
    consent_codes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    older_interface: str | None = None
    unlisted_most: int | None = None
    reach: Literal["region", "country"] = "region"
    roles: tuple[str, ...] = ()
    professional_only: bool = False
    private: PrivateWay | None = None
    delegation_steps: tuple[str, ...] = ()
    client_steps: tuple[str, ...] = ()
    seller_ids: str = "[A-Za-z0-9_-]{1,64}"
    keep_days_most: float | None = None
    retain_days_most: float | None = None
    secret_days: int | None = None

    @property
    def has_sandbox(self) -> bool:
        """Whether a connection may be worked at the marketplace's own test endpoint instead."""
        return bool(self.real_addresses.sandbox_urls)
