"""AUTH_*: what this service is told, read once."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, PositiveInt, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.auth.domain.second_factor import SecondFactorRule
from services.auth.domain.signing import SigningTurns
from services.auth.settings_in_json import AppSettings, OpenIdSettings, ServiceClientSettings
from shared.crypto.data_keys import WrappingKeys
from shared.crypto.errors import KeysInvalid
from shared.kernel.retention import LEAST_DAYS, USUAL_DAYS
from shared.marketplaces.models import FarApp
from shared.marketplaces.ports import FarSide
from shared.marketplaces.registry import PROFILES
from shared.marketplaces.settings import (
    API_URLS_MEANING,
    RETAIN_LEAST_MOST,
    ByRegion,
    every_region,
    known_marketplaces,
    known_regions,
)
from shared.runtime import settings as runtime
from shared.runtime.settings import ServiceSettings, load_settings, secret_in_file

_PREFIX = "AUTH_"
# A year, at every marketplace we know where consents end.
_CONSENT_LASTS_DAYS = 365
_KEYS = (
    "Key-encryption keys, kid:base64 of 32 bytes, or aws-kms:ARN for one in AWS KMS, separated by commas: the first "
    "seals, all open. Or file:PATH of a file with them."
)
_GOES_ON = (
    "Whether a connection that still works when its consent's time is over goes on, with a warning each day; else "
    "nothing new is read or sent until the seller authorises again."
)
_KMS_URL = "Where AWS KMS is, for keys aws-kms:…; else the address of the key's own region."


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)

    key_encryption_keys: SecretStr = Field(description=_KEYS)
    aws_kms_url: str | None = Field(default=None, description=_KMS_URL)
    service_clients: tuple[ServiceClientSettings, ...] = Field(
        description="OAuth clients of our services, JSON: [{id, secret_hash (SHA-256, hex), scopes}]."
    )
    apps: Mapping[str, Mapping[str, AppSettings]] = Field(
        default_factory=dict,
        description="Our applications, JSON by marketplace and region: {client_id, client_secret}, and application_id, "
        "draft and listed where sellers consent on a page of the marketplace, listed_as (else Passerelle) where they "
        "delegate in its portal; secret_ends (YYYY-MM-DD) and secret_queue_url (SQS) where secrets end. A region "
        "without one is not offered.",
    )
    secret_replaced_days: int = Field(
        default=30,
        ge=8,
        le=90,
        description="How many days before the end of a client secret another is asked for, where the application has a "
        "queue; 8 to 90.",
    )
    operators_email: str | None = Field(
        default=None,
        pattern="^[^@ ]+@[^@ ]+$",
        description="Who is told by mail that a client secret of ours ends. None: logs and metrics tell it.",
    )
    delegation_proves: bool = Field(
        default=True,
        description="Whether a seller account that refused us after it was claimed and lets us in later is proven by "
        "that; else only by credentials of the seller's own or by the operator.",
    )
    consent_lasts_days: Mapping[str, PositiveInt] = Field(
        default_factory=dict, description="How long a seller's consent is good for, JSON by marketplace; else 365."
    )
    expired_goes_on: bool = Field(default=True, description=_GOES_ON)
    retain_days: float = Field(
        default=USUAL_DAYS,
        ge=LEAST_DAYS,
        le=RETAIN_LEAST_MOST,
        description="How many days after it was disconnected, or was last to be erased, a connection is deleted with "
        f"name, seller id and countries. At least {LEAST_DAYS:g}, at most {RETAIN_LEAST_MOST:g}.",
    )
    signing_key_days: int = Field(
        default=30, ge=1, le=365, description="After how many days another key signs service tokens; 1 to 365."
    )
    signing_key_overlap_hours: int = Field(
        default=24,
        ge=1,
        description="For how many hours the key before is published once another signs; 1 at least, as a token lives "
        "for ten minutes and whoever checks it keeps keys for ten more, and fewer than a key signs.",
    )
    password_max_age_days: PositiveInt = Field(
        default=365, description="After how many days a password must be changed at the next sign-in."
    )
    password_hash_mib: int = Field(
        default=64,
        ge=19,
        le=1024,
        description="How many MiB of memory Argon2id takes for a password, two at once; more make a stolen hash dearer "
        "to guess. A password is hashed anew at the next sign-in when this has changed.",
    )
    second_factor: SecondFactorRule = Field(
        default=SecondFactorRule.AMAZON,
        description="Whether whoever has no app for codes and no passkey must set one up. amazon: where the "
        "organisation has a connection to Amazon, from seven days after it was made, told before; required: "
        "everybody, at the next sign-in; optional: nobody, which Amazon does not allow.",
    )
    openid: OpenIdSettings | None = Field(
        default=None,
        description="An OpenID provider whose people may sign in without a password, JSON: {issuer, client_id, "
        "client_secret}, and name, two_factor_acr; None: not offered. Its redirect URI is …/signin/openid/callback. "
        "Needs a mail server, as only confirmed addresses are believed.",
    )
    smtp_host: str | None = Field(
        default=None,
        description="The mail server. None: no mail is sent, pages alone warn of what ends, no address is to be "
        "confirmed and no forgotten password is reset by its owner.",
    )
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "implicit", "none"] = Field(
        default="starttls",
        description="starttls (usual port 587), implicit TLS (465), or none: only on this machine.",
    )
    smtp_username: str | None = Field(default=None, description="None: the mail server asks for none.")
    smtp_password: SecretStr | None = None
    mail_from: str | None = Field(
        default=None, description="The address mails come from, with a name or without; needed where there is a server."
    )
    token_urls: Mapping[str, str] = Field(
        default_factory=dict, description="Token endpoints, JSON by marketplace; else the real ones."
    )
    central_urls: Mapping[str, ByRegion] = Field(
        default_factory=dict,
        description="Where sellers authorise us, JSON by marketplace and region, {country} in an address standing for "
        "the country's code; else the real addresses.",
    )
    api_urls: Mapping[str, ByRegion] = Field(default_factory=dict, description=API_URLS_MEANING)
    sandbox_api_urls: Mapping[str, ByRegion] = Field(
        default_factory=dict,
        description="The same of their own test endpoints, where a connection may be worked there; else the real ones.",
    )

    @field_validator("key_encryption_keys")
    @classmethod
    def _keys_parse(cls, value: SecretStr) -> SecretStr:
        return _checked_keys(value)

    @field_validator("apps")
    @classmethod
    def _apps_fit(cls, value: Mapping[str, Mapping[str, AppSettings]]) -> Mapping[str, Mapping[str, AppSettings]]:
        for name, by_region in known_regions(value).items():
            by_page = PROFILES[name].authorisation == "consent"
            if wrong := [region for region, app in by_region.items() if bool(app.application_id) != by_page]:
                wanted = "needs" if by_page else "has no"
                raise ValueError(f"{name} {', '.join(sorted(wrong))} {wanted} application_id")
            if PROFILES[name].secret_days is None and any(app.secret_queue_url for app in by_region.values()):
                raise ValueError(f"{name} sends no client secrets: no secret_queue_url")
        return value

    _marketplaces = field_validator("token_urls", "consent_lasts_days")(known_marketplaces)
    _addresses = field_validator("central_urls", "api_urls", "sandbox_api_urls")(every_region)

    @model_validator(mode="after")
    def _addresses_are_confirmed(self) -> Self:
        if self.openid and not self.smtp_host:
            raise ValueError("openid needs smtp_host: without it nobody's address is confirmed")
        return self

    @model_validator(mode="after")
    def _mail_server_is_whole(self) -> Self:
        if self.smtp_host and not (self.mail_from and "@" in self.mail_from):
            raise ValueError("mail_from is the address that mails come from")
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password go together")
        if self.smtp_username and self.smtp_security == "none":
            raise ValueError("smtp_password is not sent without TLS")
        return self

    @property
    def retention(self) -> timedelta:
        """How long a connection is kept after its end."""
        return timedelta(days=self.retain_days)

    @model_validator(mode="after")
    def _keys_retire(self) -> Self:
        """Else a successor comes before its predecessor's predecessor is gone, and none ever goes."""
        if self.signing_turns.overlap >= self.signing_turns.lasts:
            raise ValueError("signing_key_overlap_hours must be fewer than the hours of signing_key_days")
        return self

    @property
    def signing_turns(self) -> SigningTurns:
        return SigningTurns(timedelta(days=self.signing_key_days), timedelta(hours=self.signing_key_overlap_hours))

    def consent_lasts(self, marketplace: str) -> timedelta:
        return timedelta(days=self.consent_lasts_days.get(marketplace, _CONSENT_LASTS_DAYS))

    def far_side(self, marketplace: str) -> FarSide:
        """Where it is, and who we are there."""
        real = PROFILES[marketplace].real_addresses
        return FarSide(
            api_urls=self.api_urls.get(marketplace) or real.api_urls,
            central_urls=self._central_urls(marketplace) or real.central_urls,
            token_url=self.token_urls.get(marketplace) or real.token_url,
            sandbox_urls=self._sandbox_urls(marketplace),
            apps={
                region: FarApp(app.application_id, app.client_id, app.client_secret.get_secret_value(), app.draft)
                for region, app in self.apps.get(marketplace, {}).items()
            },
        )

    def _sandbox_urls(self, marketplace: str) -> Mapping[str, str] | None:
        profile = PROFILES[marketplace]
        own = self.sandbox_api_urls.get(marketplace) if profile.has_sandbox else None
        return own or profile.real_addresses.sandbox_urls

    def _central_urls(self, marketplace: str) -> Mapping[str, str]:
        """Those that were set: by country where there is a page for each, else by region."""
        by_region = self.central_urls.get(marketplace, {})
        countries = PROFILES[marketplace].places.regions or {region: region for region in by_region}
        return {
            country: by_region[region].replace("{country}", country)
            for country, region in countries.items()
            if region in by_region
        }


class MigrationSettings(runtime.MigrationSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX)

    key_encryption_keys: SecretStr | None = Field(
        default=None, description=_KEYS + " Without them the first signing key is made by the first process that runs."
    )

    aws_kms_url: str | None = Field(default=None, description=_KMS_URL)
    expired_goes_on: bool = Field(default=True, description=_GOES_ON)

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
    value = secret_in_file(value)
    try:
        WrappingKeys.parse(value.get_secret_value())
    except KeysInvalid as error:
        raise ValueError(str(error)) from None
    return value
