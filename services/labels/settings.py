"""LABELS_*: what this service is told, read once."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.marketplaces.settings import API_URLS_MEANING, ByRegion, every_region
from shared.runtime.settings import InternalCallerSettings, load_settings

_PREFIX = "LABELS_"


class Settings(InternalCallerSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)

    orders_url: str = Field(description="Base URL of orders' internal API, asked for recipients.")
    api_urls: Mapping[str, ByRegion] = Field(default_factory=dict, description=API_URLS_MEANING)
    read_back_seconds: float = Field(
        default=30, gt=0, description="A tracking number is read back so long after the marketplace accepted it."
    )
    read_back_lag_seconds: float | None = Field(
        default=None,
        gt=0,
        description="A number accepted so long ago and not shown is missing, not late; by default as the marketplace "
        "declares (Amazon: 120).",
    )
    repeat_after_seconds: float = Field(
        default=600, gt=0, description="A number that was accepted and is missing is sent again so long after."
    )

    _addresses = field_validator("api_urls")(every_region)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.repeat_after_seconds < (self.read_back_lag_seconds or 0):
            raise ValueError("LABELS_REPEAT_AFTER_SECONDS must not be less than LABELS_READ_BACK_LAG_SECONDS")
        return self


class MigrationSettings(BaseSettings):
    """The part `migrate` and operators' commands need: they run before auth and its clients exist."""

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
    """The same, for `migrate` and operators' commands."""
    return load_settings(MigrationSettings)
