"""The laws of what this service is told: a sentence for each thing that is wrong, never a value."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from services.orders import bootstrap
from services.orders.settings import Settings, load
from shared.crypto.keyring import KeyRing
from shared.http.outward import Outward
from shared.marketplaces.registry import PACES
from tests.unit.orders.builders import TestClock

KEY = "k1:" + base64.b64encode(bytes(32)).decode()
GIVEN = {
    "ORDERS_DATABASE_URL": "postgresql+asyncpg://orders@127.0.0.1/orders",
    "ORDERS_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "ORDERS_HTTP_PORT": "8101",
    "ORDERS_METRICS_PORT": "9101",
    "ORDERS_PUBLIC_URL": "http://127.0.0.1:8080",
    "ORDERS_AUTH_URL": "http://127.0.0.1:8100",
    "ORDERS_CLIENT_ID": "orders",
    "ORDERS_CLIENT_SECRET": "hidden",
    "ORDERS_KEY_ENCRYPTION_KEYS": KEY,
}


def settings(monkeypatch: pytest.MonkeyPatch, **changes: str) -> Settings:
    for name, value in (GIVEN | changes).items():
        monkeypatch.setenv(name, value)
    return load()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ORDERS_KEY_ENCRYPTION_KEYS", "c2VjcmV0", "must be written kid:base64"),
        ("ORDERS_KEY_ENCRYPTION_KEYS", "k1:c2VjcmV0", "k1 has 6 bytes, must be 32"),
        ("ORDERS_API_URLS", json.dumps({"amazon": {"eu": "http://127.0.0.1:9900"}}), "each of eu, fe, na"),
        ("ORDERS_API_URLS", json.dumps({"nowhere": {}}), "not nowhere"),
        ("ORDERS_POLL_INTERVAL_SECONDS", '{"amazon": 0}', "ORDERS_POLL_INTERVAL_SECONDS is not valid"),
        ("ORDERS_KEEP_DAYS", '{"amazon": 31}', "amazon allows 30 days at most"),
        ("ORDERS_RETAIN_DAYS", '{"amazon": 541}', "amazon allows 540 days at most"),
        ("ORDERS_RETAIN_DAYS", '{"octopia": 399}', "400 days are the least"),
        ("ORDERS_RETAIN_DAYS", '{"nowhere": 500}', "not nowhere"),
        ("ORDERS_FIRST_WINDOW_DAYS", "-1", "ORDERS_FIRST_WINDOW_DAYS is not valid"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, said: str
) -> None:
    """Exit status 2; the value is not shown."""
    with pytest.raises(SystemExit) as ended:
        settings(monkeypatch, **{name: value})
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert said in told
    assert "c2VjcmV0" not in told


def test_a_marketplace_is_read_as_its_profile_says_but_for_what_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting is by marketplace and leaves the rest of the profile's pace as it is."""
    pace = settings(monkeypatch, ORDERS_POLL_INTERVAL_SECONDS='{"amazon": 60}').pace("amazon")
    assert pace == replace(PACES["amazon"], interval_seconds=60)


def test_orders_of_every_marketplace_are_kept_for_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """18 times 30 days, but for what was set; longer only where the marketplace has no limit."""
    told = settings(monkeypatch, ORDERS_RETAIN_DAYS='{"octopia": 1000}').retention
    assert told == {"amazon": timedelta(days=540), "octopia": timedelta(days=1000)}


async def test_every_marketplace_we_know_can_be_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its calls of kind `poll`, and an address by settings or the real one."""
    clock = TestClock()
    outward = Outward(clock)
    polling = bootstrap.polling_of(settings(monkeypatch), KeyRing.parse(KEY), outward, clock)
    assert set(polling.marketplaces) == set(polling.operations) == set(PACES)
    assert all(polling.operations.values())
    await outward.close()
