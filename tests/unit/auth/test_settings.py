"""What auth must be told, and the sentence for each mistake."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.auth.domain.signing import TOKEN_SECONDS
from services.auth.offers_bootstrap import portals_of
from services.auth.secrets_bootstrap import our_clients
from services.auth.settings import load, load_for_migration
from shared.access.tokens import KEEP_SECONDS, LEEWAY_SECONDS
from shared.crypto.data_keys import WrappingKeys

KEY = base64.b64encode(b"k" * 32).decode()
ARN = "arn:aws:kms:eu-west-3:111122223333:key/0190b5a0-0000-7000-8000-000000000000"
APP = {"application_id": "a", "client_id": "c", "client_secret": "s"}
COMPLETE = {
    "AUTH_DATABASE_URL": "postgresql+asyncpg://auth@127.0.0.1/auth",
    "AUTH_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "AUTH_HTTP_PORT": "8001",
    "AUTH_METRICS_PORT": "8002",
    "AUTH_PUBLIC_URL": "https://passerelle.example",
    "AUTH_KEY_ENCRYPTION_KEYS": f"k1:{KEY}",
    "AUTH_APPS": json.dumps({"amazon": {"eu": APP}}),
    "AUTH_SERVICE_CLIENTS": json.dumps([{"id": "orders", "secret_hash": "0" * 64, "scopes": ["auth.tokens:use"]}]),
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        load()
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_the_real_far_side_is_the_default(environment: pytest.MonkeyPatch) -> None:
    """No address needs to be set for Amazon itself; without an application no region is offered."""
    environment.delenv("AUTH_APPS")
    real = load().far_side("amazon")
    assert real.token_url == "https://api.amazon.com/auth/o2/token"
    assert set(real.api_urls) == {"na", "eu", "fe"}
    assert real.apps == {}


def test_who_delegates_finds_us_by_a_name(environment: pytest.MonkeyPatch) -> None:
    """As the marketplace's portal lists us: ours, unless the operator's application has another."""
    app = {"client_id": "c", "client_secret": "s"}
    environment.setenv("AUTH_APPS", json.dumps({"octopia": {"eu": app}}))
    assert portals_of(load(), "octopia")["eu"].listed_as == "Passerelle"
    environment.setenv("AUTH_APPS", json.dumps({"octopia": {"eu": {**app, "listed_as": "Our shop tools"}}}))
    assert portals_of(load(), "octopia")["eu"].listed_as == "Our shop tools"


def test_plain_http_is_for_this_machine_only(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Consent needs a public https address (domain rule 35)."""
    environment.setenv("AUTH_PUBLIC_URL", "http://127.0.0.1:8080")
    assert load().public_url == "http://127.0.0.1:8080"
    environment.setenv("AUTH_PUBLIC_URL", "http://passerelle.example")
    assert "AUTH_PUBLIC_URL is not valid: must be https" in sentence(capsys)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AUTH_KEY_ENCRYPTION_KEYS", "k1:short", "is not valid"),
        ("AUTH_SERVICE_CLIENTS", '[{"id": "orders", "secret_hash": "abc", "scopes": []}]', "is not valid"),
        ("AUTH_CENTRAL_URLS", '{"amazon": {"na": "https://sellercentral.example"}}', "each of eu, fe, na"),
        ("AUTH_APPS", json.dumps({"amazon": {"moon": APP}}), "moon"),
        ("AUTH_APPS", '{"amazon": {"eu": {"client_id": "c", "client_secret": "s"}}}', "eu needs application_id"),
        ("AUTH_APPS", json.dumps({"octopia": {"eu": APP}}), "eu has no application_id"),
        ("AUTH_TOKEN_URLS", '{"nowhere": "https://token.example"}', "not nowhere"),
    ],
)
def test_a_wrong_setting_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, said: str
) -> None:
    """Its environment variable, what is wrong, and what it is for; never its value."""
    environment.setenv(name, value)
    text = sentence(capsys)
    assert name in text
    assert said in text
    assert KEY not in text


