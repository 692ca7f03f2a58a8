"""What those settings hold that are JSON: who we are elsewhere, and who our services are here."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field, SecretStr

# Whoever reads a queue's messages on their way has the next secret.
_QUEUE_URL = r"^(https://|http://127\.0\.0\.1:)[!-~]+$"


class ServiceClientSettings(BaseModel):
    """One of our services: `secret_hash` is the SHA-256 (hex) of its random secret of 32 bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, max_length=64)
    secret_hash: str = Field(pattern="^[0-9a-f]{64}$")
    scopes: tuple[str, ...]


class AppSettings(BaseModel):
    """
    Our application at the marketplace, in one region. `draft`: it is not published yet; `listed`: in its app store,
    where any number of sellers may authorise it.

    `application_id` is for consent pages: empty where sellers delegate in the marketplace's portal, which lists us as
    `listed_as`. `client_secret` is the first one; others are kept in the vault. `secret_ends`: the day it ends;
    `secret_queue_url`: the SQS queue where the marketplace sends others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    application_id: str = ""
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    secret_ends: date | None = None
    secret_queue_url: str | None = Field(default=None, pattern=_QUEUE_URL)
    draft: bool = False
    listed: bool = False
    listed_as: str = Field(default="Passerelle", min_length=1, max_length=80)


class OpenIdSettings(BaseModel):
    """We, as an OpenID provider knows us. `two_factor_acr`: what its `acr` is when it has asked for two factors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)(:|/|$))")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    name: str = Field(default="OpenID", min_length=1, max_length=40)
    two_factor_acr: frozenset[str] = frozenset()
