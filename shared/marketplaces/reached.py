"""What a probe of a seller account finds. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from shared.marketplaces.models import Channel


class SellerState(StrEnum):
    """How a marketplace keeps a seller account, whoever may act on it. The later, the graver."""

    ACTIVE = "active"
    HOLIDAY = "holiday"
    ON_NOTICE = "on_notice"
    DEACTIVATED = "deactivated"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class Reached:
    """
    What a probe finds: the seller's channels, how the marketplace keeps the account, and whether its selling plan is a
    professional one; None: it does not tell.
    """

    channels: tuple[Channel, ...] = ()
    seller_state: SellerState | None = None
    professional: bool | None = None
