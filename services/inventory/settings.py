"""INVENTORY_*: what this service is told, read once."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from shared.kernel.retention import LEAST_DAYS, USUAL_DAYS
from shared.marketplaces.settings import API_URLS_MEANING, RETAIN_LEAST_MOST, ByRegion, every_region
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

    retain_days: float = Field(
        default=USUAL_DAYS,
        ge=LEAST_DAYS,
        le=RETAIN_LEAST_MOST,
        description="How many days after the marketplace last changed an order its reservation is deleted, entries of "
        "the ledger are folded into the level they led to, and listings are deleted that nobody sees any more. "
        f"At least {LEAST_DAYS:g}, at most {RETAIN_LEAST_MOST:g}.",
    )

    _addresses = field_validator("api_urls")(every_region)

    @property
    def retention(self) -> timedelta:
        """How long what was read of marketplaces is kept: of all of them alike, as a level is."""
        return timedelta(days=self.retain_days)


class MigrationSettings(runtime.MigrationSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)


def load() -> Settings:
    """Ends the process with status 2 and a sentence for each setting that is missing or wrong."""
    return load_settings(Settings)


def load_for_migration() -> MigrationSettings:
    """The same, for `migrate`."""
    return load_settings(MigrationSettings)
