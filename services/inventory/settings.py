"""INVENTORY_*: what this service is told, read once."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.settings import InternalCallerSettings, load_settings

_PREFIX = "INVENTORY_"


class Settings(InternalCallerSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)


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
    """The same, for `migrate`."""
    return load_settings(MigrationSettings)
