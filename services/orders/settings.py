"""ORDERS_*: what this service is told, read once."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field, NonNegativeFloat, PositiveFloat, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.orders.domain.erasure import USUAL_DAYS
from shared.crypto.errors import KeysInvalid
from shared.crypto.keyring import KeyRing
from shared.kernel.retention import USUAL_DAYS as USUAL_RETAIN_DAYS
from shared.marketplaces.profile import Pace
from shared.marketplaces.registry import PACES, PROFILES
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
from shared.runtime.settings import InternalCallerSettings, load_settings, secret_in_file

_PREFIX = "ORDERS_"
_KEYS = (
    "Keys that wrap each order's data key, kid:base64 separated by commas: the first seals, all open. Or file:PATH of "
    "a file with them."
)


def _paces(of: str) -> str:
    return ", ".join(f"{name} {getattr(each, of + '_seconds'):g}" for name, each in PACES.items()) + "."


def _most_days() -> str:
    limits = {name: each.keep_days_most for name, each in PROFILES.items()}
    return ", ".join(f"{name} {days:g}" for name, days in limits.items() if days is not None) + "."


class Settings(InternalCallerSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)

    key_encryption_keys: SecretStr = Field(description=_KEYS)
    api_urls: Mapping[str, ByRegion] = Field(default_factory=dict, description=API_URLS_MEANING)
    poll_interval_seconds: Mapping[str, PositiveFloat] = Field(
        default_factory=dict,
        description="How often each connection is asked what changed, JSON by marketplace; else " + _paces("interval"),
    )
    poll_overlap_seconds: Mapping[str, NonNegativeFloat] = Field(
        default_factory=dict,
        description="How far before its cursor a reading starts, as records may come that late, JSON by marketplace; "
        "else " + _paces("overlap"),
    )
    first_window_days: float = Field(
        default=30, gt=0, description="How far back changes are read when a connection is new, beside open orders."
    )
    sweep_interval_seconds: Mapping[str, PositiveFloat] = Field(
        default_factory=dict,
        description="How often all open orders are read again, as far as the budget has room, JSON by marketplace; "
        "else " + _paces("sweep"),
    )
    keep_days: Mapping[str, PositiveFloat] = Field(
        default_factory=dict,
        description="How many days after delivery buyers' data is erased, and records that cannot be read after their "
        f"reading, JSON by marketplace; else {USUAL_DAYS:g}. At most: {_most_days()}",
    )
    retain_days: Mapping[str, PositiveFloat] = Field(
        default_factory=dict,
        description="How many days after the marketplace last changed an order it is deleted with all that hangs on "
        f"it, JSON by marketplace; else {USUAL_RETAIN_DAYS:g}. {RETAIN_RANGE}",
    )
    import_marketplace_fulfilled: bool = Field(
        default=True, description="Whether orders that the marketplace ships itself are imported, to be seen only."
    )

    @field_validator("key_encryption_keys")
    @classmethod
    def _keys_parse(cls, value: SecretStr) -> SecretStr:
        return _checked_keys(value)

    _addresses = field_validator("api_urls")(every_region)
    _marketplaces = field_validator(
        "poll_interval_seconds", "poll_overlap_seconds", "sweep_interval_seconds", "keep_days"
    )(worked_marketplaces)

    _retained = field_validator("retain_days")(retained)

    @field_validator("keep_days")
    @classmethod
    def _no_longer_than_allowed(cls, value: Mapping[str, float]) -> Mapping[str, float]:
        for name, days in value.items():
            most = PROFILES[name].keep_days_most
            if most is not None and days > most:
                raise ValueError(f"{name} allows {most:g} days at most")
        return value

    def keep(self, marketplace: str) -> timedelta:
        """How long the personal data of a marketplace's orders may stay."""
        return timedelta(days=self.keep_days.get(marketplace, USUAL_DAYS))

    @property
    def retention(self) -> Mapping[str, timedelta]:
        """How long orders are kept after their last change, by marketplace."""
        return retention(self.retain_days)

    def pace(self, marketplace: str) -> Pace:
        """How a marketplace is read: as its profile says, but for what the settings say."""
        usual = PACES[marketplace]
        return Pace(
            self.poll_interval_seconds.get(marketplace, usual.interval_seconds),
            self.poll_overlap_seconds.get(marketplace, usual.overlap_seconds),
            self.sweep_interval_seconds.get(marketplace, usual.sweep_seconds),
        )


class MigrationSettings(runtime.MigrationSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)

    key_encryption_keys: SecretStr | None = Field(default=None, description=_KEYS + " Only `keys` needs them here.")

    @field_validator("key_encryption_keys")
    @classmethod
    def _keys_parse(cls, value: SecretStr | None) -> SecretStr | None:
        return _checked_keys(value) if value else None


def load() -> Settings:
    """Ends the process with status 2 and a sentence for each setting that is missing or wrong."""
    return load_settings(Settings)


def load_for_migration() -> MigrationSettings:
    """The same, for `migrate` and for what an operator does with events."""
    return load_settings(MigrationSettings)


def _checked_keys(value: SecretStr) -> SecretStr:
    value = secret_in_file(value)
    try:
        KeyRing.parse(value.get_secret_value())
    except KeysInvalid as error:
        raise ValueError(str(error)) from None
    return value
