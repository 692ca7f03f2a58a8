"""Who there is at Octopia: clients that ask for tokens, the tokens they hold, sellers, and sales channels."""

from dataclasses import dataclass

CDISCOUNT = "CDISFR"


@dataclass(frozen=True)
class Client:
    """
    Credentials; two secrets are valid at once while one is being rotated.

    `seller_id`: a seller's own credentials, good for that seller only; None: an aggregator's.
    """

    client_id: str
    client_secrets: tuple[str, ...]
    seller_id: str | None = None


@dataclass(frozen=True)
class Bearer:
    """An access token of a client."""

    token: str
    client_id: str
    issued_at: float
    expires_at: float


@dataclass(frozen=True)
class Account:
    """
    A seller and the channels it sells on, the first being where orders come from by default.

    `delegated`: the seller let aggregators in (the portal names one; here it is all or none); `let_in`: by their client
    ids, typed in the portal. `auto_accept`: orders need no acceptance of the seller's. `sub_state`: ActiveSeller,
    Holidays, BannedSeller.
    """

    seller_id: str
    channels: tuple[str, ...]
    delegated: bool = True
    auto_accept: bool = True
    sub_state: str = "ActiveSeller"
    let_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Channel:
    """A sales channel."""

    channel_id: str
    name: str
    country: str
    currency: str


# Only Cdiscount's id is confirmed; the others are invented after the network's names.
_CHANNELS = (
    Channel(CDISCOUNT, "Cdiscount", "FR", "EUR"),
    Channel("RAKUFR", "Rakuten", "FR", "EUR"),
    Channel("WORTPT", "Worten", "PT", "EUR"),
    Channel("ONBUGB", "OnBuy", "GB", "GBP"),
    Channel("CDONSE", "CDON", "SE", "SEK"),
)
CHANNELS = {channel.channel_id: channel for channel in _CHANNELS}


def channel(channel_id: str) -> Channel:
    """The channel of this id; one nobody has heard of is French and has its id for a name."""
    return CHANNELS.get(channel_id, Channel(channel_id, channel_id, "FR", "EUR"))