def test_a_missing_secret_has_no_default(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without keys auth does not start; `migrate` does."""
    environment.delenv("AUTH_KEY_ENCRYPTION_KEYS")
    assert "AUTH_KEY_ENCRYPTION_KEYS is not set" in sentence(capsys)
    assert load_for_migration().key_encryption_keys is None


def test_keys_may_be_in_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As Kubernetes and Compose mount a secret, with the newline that an editor leaves."""
    (tmp_path / "keys").write_text(f"k1:{KEY}\n")
    environment.setenv("AUTH_KEY_ENCRYPTION_KEYS", f"file:{tmp_path / 'keys'}")
    assert load().key_encryption_keys.get_secret_value() == f"k1:{KEY}"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("file:/nowhere", "no file there"),
        (f"aws-kms:{ARN}", "a key kid:base64 is needed"),
        (f"aws-kms:{ARN.replace('key/', 'alias/')},k1:{KEY}", "not an alias"),
        (f"aws-kms:,k1:{KEY}", "needs the ARN"),
        (f"aws-kms:{ARN},k1:{KEY},aws-kms:{ARN}", "twice"),
    ],
)
def test_keys_that_cannot_be_meant_are_refused(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: str, said: str
) -> None:
    """At the start, by a sentence, which quotes no key."""
    environment.setenv("AUTH_KEY_ENCRYPTION_KEYS", setting)
    told = sentence(capsys)
    assert said in told
    assert KEY not in told


def test_the_first_key_wraps_wherever_it_is(environment: pytest.MonkeyPatch) -> None:
    """Ours or AWS's; all of them unwrap."""
    for first, second, current in ((f"aws-kms:{ARN}", f"k1:{KEY}", ARN), (f"k1:{KEY}", f"aws-kms:{ARN}", "k1")):
        keys = WrappingKeys.parse(f"{first}, {second}")
        assert (keys.current, sorted(keys.kids)) == (current, [ARN, "k1"])


def test_an_application_of_several_regions_is_one_client(environment: pytest.MonkeyPatch) -> None:
    """One secret with one calendar: its end and its queue count wherever they are set."""
    queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/secrets"
    eu, na = APP | {"secret_ends": "2027-03-01"}, APP | {"secret_queue_url": queue}
    octopia = {"client_id": "o", "client_secret": "s"}
    environment.setenv("AUTH_APPS", json.dumps({"amazon": {"eu": eu, "na": na}, "octopia": {"eu": octopia}}))
    clients = our_clients(load())
    assert set(clients) == {"c", "o"}
    (given,), lasts = clients["c"].given, clients["c"].lasts
    assert (given.value, given.ends_at, lasts) == ("s", datetime(2027, 3, 1, tzinfo=UTC), timedelta(days=180))
    assert (clients["c"].queue_url, clients["o"].queue_url, clients["o"].lasts) == (queue, None, None)


@pytest.mark.parametrize(
    ("marketplace", "url", "said"),
    [
        ("amazon", "http://sqs.eu-west-1.amazonaws.com/1/secrets", "secret_queue_url"),
        ("octopia", "https://sqs.eu-west-1.amazonaws.com/1/secrets", "octopia sends no client secrets"),
    ],
)
def test_a_queue_that_cannot_be_meant_is_refused(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], marketplace: str, url: str, said: str
) -> None:
    """In clear over the network, or of a marketplace whose secrets last. The secret beside it is not printed."""
    app = {"client_id": "c", "client_secret": "s3cret-not-to-be-said", "secret_queue_url": url}
    app |= {"application_id": "a"} if marketplace == "amazon" else {}
    environment.setenv("AUTH_APPS", json.dumps({marketplace: {"eu": app}}))
    told = sentence(capsys)
    assert said in told
    assert "s3cret" not in told


def test_a_replaced_signing_key_stays_as_long_as_its_tokens(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An hour is more than a token lives and its checkers keep keys; none stays until the next turn."""
    environment.setenv("AUTH_SIGNING_KEY_DAYS", "1")
    environment.setenv("AUTH_SIGNING_KEY_OVERLAP_HOURS", "1")
    assert load().signing_turns.overlap > timedelta(seconds=TOKEN_SECONDS + LEEWAY_SECONDS + KEEP_SECONDS)
    environment.setenv("AUTH_SIGNING_KEY_OVERLAP_HOURS", "0")
    assert "AUTH_SIGNING_KEY_OVERLAP_HOURS is not valid: Input should be greater than or equal to 1" in sentence(capsys)
    environment.setenv("AUTH_SIGNING_KEY_OVERLAP_HOURS", "24")
    assert "signing_key_overlap_hours must be fewer" in sentence(capsys)
