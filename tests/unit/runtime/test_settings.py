"""Settings are read once, and what is wrong with them is a sentence each."""

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import InternalCallerSettings, environment_name, load_settings

GOOD = {
    "X_DATABASE_URL": "postgresql+asyncpg://x:SECRET@db/x",
    "X_KAFKA_BOOTSTRAP_SERVERS": "k:9092",
    "X_HTTP_PORT": "8001",
    "X_METRICS_PORT": "9001",
    "X_PUBLIC_URL": "https://passerelle.example/",
    "X_AUTH_URL": "http://auth:8000",
    "X_CLIENT_ID": "x",
    "X_CLIENT_SECRET": "SECRET",
}


class Settings(InternalCallerSettings):
    model_config = SettingsConfigDict(env_prefix="X_")


class WithList(Settings):
    apps: tuple[str, ...] = Field(default=(), description="A list, JSON.")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_settings_come_from_the_environment() -> None:
    """Under the service's prefix, typed, with the public URL without its last slash."""
    settings = load_settings(Settings)
    assert (settings.http_port, settings.public_url, settings.instance_id) == (8001, "https://passerelle.example", None)


def test_secrets_are_not_printed() -> None:
    """A settings object in a trace shows no secret; the database's address counts as one."""
    settings = load_settings(Settings)
    assert "SECRET" not in repr(settings)
    assert isinstance(settings.database_url, SecretStr)


def test_each_missing_setting_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that is missing or wrong is said at once, by its environment name and meaning, without its value."""
    monkeypatch.delenv("X_AUTH_URL")
    monkeypatch.setenv("X_HTTP_PORT", "SECRET")
    with pytest.raises(SystemExit) as ended:
        load_settings(Settings)
    said = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert said[0].startswith("X_HTTP_PORT is not valid: Input should be a valid integer")
    assert said[1] == "X_AUTH_URL is not set (Base URL of auth's internal API.)"
    assert len(said) == 2
    assert "SECRET" not in "".join(said)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://passerelle.example", True),
        ("https://passerelle.example:8443", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://passerelle.example", False),
        ("https://passerelle.example/app", False),
        ("https://passerelle.example?x=1", False),
        ("passerelle.example", False),
        ("", False),
    ],
)
def test_the_public_url_is_https_but_for_loopback(url: str, good: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Consent codes and session cookies travel to it: plain http only where nothing leaves the machine."""
    monkeypatch.setenv("X_PUBLIC_URL", url)
    if good:
        assert load_settings(Settings).public_url == url
        return
    with pytest.raises(SystemExit):
        load_settings(Settings)


def test_another_driver_of_the_database_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As servers give their addresses: without ours. Seen red with none: a trace at the first connection."""
    monkeypatch.setenv("X_DATABASE_URL", "postgresql://x:SECRET@db/x")
    with pytest.raises(SystemExit) as ended:
        load_settings(Settings)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("X_DATABASE_URL is not valid: must begin with postgresql+asyncpg://")
    assert "SECRET" not in said


def test_what_is_no_json_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Lists and mappings are JSON: a slip in one names the setting, shows no value, and is no crash."""
    monkeypatch.setenv("X_APPS", '["SECRET"')
    with pytest.raises(SystemExit) as ended:
        load_settings(WithList)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "X_APPS is not valid: it must be JSON\n"


def test_the_trace_endpoint_has_its_standard_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_EXPORTER_OTLP_ENDPOINT, without a prefix."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    assert load_settings(Settings).otlp_endpoint == "http://collector:4318"
    assert environment_name(Settings, "otlp_endpoint") == "OTEL_EXPORTER_OTLP_ENDPOINT"
    assert environment_name(Settings, "client_secret") == "X_CLIENT_SECRET"


def test_every_setting_says_what_it_is() -> None:
    """The contracts page and the sentences above are made of the descriptions."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
