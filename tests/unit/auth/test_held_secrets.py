"""Which client secrets a process asks with: the newest it can read, whatever is away."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID

import pytest

from services.auth.domain.client_secret import ClientSecret, OurClient
from services.auth.entrypoints.secret_letter import SecretLetter
from services.auth.usecases.ports import Store
from services.auth.vault.client_secrets import KEPT_SECONDS, HeldClientSecrets, SealedClientSecrets
from shared.crypto.data_keys import DataKeys, WrappingKeys
from shared.db.errors import DatabaseUnavailable
from shared.kernel.errors import Unavailable
from shared.marketplaces.models import FarApp
from tests.unit.auth.test_client_secret import BEGAN, DAY, secret
from tests.unit.marketplaces.far_side import StoppedClock

APP = FarApp("app", "client", "of-the-settings", draft=False)


def vault(key: bytes) -> SealedClientSecrets:
    keys = WrappingKeys.parse("k1:" + base64.b64encode(key * 32).decode())
    return SealedClientSecrets(DataKeys(keys, StoppedClock()))


@dataclass
class Rows:
    """The table, which may be away."""

    kept: list[ClientSecret] = field(default_factory=list)
    away: bool = False

    @asynccontextmanager
    async def reads(self) -> AsyncIterator[Store]:
        if self.away:
            raise DatabaseUnavailable
        yield cast(Any, self)

    @property
    def client_secrets(self) -> "Rows":
        return self

    async def of(self, client_id: str) -> list[ClientSecret]:
        assert client_id == APP.client_id
        return self.kept

    async def keep(self, value: str, key: bytes = b"1") -> None:
        made = await vault(key).sealed(APP.client_id, value, BEGAN, ends_at=None, end_is_told=False)
        self.kept.insert(0, made)


async def test_the_newest_is_first_and_what_was_just_set_before_it() -> None:
    """Nothing kept: the settings' alone. Another kept: first within ten seconds. Seen red with no end of those."""
    rows, clock = Rows(), StoppedClock(BEGAN)
    held = HeldClientSecrets(rows.reads, vault(b"1"), clock)
    assert await held.of(APP) == ("of-the-settings",)
    await rows.keep("of-the-settings")
    await rows.keep("another")
    assert await held.of(APP) == ("of-the-settings",)
    clock.time += DAY * KEPT_SECONDS / 86_400
    assert await held.of(APP) == ("another", "of-the-settings")
    just_set = replace(APP, client_secret="just-set")
    assert await held.of(just_set) == ("just-set", "another", "of-the-settings")


async def test_who_cannot_read_goes_on_with_what_was_read() -> None:
    """The database away: what is known stays good; where nothing is, it is Unavailable, never our secret refused."""
    rows, clock = Rows(), StoppedClock(BEGAN)
    held = HeldClientSecrets(rows.reads, vault(b"1"), clock)
    rows.away = True
    with pytest.raises(Unavailable):
        await held.of(APP)
    rows.away = False
    await rows.keep("another")
    assert await held.of(APP) == ("of-the-settings", "another")
    rows.away = True
    clock.time += DAY
    assert await held.of(APP) == ("of-the-settings", "another")


async def test_what_does_not_open_or_was_destroyed_is_passed_over() -> None:
    """A lost key-encryption key takes no token along as long as the settings' secret is good."""
    rows = Rows()
    await rows.keep("of-the-settings", key=b"2")
    await rows.keep("destroyed")
    rows.kept[0] = replace(rows.kept[0], data_key=b"", sealed=b"")
    held = HeldClientSecrets(rows.reads, vault(b"1"), StoppedClock(BEGAN))
    assert await held.of(APP) == ("of-the-settings",)
    assert "of-the-settings" not in repr(rows.kept)


def test_a_warning_that_is_sent_again_is_the_same_mail() -> None:
    """One id for each secret and day; what is to be done, and that an end was only counted."""
    by_hand = OurClient("client", "amazon", "eu", 180 * DAY, None, ())
    write, one = SecretLetter("ops@house.example"), secret()
    first, again, later = (write(by_hand, one, days) for days in (30, 30, 15))
    assert first == again
    assert later.id != first.id
    assert "secrets set" in first.text
    assert "counted" in first.text
    by_itself = write(replace(by_hand, queue_url="https://sqs.example/1/q"), replace(one, end_is_told=True), 30)
    assert "by itself" in by_itself.text
    assert "counted" not in by_itself.text
    assert by_itself.id == first.id != write(by_hand, replace(one, id=UUID(int=2)), 30).id
