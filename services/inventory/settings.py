"""INVENTORY_*: what this service is told, read once."""

from collections.abc import Mapping

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from shared.marketplaces.settings import API_URLS_MEANING, ByRegion, every_region
from shared.runtime import settings as runtime
from shared.runtime.settings import InternalCallerSettings, load_settings

_PREFIX = "INVENTORY_"


class Settings(InternalCallerSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)

    api_urls: Mapping[str, ByRegion] = Field(default_factory=dict, description=API_URLS_MEANING)
    listing_interval_seconds: float = Field(
        default=14_400, gt=0, description="How long after a connection's listings were read they are read again."
    )
    push_delay_seconds: float = Field(
        default=2,
        ge=0,
        description="How long a changed quantity rests before channels are told, so that a burst becomes one push; "
        "that nothing is left is told at once.",
    )
    sale_grace_seconds: float = Field(
        default=900,
        gt=0,
        description="A channel that shows less than it was told has probably sold: how long that order is awaited "
        "before the quantity is told again.",
    )

    _addresses = field_validator("api_urls")(every_region)


class MigrationSettings(runtime.MigrationSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)


def load() -> Settings:
    """Ends the process with status 2 and a sentence for each setting that is missing or wrong."""
    return load_settings(Settings)


def load_for_migration() -> MigrationSettings:
    """The same, for `migrate`."""
    return load_settings(MigrationSettings)
