"""What aiokafka is given to connect: as the settings say, for every kind of client."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from pydantic import SecretStr

from shared.messaging import consumer, kafka
from shared.messaging.consumer import run_consumer
from shared.messaging.kafka import KafkaSettings, TopicsNotMade, ensure_topics, kafka_of
from shared.runtime.settings import MigrationSettings

WHERE = {"database_url": "postgresql+asyncpg://x@db/x", "kafka_bootstrap_servers": "k:9093"}
USER: dict[str, Any] = {
    "kafka_sasl_mechanism": "SCRAM-SHA-512",
    "kafka_sasl_username": "orders",
    "kafka_sasl_password": SecretStr("SECRET"),
}


def told(**given: Any) -> KafkaSettings:
    return kafka_of(MigrationSettings.model_validate(WHERE | given))


async def test_plain_is_no_more_than_an_address() -> None:
    """Nothing of certificates and users."""
    assert told().connection() == {"bootstrap_servers": "k:9093", "security_protocol": "PLAINTEXT"}


async def test_encrypted_trusts_the_named_authority_alone(certificate: Path) -> None:
    """And always checks whose certificate it is; without a name those the system knows."""
    context = told(kafka_security_protocol="SSL", kafka_ssl_cafile=str(certificate)).connection()["ssl_context"]
    (authority,) = context.get_ca_certs()
    assert authority["subject"] == ((("commonName", "an authority"),),)
    for each in (context, told(kafka_security_protocol="SSL").connection()["ssl_context"]):
        assert (each.check_hostname, each.verify_mode) == (True, ssl.CERT_REQUIRED)


@pytest.mark.parametrize(("protocol", "encrypted"), [("SASL_SSL", True), ("SASL_PLAINTEXT", False)])
async def test_signing_in_names_the_user(protocol: str, encrypted: bool) -> None:
    """With the mechanism of the brokers; nothing that is printed shows the password."""
    settings = told(kafka_security_protocol=protocol, **USER)
    given = settings.connection()
    assert ("ssl_context" in given) is encrypted
    given.pop("ssl_context", None)
    assert given == {
        "bootstrap_servers": "k:9093",
        "security_protocol": protocol,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "orders",
        "sasl_plain_password": "SECRET",
    }
    assert "SECRET" not in repr(settings)


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
async def test_aiokafka_takes_it(protocol: str) -> None:
    """Every protocol the settings know, with what belongs to it."""
    user = USER if protocol.startswith("SASL") else {}
    given = told(kafka_security_protocol=protocol, **user).connection()
    for client in (AIOKafkaProducer, AIOKafkaConsumer):
        await client(**given).stop()


async def test_topics_are_made_and_events_read_as_we_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrating and consuming connect in the same way."""
    seen: list[dict[str, Any]] = []
    stop = asyncio.Event()

    class Away:
        def __init__(self, *_: str, **given: Any) -> None:
            seen.append(given)

        async def start(self) -> None:
            if len(seen) == 2:
                stop.set()
            raise KafkaConnectionError

        async def close(self) -> None: ...

        async def stop(self) -> None: ...

    monkeypatch.setattr(kafka, "AIOKafkaAdminClient", Away)
    monkeypatch.setattr(consumer, "AIOKafkaConsumer", Away)
    settings = told(kafka_security_protocol="SASL_PLAINTEXT", **USER)
    with pytest.raises(TopicsNotMade):
        await ensure_topics(settings, "orders")
    nothing: Any = None
    await run_consumer(service="orders", subscriptions=[], engine=nothing, bind=nothing, kafka=settings, stop=stop)
    assert [settings.connection().items() <= given.items() for given in seen] == [True, True]
