"""AUTH_*: what this service is told, read once."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.crypto.errors import KeysInvalid
from shared.crypto.keyring import KeyRing
from shared.marketplaces.registry import AMAZON, PROFILES
from shared.runtime.settings import ServiceSettings, load_settings

_PREFIX = "AUTH_"
_REAL = PROFILES[AMAZON].real_addresses
_KEYS = "Key-encryption keys, kid:base64 of 32 bytes, separated by commas: the first seals, all open."


class ServiceClientSettings(BaseModel):
    """One of our services: `secret_hash` is the SHA-256 (hex) of its random secret of 32 bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, max_length=64)
    secret_hash: str = Field(pattern="^[0-9a-f]{64}$")
    scopes: tuple[str, ...]


class AppSettings(BaseModel):
    """Our application at the marketplace, in one region. `draft`: it is not published yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    application_id: str = Field(min_length=1)
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    draft: bool = False


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)

    key_encryption_keys: SecretStr = Field(description=_KEYS)
    service_clients: tuple[ServiceClientSettings, ...] = Field(
        description="OAuth clients of our services, JSON: [{id, secret_hash (SHA-256, hex), scopes}]."
    )
    amazon_apps: Mapping[str, AppSettings] = Field(
        default_factory=dict,
        description="Our Amazon applications, JSON by region (na, eu, fe): {application_id, client_id, client_secret, "
        "draft}. A region without one is not offered.",
    )
    amazon_token_url: str = Field(default=str(_REAL.token_url), description="Amazon's token endpoint (LWA).")
    amazon_central_urls: Mapping[str, str] = Field(
        default=dict(_REAL.central_urls or {}), description="Seller Central by region, JSON: where sellers consent."
    )
    amazon_api_urls: Mapping[str, str] = Field(
        default=dict(_REAL.api_urls), description="The Selling Partner API by region, JSON: where consents are probed."
    )

    @field_validator("key_encryption_keys")
    @classmethod
    def _keys_parse(cls, value: SecretStr) -> SecretStr:
        return _checked_keys(value)

    @field_validator("amazon_apps")
    @classmethod
    def _regions_exist(cls, value: Mapping[str, AppSettings]) -> Mapping[str, AppSettings]:
        if unknown := set(value) - set(PROFILES[AMAZON].regions):
            raise ValueError(f"regions are {', '.join(sorted(PROFILES[AMAZON].regions))}, not {', '.join(unknown)}")
        return value

    @model_validator(mode="after")
    def _addresses_complete(self) -> Self:
        for name in ("amazon_central_urls", "amazon_api_urls"):
            if missing := set(self.amazon_apps) - set(getattr(self, name)):
                raise ValueError(f"AUTH_{name.upper()} has no address for {', '.join(sorted(missing))}")
        return self


class MigrationSettings(BaseSettings):
    """The part `migrate` needs."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: SecretStr = Field(description="The service's own database, postgresql+asyncpg://role@host/database.")
    kafka_bootstrap_servers: str | None = Field(
        default=None, description="Kafka brokers, host:port separated by commas; without them no topics are made."
    )
    topic_prefix: str = Field(default="", description="Put before every topic and consumer group name.")
    key_encryption_keys: SecretStr | None = Field(
        default=None, description=_KEYS + " Without them the first signing key is made by the first process that runs."
    )

    @field_validator("key_encryption_keys")
    @classmethod
    def _keys_parse(cls, value: SecretStr | None) -> SecretStr | None:
        return _checked_keys(value) if value else None


def load() -> Settings:
    """Ends the process with status 2 and a sentence for each setting that is missing or wrong."""
    return load_settings(Settings)


def load_for_migration() -> MigrationSettings:
    """The same, for `migrate`."""
    return load_settings(MigrationSettings)


def _checked_keys(value: SecretStr) -> SecretStr:
    try:
        KeyRing.parse(value.get_secret_value())
    except KeysInvalid as error:
        raise ValueError(str(error)) from None
    return value
