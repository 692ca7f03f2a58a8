"""ORDERS_*: what this service is told, read once."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.crypto.errors import KeysInvalid
from shared.crypto.keyring import KeyRing
from shared.marketplaces.registry import AMAZON, PROFILES
from shared.runtime.settings import InternalCallerSettings, load_settings

_PREFIX = "ORDERS_"


class Settings(InternalCallerSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)

    key_encryption_keys: SecretStr = Field(
        description="Keys that wrap each order's data key, kid:base64 separated by commas: the first seals, all open."
    )
    amazon_api_urls: dict[str, str] | None = Field(
        default=None, description="Amazon's API by region (JSON: na, eu, fe); without it the real addresses."
    )
    poll_interval_seconds: float = Field(
        default=300, gt=0, description="How often each connection is asked what changed."
    )
    poll_overlap_seconds: float = Field(
        default=600, ge=0, description="How far before its cursor a reading starts: records may come that late."
    )
    first_window_days: float = Field(
        default=30, gt=0, description="How far back changes are read when a connection is new, beside open orders."
    )
    sweep_interval_seconds: float = Field(
        default=86400, gt=0, description="How often all open orders are read again, as far as the budget has room."
    )
    import_marketplace_fulfilled: bool = Field(
        default=True, description="Whether orders that the marketplace ships itself are imported, to be seen only."
    )

    @field_validator("key_encryption_keys")
    @classmethod
    def _keys_parse(cls, value: SecretStr) -> SecretStr:
        try:
            KeyRing.parse(value.get_secret_value())
        except KeysInvalid as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("amazon_api_urls")
    @classmethod
    def _every_region(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        """A region left out would be asked at the real address, or at none."""
        if value is not None and set(value) != set(PROFILES[AMAZON].regions):
            raise ValueError(f"needs an address for each of {', '.join(sorted(PROFILES[AMAZON].regions))}, no others")
        return value


class MigrationSettings(BaseSettings):
    """The part `migrate` needs: it runs before auth and its clients exist."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: SecretStr = Field(description="The service's own database, postgresql+asyncpg://role@host/database.")
    kafka_bootstrap_servers: str | None = Field(
        default=None, description="Kafka brokers, host:port separated by commas; without them no topics are made."
    )
    topic_prefix: str = Field(default="", description="Put before every topic and consumer group name.")


def load() -> Settings:
    """Ends the process with status 2 and a sentence for each setting that is missing or wrong."""
    return load_settings(Settings)


def load_for_migration() -> MigrationSettings:
    """The same, for `migrate` and for what an operator does with events."""
    return load_settings(MigrationSettings)
