"""What the sandbox knows besides orders: applications, sellers, what sellers granted, and the faults in force."""

import math
from dataclasses import dataclass, field

REGIONS = ("na", "eu", "fe")


@dataclass(frozen=True)
class Application:
    """
    A registered application, for sellers or for vendors; two secrets are valid at once while one is rotated. `dies_at`:
    when each of them ends, where it does; `queue_url`: where new ones are sent.
    """

    application_id: str
    client_id: str
    client_secrets: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    draft: bool = False
    login_uri: str = ""
    vendors: bool = False
    queue_url: str = ""
    dies_at: dict[str, float] = field(default_factory=dict)

    def knows(self, secret: str, now: float) -> bool:
        return secret in self.client_secrets and now < self.dies_at.get(secret, math.inf)


@dataclass(frozen=True)
class Seller:
    """
    A seller in one region; `channels` are marketplace ids, the first is where orders come from by default. Its grants
    are good for `grant_days`: Amazon says 365. With `vendor_codes` it is a vendor: `seller_id` is its vendor group.
    `professional`: its selling plan.
    """

    seller_id: str
    region: str
    channels: tuple[str, ...]
    roles: tuple[str, ...]
    grant_days: int = 365
    vendor_codes: tuple[str, ...] = ()
    professional: bool = True

    @property
    def key(self) -> str:
        return seller_key(self.region, self.seller_id)


def seller_key(region: str, seller_id: str) -> str:
    """A seller is one account per region: the same id in another region is another authorisation."""
    return f"{region}/{seller_id}"


@dataclass(frozen=True)
class Grant:
    """A refresh token: what one seller allowed one application in one region (`client_id` None: whichever asks)."""

    refresh_token: str
    seller_id: str
    region: str
    client_id: str | None
    authorised_at: float
    revoked: bool = False


@dataclass(frozen=True)
class ConsentCode:
    """The one-time code of a redirect."""

    code: str
    seller_id: str
    region: str
    client_id: str
    redirect_uri: str
    expires_at: float


@dataclass(frozen=True)
class AppstoreVisit:
    """A seller whom Amazon sent to an application's Login URI; good once."""

    state: str
    seller_id: str
    application_id: str
    expires_at: float


@dataclass(frozen=True)
class AccessToken:
    """
    A bearer token; `refresh_token` names its grant, or is None for a grantless one with its `scope`. `restricted`: a
    restricted data token, for these calls (method and path) alone.
    """

    token: str
    client_id: str
    refresh_token: str | None
    scope: str | None
    expires_at: float
    restricted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """Something to go wrong at an operation; `remaining` None lasts until deleted."""

    fault_id: str
    operation: str
    kind: str
    remaining: int | None = None
    seller_id: str | None = None
    seconds: float | None = None
    datasets: tuple[str, ...] = ("BUYER", "RECIPIENT")
