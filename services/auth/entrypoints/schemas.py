"""What the APIs take and give. Unknown members are refused, so that a typo is not lost."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.auth.domain.claim import LOGIN_LENGTH
from services.auth.domain.connection import NAME_LENGTH, Connection
from shared.access.roles import Role
from shared.kernel.ports import AccessToken
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.reached import SellerState

_CHANNELS_MOST = 200
State = Literal["unproven", "authorised", "expiring", "expired", "waiting", "revoked", "paused", "disconnected"]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ChannelOut(BaseModel):
    """A marketplace (a country's store) below the connection."""

    id: str = Field(description="The marketplace's own id.")
    name: str
    country: str = Field(description="ISO 3166.")
    currency: str = Field(description="ISO 4217.")
    time_zone: str


class ConnectionOut(BaseModel):
    """A connected seller account."""

    id: UUID
    marketplace: str
    region: str
    endpoint: Endpoint = Field(
        description="At which of the marketplace's endpoints it is worked: `sandbox` is its own test endpoint."
    )
    seller_id: str
    name: str
    state: State = Field(
        description="`unproven`: claimed, or brought from an older interface; not shown yet whose it is, nothing is "
        "read. `authorised`: orders are imported. `expiring`: they are; the seller must authorise again before "
        "`expires_at`. `expired`: nothing new is read or sent until the seller authorises again. `waiting`: the "
        "marketplace refuses us; it goes on by itself. `revoked`: the seller must authorise again. `paused`: rests "
        "until somebody resumes it. `disconnected`: ended here."
    )
    consent_version: int = Field(description="Rises with each consent.")
    claimed_at: datetime | None = Field(description="Where sellers delegate: when the account was claimed last.")
    authorised_at: datetime | None = Field(description="Null: not yet.")
    expires_at: datetime | None = Field(
        description="When the seller must have authorised again; null: no end is known."
    )
    channels: list[ChannelOut] = Field(description="Those we work for: reached, and chosen.")
    reached_channels: list[ChannelOut] = Field(
        validation_alias="reached", description="Those the marketplace told at the last probe."
    )
    chosen_channels: list[str] | None = Field(
        validation_alias="chosen", description="Ids; null: all, also those that come later."
    )
    orders_from: datetime | None = Field(
        description="Orders placed before stay with another system and are not imported; null: there is no such."
    )
    seller_state: SellerState | None = Field(
        description="How the marketplace kept the account at the last probe; null: it does not tell."
    )
    professional: bool | None = Field(
        description="Whether its selling plan is a professional one, as the marketplace last told; null: it does not."
    )
    probed_at: datetime | None = Field(description="When the marketplace last answered about this consent.")
    probe_outcome: Literal["ok", "role_missing", "refused", "declined"] | None = Field(
        description="What it answered then: `declined` is not about us or the consent, but about the account as it is "
        "named here, such as one of another region."
    )
    lacks_roles: list[str] = Field(
        description="Roles our application was asked for since the seller authorised it: what needs them waits until "
        "the seller authorises again, everything else goes on."
    )
    secret_refused_at: datetime | None = Field(
        description="Since when the marketplace refuses the client secret of the organisation's own application: "
        "nothing is read or sent until it is replaced; null: it does not, or the application is ours."
    )
    secret_ends_at: datetime | None = Field(
        description="When that client secret ends at the latest, counted from when it was entered; null: no end is "
        "known."
    )
    erase_asked_at: datetime | None = Field(
        description="When all buyers' data that came by it was last wanted destroyed."
    )

    @classmethod
    def of(cls, connection: Connection) -> "ConnectionOut":
        return cls.model_validate(connection, from_attributes=True)


class ConnectionList(BaseModel):
    items: list[ConnectionOut]
    next_cursor: str | None


class ChangeIn(In):
    """What is left out stays as it is."""

    name: str | None = Field(default=None, min_length=1, max_length=NAME_LENGTH)
    login: str | None = Field(
        default=None,
        repr=False,
        max_length=LOGIN_LENGTH,
        description="The seller's login in the portal, where sellers delegate; empty: none. Only the page shows it.",
    )
    chosen_channels: set[str] | None = Field(
        default=None, max_length=_CHANNELS_MOST, description="Ids of reached channels, one at least; null: all."
    )
    orders_from: AwareDatetime | None = Field(
        default=None,
        description="Import orders placed from then on, at most 90 days ahead; null: all. What is here already stays.",
    )
    endpoint: Endpoint | None = Field(
        default=None,
        description="`sandbox`: where the marketplace has a test endpoint of its own. The one chosen is asked at once.",
    )


class ClaimIn(In):
    """A seller account of a marketplace where sellers delegate to us in its portal."""

    marketplace: str
    region: str
    seller_id: str = Field(max_length=64)
    name: str = Field(min_length=1, max_length=NAME_LENGTH)
    login: str = Field(default="", repr=False, max_length=LOGIN_LENGTH, description="The seller's login in the portal.")
    chosen_channels: set[str] | None = Field(
        default=None, max_length=_CHANNELS_MOST, description="Ids, one at least; null: all."
    )


class TokenIn(In):
    rejected: int | None = Field(default=None, description="Version of a token that the far side refused.")


class ResourceIn(In):
    """A call that shows buyers' data."""

    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str = Field(max_length=400, description="Exactly as it is called; a name in braces stands for any.")
    data_elements: tuple[str, ...] = Field(default=(), max_length=10)


class RestrictedTokenIn(In):
    resources: tuple[ResourceIn, ...] = Field(min_length=1, max_length=50)
    rejected: int | None = Field(default=None, description="Version of such a token that the far side refused.")


class TokenOut(BaseModel):
    """A token of a far side: secret."""

    access_token: str = Field(repr=False)
    token_version: int
    consent_version: int
    expires_at: datetime

    @classmethod
    def of(cls, token: AccessToken) -> "TokenOut":
        return cls(
            access_token=token.value,
            token_version=token.token_version,
            consent_version=token.consent_version,
            expires_at=token.expires_at,
        )


class ConsentLostIn(In):
    consent_version: int = Field(description="Of the token that was refused; older ones are ignored.")


class ErasedIn(In):
    asked_at: datetime = Field(description="Which wish of the seller is fulfilled: `erase_asked_at` of the event.")


class DisconnectIn(In):
    erase: bool = Field(
        default=False,
        description="Whether all buyers' data that came by it is destroyed within minutes, for good; else it stays "
        "until its time is over.",
    )


class SessionIn(In):
    session: str = Field(repr=False, max_length=500, description="The session cookie's value.")


class EndingOut(BaseModel):
    """Authorisations that end soon, or ended: every page warns of them."""

    connections: int
    first_at: datetime


class SessionOut(BaseModel):
    user_id: UUID
    organisation_id: UUID
    csrf_token: str = Field(repr=False)
    locale: str
    label: str = Field(repr=False, description="For the page's header.")
    ending: EndingOut | None
    lacking_roles: int = Field(description="Connections whose consent lacks a role: every page says so.")
    secret_refused: int = Field(
        description="Connections whose own application's client secret is refused: every page says so."
    )
    unconfirmed: bool = Field(description="Whether pages ask for the e-mail address to be confirmed.")
    second_factor_by: datetime | None = Field(
        description="Until when pages ask for a second factor to be set up; null: there is one, or none is needed."
    )
    role: Role = Field(description="What the member may do: `docs/roles.md`.")
    review_overdue: bool = Field(description="Whether pages ask this owner to review who has access.")


class ServiceTokenOut(BaseModel):
    """RFC 6749, section 5.1."""

    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class TokenErrorOut(BaseModel):
    """RFC 6749, section 5.2."""

    error: str
    error_description: str | None = None


class IntrospectionOut(BaseModel):
    """RFC 7662, section 2.2: of a token that is not good, or not the caller's to ask about, `active` false alone."""

    active: bool
    token_type: Literal["Bearer"] | None = None
    scope: str | None = None
    client_id: str | None = None
    organisation: UUID | None = None
    exp: int | None = None
    iat: int | None = None
    sub: str | None = None
    aud: str | None = None
    iss: str | None = None
    jti: str | None = None


class RevokedTokensOut(BaseModel):
    """Of tokens (`jti`) and of secrets (`credential`) until the last token of it has ended."""

    ids: frozenset[str]


class KeySetOut(BaseModel):
    """RFC 7517: public keys."""

    keys: list[dict[str, str]]
