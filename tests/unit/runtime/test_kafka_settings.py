"""Who speaks to Kafka how: settings that fit together, or a sentence."""

from pathlib import Path

import pytest
from pydantic_settings import SettingsConfigDict

from shared.runtime import settings as runtime
from shared.runtime.settings import load_settings

SIGNED_IN = {
    "SECURITY_PROTOCOL": "SASL_SSL",
    "SASL_MECHANISM": "SCRAM-SHA-512",
    "SASL_USERNAME": "orders",
    "SASL_PASSWORD": "SECRET",
}


class Settings(runtime.MigrationSettings):
    model_config = SettingsConfigDict(env_prefix="X_")


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_DATABASE_URL", "postgresql+asyncpg://x:SECRET@db/x")


def given(monkeypatch: pytest.MonkeyPatch, told: dict[str, str]) -> None:
    for name, value in told.items():
        monkeypatch.setenv(f"X_KAFKA_{name}", value)


def test_nothing_said_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on one machine; with all that belongs together it signs in, and the password is not printed."""
    assert load_settings(Settings).kafka_security_protocol == "PLAINTEXT"
    given(monkeypatch, SIGNED_IN)
    settings = load_settings(Settings)
    assert settings.kafka_sasl_password is not None
    assert settings.kafka_sasl_password.get_secret_value() == "SECRET"
    assert "SECRET" not in repr(settings)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"SASL_MECHANISM": None}, "X_KAFKA_SASL_MECHANISM is needed with X_KAFKA_SECURITY_PROTOCOL=SASL_SSL"),
        ({"SASL_USERNAME": None}, "X_KAFKA_SASL_USERNAME is needed with X_KAFKA_SECURITY_PROTOCOL=SASL_SSL"),
        ({"SASL_PASSWORD": None}, "X_KAFKA_SASL_PASSWORD is needed with X_KAFKA_SECURITY_PROTOCOL=SASL_SSL"),
        ({"SECURITY_PROTOCOL": None}, "X_KAFKA_SASL_MECHANISM is not for X_KAFKA_SECURITY_PROTOCOL=PLAINTEXT"),
        ({"SECURITY_PROTOCOL": "SSL"}, "X_KAFKA_SASL_MECHANISM is not for X_KAFKA_SECURITY_PROTOCOL=SSL"),
        ({"SECURITY_PROTOCOL": "TLS"}, "X_KAFKA_SECURITY_PROTOCOL is not valid"),
        ({"SASL_MECHANISM": "GSSAPI"}, "X_KAFKA_SASL_MECHANISM is not valid"),
        ({"SASL_PASSWORD": ""}, "X_KAFKA_SASL_PASSWORD is not valid"),
        ({"SSL_CAFILE": "/nowhere/ca.crt"}, "X_KAFKA_SSL_CAFILE is not valid: there is no file of certificates"),
        ({"SSL_CAFILE": __file__}, "X_KAFKA_SSL_CAFILE is not valid: there is no file of certificates"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    changed: dict[str, str | None],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At the start and by name: not as a connection that is tried for ever."""
    given(monkeypatch, {name: value for name, value in (SIGNED_IN | changed).items() if value is not None})
    with pytest.raises(SystemExit):
        load_settings(Settings)
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(sentence)
    assert "SECRET" not in said


def test_authorities_are_for_encrypted_connections(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], certificate: Path
) -> None:
    """Whoever names them believes the connection to be encrypted."""
    given(monkeypatch, {"SSL_CAFILE": str(certificate)})
    with pytest.raises(SystemExit):
        load_settings(Settings)
    assert capsys.readouterr().err == "X_KAFKA_SSL_CAFILE is not for X_KAFKA_SECURITY_PROTOCOL=PLAINTEXT\n"
    given(monkeypatch, {"SECURITY_PROTOCOL": "SSL"})
    assert load_settings(Settings).kafka_ssl_cafile == str(certificate)
