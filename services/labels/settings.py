"""LABELS_*: what this service is told, read once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Self

from pydantic import Field, PositiveFloat, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.labels.domain.write_back import Timing
from shared.kernel.retention import USUAL_DAYS
from shared.marketplaces.registry import CAPABILITIES
from shared.marketplaces.settings import (
    API_URLS_MEANING,
    RETAIN_RANGE,
    ByRegion,
    every_region,
    retained,
    retention,
    worked_marketplaces,
)
from shared.runtime import settings as runtime
from shared.runtime.settings import InternalCallerSettings, load_settings

_PREFIX = "LABELS_"


def _usual(of: str) -> str:
    return ", ".join(f"{name} {getattr(each, of + '_seconds')}" for name, each in CAPABILITIES.items()) + "."


class Settings(InternalCallerSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)

    orders_url: str = Field(description="Base URL of orders' internal API, asked for recipients.")
    api_urls: Mapping[str, ByRegion] = Field(default_factory=dict, description=API_URLS_MEANING)
    read_back_seconds: Mapping[str, PositiveFloat] = Field(
        default_factory=dict,
        description="A tracking number is read back so long after the marketplace accepted it, JSON by marketplace; "
        "else " + _usual("read_back"),
    )
    read_back_lag_seconds: Mapping[str, PositiveFloat] = Field(
        default_factory=dict,
        description="A number accepted so long ago and not shown is missing, not late, JSON by marketplace; else "
        + _usual("read_lag"),
    )
    repeat_after_seconds: Mapping[str, PositiveFloat] = Field(
        default_factory=dict,
        description="A number that was accepted and is missing is sent again so long after, JSON by marketplace; else "
        + _usual("repeat_after"),
    )

    retain_days: Mapping[str, PositiveFloat] = Field(
        default_factory=dict,
        description="How many days after the marketplace last changed an order its shipments are deleted with all that "
        f"hangs on them, JSON by marketplace; else {USUAL_DAYS:g}. {RETAIN_RANGE}",
    )

    _addresses = field_validator("api_urls")(every_region)
    _marketplaces = field_validator("read_back_seconds", "read_back_lag_seconds", "repeat_after_seconds")(
        worked_marketplaces
    )

    _retained = field_validator("retain_days")(retained)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name in CAPABILITIES:
            timing = self.timing(name)
            if timing.repeat_after_seconds < timing.lag_seconds:
                raise ValueError(
                    f"LABELS_REPEAT_AFTER_SECONDS of {name} must not be less than its LABELS_READ_BACK_LAG_SECONDS"
                )
        return self

    @property
    def retention(self) -> Mapping[str, timedelta]:
        """How long shipments are kept after their order's last change, by marketplace."""
        return retention(self.retain_days)

    def timing(self, marketplace: str) -> Timing:
        """How a marketplace is read back: as its profile declares, but for what the settings say."""
        usual = CAPABILITIES[marketplace]
        return Timing(
            self.read_back_seconds.get(marketplace, usual.read_back_seconds),
            self.read_back_lag_seconds.get(marketplace, usual.read_lag_seconds),
            self.repeat_after_seconds.get(marketplace, usual.repeat_after_seconds),
        )


class MigrationSettings(runtime.MigrationSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)


def load() -> Settings:
    """Ends the process with status 2 and a sentence for each setting that is missing or wrong."""
    return load_settings(Settings)


def load_for_migration() -> MigrationSettings:
    """The same, for `migrate` and operators' commands."""
    return load_settings(MigrationSettings)
