"""
Settings every service has, read once from the environment, under the service's prefix (`ORDERS_DATABASE_URL`).

A service's `settings.py` derives from these and hands its class to `load_settings`.
"""

import ssl
import sys
from pathlib import Path
from typing import Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ServerSettings(BaseSettings):
    """Where PostgreSQL and Kafka are, and how they know us."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True)

    database_url: SecretStr = Field(description="The service's own database, postgresql+asyncpg://role@host/database.")
    topic_prefix: str = Field(default="", description="Put before every topic and consumer group name.")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="How brokers are spoken to: SSL is encrypted, SASL signs in."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        default=None, description="How we sign in to brokers, with SASL_PLAINTEXT and SASL_SSL."
    )
    kafka_sasl_username: str | None = Field(default=None, min_length=1, description="As whom we sign in to brokers.")
    kafka_sasl_password: SecretStr | None = Field(default=None, min_length=1, description="The password of that user.")
    kafka_ssl_cafile: str | None = Field(
        default=None,
        description="A file with the authorities that sign the brokers' certificates, with SSL and SASL_SSL; without "
        "it those the system knows.",
    )

    @field_validator("database_url")
    @classmethod
    def _driver_is_ours(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith("postgresql+asyncpg://"):
            raise ValueError("must begin with postgresql+asyncpg://")
        return value

    @field_validator("kafka_ssl_cafile")
    @classmethod
    def _authorities_are_read(cls, value: str | None) -> str | None:
        try:
            return value if value is None else _authorities_in(value)
        except (OSError, ssl.SSLError):
            raise ValueError("there is no file of certificates in PEM there") from None

    @model_validator(mode="after")
    def _kafka_fits_together(self) -> Self:
        signs_in, encrypted = self.kafka_security_protocol.startswith("SASL"), "SSL" in self.kafka_security_protocol
        for field in ("kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password"):
            if (getattr(self, field) is not None) is not signs_in:
                self._refuse(field, "is needed with" if signs_in else "is not for")
        if self.kafka_ssl_cafile is not None and not encrypted:
            self._refuse("kafka_ssl_cafile", "is not for")
        return self

    def _refuse(self, field: str, why: str) -> None:
        protocol = environment_name(type(self), "kafka_security_protocol")
        raise ValueError(f"{environment_name(type(self), field)} {why} {protocol}={self.kafka_security_protocol}")


class MigrationSettings(ServerSettings):
    """What `migrate` and operators' commands need: they run before auth and its clients exist."""

    kafka_bootstrap_servers: str | None = Field(
        default=None, description="Kafka brokers, host:port separated by commas; without them no topics are made."
    )


class ServiceSettings(ServerSettings):
    """What every process of every service is told."""

    kafka_bootstrap_servers: str = Field(description="Kafka brokers, host:port separated by commas.")
    instance_id: str | None = Field(
        default=None, description="A name of this copy of the process, the same after a restart (Kafka membership)."
    )
    http_host: str = Field(default="127.0.0.1", description="The address pages and APIs listen on.")
    http_port: int = Field(ge=1, le=65535, description="The port pages and APIs listen on.")
    metrics_port: int = Field(ge=1, le=65535, description="The port of health and metrics of this process.")
    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses whose X-Forwarded-* headers are believed, separated by commas."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged.")
    log_format: Literal["json", "console"] = Field(default="json", description="One JSON object a line, or for eyes.")
    public_url: str = Field(description="Where sellers reach us, without a path; https, but for a loopback address.")
    otlp_endpoint: str | None = Field(
        default=None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Where traces are sent (OTLP over HTTP); without it no trace leaves the process.",
    )

    @field_validator("public_url")
    @classmethod
    def _https_outside(cls, value: str) -> str:
        url = urlsplit(value)
        if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.query:
            raise ValueError("must be an address such as https://passerelle.example, without a path")
        if url.scheme == "http" and url.hostname not in _LOOPBACK:
            raise ValueError("must be https (plain http is for 127.0.0.1 and localhost only)")
        return value.rstrip("/")


class InternalCallerSettings(ServiceSettings):
    """What a service needs to call another one: where auth is, and its own OAuth client there."""

    auth_url: str = Field(description="Base URL of auth's internal API.")
    client_id: str = Field(description="This service's OAuth client at auth.")
    client_secret: SecretStr = Field(description="The secret of this service's OAuth client.")


def secret_in_file(value: SecretStr) -> SecretStr:
    """What the file holds, where a secret is given as file:PATH (as Kubernetes and Compose mount one); else itself."""
    kind, _, path = value.get_secret_value().partition(":")
    if kind != "file":
        return value
    try:
        return SecretStr(Path(path).read_text().strip())
    except (OSError, UnicodeDecodeError):
        raise ValueError("there is no file there that can be read") from None


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load_settings(settings: type[SettingsT]) -> SettingsT:
    """
    The settings from the environment.

    Where one is missing or wrong: a sentence for each (of those that are no JSON: for the first) on standard error, and
    the process ends with status 2. Values are never shown.
    """
    try:
        return settings()
    except ValidationError as error:
        for sentence in _sentences(settings, error):
            sys.stderr.write(sentence + "\n")
    except SettingsError as error:
        sys.stderr.write(_not_json(settings, error) + "\n")
    raise SystemExit(2)


def environment_name(settings: type[BaseSettings], field: str) -> str:
    """The environment variable a field is read from."""
    alias = settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{settings.model_config.get('env_prefix', '')}{field}".upper()


def _authorities_in(path: str) -> str:
    ssl.create_default_context(cafile=path)
    return path


def _not_json(settings: type[BaseSettings], error: SettingsError) -> str:
    """A list or mapping that cannot be read: only the message says which it is, and it quotes no value."""
    said = str(error)
    field = next((name for name in settings.model_fields if f'"{name}"' in said), None)
    return said if field is None else f"{environment_name(settings, field)} is not valid: it must be JSON"


def _sentences(settings: type[BaseSettings], error: ValidationError) -> list[str]:
    return [_sentence(settings, dict(problem)) for problem in error.errors(include_url=False, include_input=False)]


def _sentence(settings: type[BaseSettings], problem: dict[str, object]) -> str:
    location, said = problem["loc"], str(problem["msg"]).removeprefix("Value error, ")
    path = [str(part) for part in location] if isinstance(location, tuple) else []
    if not path:  # of several settings together: it names them itself
        return said
    name = environment_name(settings, path[0]) if path and path[0] in settings.model_fields else ".".join(path)
    field = settings.model_fields.get(path[0]) if path else None
    meaning = f" ({field.description})" if field and field.description else ""
    if problem["type"] == "missing":
        return f"{name} is not set{meaning}"
    inside = f" at {'.'.join(path[1:])}" if path[1:] else ""
    return f"{name} is not valid{inside}: {said}{meaning}"
