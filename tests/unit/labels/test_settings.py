"""How marketplaces are read back, by settings and by what each declares."""

import pytest

from services.labels.domain.write_back import Timing
from services.labels.settings import Settings, load
from shared.marketplaces.registry import CAPABILITIES

GIVEN = {
    "LABELS_DATABASE_URL": "postgresql+asyncpg://labels@127.0.0.1/labels",
    "LABELS_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "LABELS_HTTP_PORT": "8101",
    "LABELS_METRICS_PORT": "9101",
    "LABELS_PUBLIC_URL": "http://127.0.0.1:8080",
    "LABELS_AUTH_URL": "http://127.0.0.1:8100",
    "LABELS_CLIENT_ID": "labels",
    "LABELS_CLIENT_SECRET": "hidden",
    "LABELS_ORDERS_URL": "http://127.0.0.1:8102",
}


def settings(monkeypatch: pytest.MonkeyPatch, **changes: str) -> Settings:
    for name, value in (GIVEN | changes).items():
        monkeypatch.setenv(name, value)
    return load()


def test_every_marketplace_is_read_back_as_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set: each has its own read lag, and repeats only what is missing by it."""
    made = settings(monkeypatch)
    for name, usual in CAPABILITIES.items():
        timing = made.timing(name)
        assert timing.lag_seconds == usual.read_lag_seconds <= timing.repeat_after_seconds


def test_settings_are_by_marketplace(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left out stays as declared."""
    made = settings(
        monkeypatch,
        LABELS_READ_BACK_SECONDS='{"amazon": 2}',
        LABELS_READ_BACK_LAG_SECONDS='{"amazon": 10}',
        LABELS_REPEAT_AFTER_SECONDS='{"amazon": 20}',
    )
    assert made.timing("amazon") == Timing(2, 10, 20)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LABELS_READ_BACK_SECONDS", '{"nowhere": 2}', "marketplaces are"),
        ("LABELS_READ_BACK_LAG_SECONDS", '{"amazon": 0}', "greater than 0"),
        ("LABELS_REPEAT_AFTER_SECONDS", '{"amazon": 60}', "of amazon must not be less than"),
        ("LABELS_RETAIN_DAYS", '{"amazon": 541}', "amazon allows 540 days at most"),
    ],
)
def test_a_wrong_timing_ends_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, said: str
) -> None:
    """An unknown marketplace, no time at all, a repeat before the number can be missing."""
    with pytest.raises(SystemExit):
        settings(monkeypatch, **{name: value})
    assert said in capsys.readouterr().err
