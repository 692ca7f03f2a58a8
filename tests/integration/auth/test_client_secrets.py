"""Client secrets of our own applications: replaced without a failed call, received without a loss."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from services.auth.domain.mail import Letter
from services.auth.entrypoints import gauges
from services.auth.entrypoints.secret_watch import keep_secrets, tend_secrets
from services.auth.vault import client_secrets
from tests.integration.auth.conftest import Running
from tests.integration.auth.rotating import CLIENT, ROTATE, Rotating, register, rotating, service

__all__ = ["rotating", "service"]

WEEK_SECONDS = 7 * 86_400.0


@dataclass
class Asking:
    """Callers of two processes who ask for new tokens all the time: what they were answered."""

    answers: list[int] = field(default_factory=list)

    @asynccontextmanager
    async def without_pause(self, *processes: Running) -> AsyncIterator[None]:
        stop = asyncio.Event()
        callers = [asyncio.create_task(self._call(each, number, stop)) for number, each in enumerate(processes)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*callers)

    async def some(self, more: int = 4) -> None:
        """Until so many more were answered."""
        wanted = len(self.answers) + more
        async with asyncio.timeout(90):
            while len(self.answers) < wanted:
                await asyncio.sleep(0.01)

    async def _call(self, auth: Running, number: int, stop: asyncio.Event) -> None:
        seller = await auth.sandbox.seller(region="eu")
        visitor = await auth.visitor().sign_up()
        await visitor.connect(seller["seller_id"])
        (connection,) = await visitor.connections()
        caller, version = await auth.service(), None
        while not stop.is_set():
            answer = await caller.post(
                f"/internal/v1/connections/{connection['id']}/access-token", json={"rejected": version}
            )
            self.answers.append(answer.status_code)
            version = answer.json().get("token_version", version)


async def test_no_token_fails_while_a_secret_is_replaced_and_the_old_one_dies(
    rotating: Rotating, another: Callable[[Running], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Two processes renew tokens without pause: the worker asks for another secret, receives it, and the old one dies a
    week later: no call fails, and nothing was restarted. Seen red with the secret of the settings alone, and with
    one that is kept in memory for ever.
    """
    monkeypatch.setattr(client_secrets, "KEPT_SECONDS", 0.2)
    asking = Asking()
    async with asking.without_pause(rotating.auth, another(rotating.auth)):
        await asking.some()
        await rotating.tend()
        await asking.some()
        while not await rotating.service.waiting(rotating.queue_url):
            await asyncio.sleep(0.05)
        await rotating.receive()
        await asyncio.sleep(0.3)
        await asking.some()
        await rotating.auth.sandbox.advance(WEEK_SECONDS + 60)
        await asking.some(10)
    assert set(asking.answers) == {200}
    new, old = await rotating.secrets()
    assert new.ends_at - old.ends_at == timedelta(days=173)
    assert await rotating.service.waiting(rotating.queue_url) == 0
    assert await rotating.audit() == [
        ("our_client.secret_kept", "settings", CLIENT),
        ("our_client.secret_asked", "before_end", CLIENT),
        ("our_client.secret_kept", "queue", CLIENT),
    ]


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Dying:
    """Stands for a part: its `step` is the last thing the process does, or is never done."""

    part: Any
    step: str
    is_done: bool

    def __getattr__(self, name: str) -> Any:
        if name != self.step:
            return getattr(self.part, name)

        async def killed(*given: Any, **named: Any) -> None:
            if self.is_done:
                await getattr(self.part, name)(*given, **named)
            raise Killed

        return killed

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Any]:
        """A transaction, as `part` is one of a unit of work: killed before or after its commit."""
        try:
            async with self.part() as store:
                yield store
                if not self.is_done:
                    raise Killed
        finally:
            if self.is_done:
                raise Killed


async def test_a_worker_that_is_killed_anywhere_loses_no_secret(rotating: Rotating) -> None:
    """
    Before and after each step of a turn at the queue: the next turn keeps the secret, once, and the message is gone.
    Seen red with the message deleted first, and with the digest left out of the table's constraint.
    """
    keeper = rotating.keeper
    for turn, (name, part, step) in enumerate(
        (name, part, step)
        for name, part, step in (
            ("queue", rotating.queue, "receive"),
            ("vault", keeper.vault, "sealed"),
            ("uow", keeper.uow, ""),
            ("queue", rotating.queue, "delete"),
        )
        for _ in range(2)
    ):
        await rotating.service.send(rotating.queue_url, new_secret(f"secret-{turn}"))
        with pytest.raises(Killed):
            await rotating.receive(**{name: Dying(part, step, is_done=turn % 2 == 1)})
        await rotating.receive()
        assert await rotating.service.waiting(rotating.queue_url) == 0
        assert len(await rotating.secrets()) == turn + 1
    assert len(await rotating.audit()) == 8
    stored = str([tuple(row) for row in await rotating.auth.rows("select sealed_secret, digest from client_secret")])
    assert "secret-0" not in stored


def new_secret(value: str, client_id: str = CLIENT, ends: str = "2027-03-18T10:00:00.000Z") -> str:
    payload = {"clientId": client_id, "newClientSecret": value, "newClientSecretExpiryTime": ends}
    return notification("APPLICATION_OAUTH_CLIENT_NEW_SECRET", "applicationOAuthClientNewSecret", payload)


def notification(kind: str, name: str, payload: dict[str, str]) -> str:
    return json.dumps({"notificationVersion": "1.0", "notificationType": kind, "payload": {name: payload}})


async def test_only_what_is_ours_leaves_the_queue(rotating: Rotating, capsys: pytest.CaptureFixture[str]) -> None:
    """
    Another deployment's secret, what cannot be read and other kinds stay; a told end is kept. No secret is printed.
    Seen red with everything deleted.
    """
    await rotating.tend()
    (mine,) = await rotating.secrets()
    expiry = {"clientId": CLIENT, "clientSecretExpiryTime": "2027-01-05T10:00:00.000Z"}
    for body in (
        new_secret("s3cret-of-others", "amzn1.client.of-others"),
        new_secret("", CLIENT),
        "s3cret-not-json",
        notification("ORDER_CHANGE", "orderChangeNotification", {"clientId": CLIENT}),
        notification("APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY", "applicationOAuthClientSecretExpiry", expiry),
    ):
        await rotating.service.send(rotating.queue_url, body)
    while await rotating.service.waiting(rotating.queue_url) > 5:  # that of the rotation that was asked for
        await rotating.receive()
    await rotating.receive()
    assert "s3cret" not in "".join(capsys.readouterr())
    assert await rotating.service.waiting(rotating.queue_url) == 4
    assert {row.client_id for row in await rotating.secrets()} == {mine.client_id}


@pytest.mark.parametrize(
    ("kind", "seconds", "asked_again"),
    [("throttle", None, True), ("timeout_after_effect", 0.1, False), ("server_error", None, False)],
)
async def test_what_may_have_been_asked_is_not_asked_again_at_once(
    rotating: Rotating, kind: str, seconds: float | None, asked_again: bool
) -> None:
    """A second secret at once would end the first one early: only what surely was not asked is asked again that day."""
    await rotating.auth.sandbox.fault(ROTATE, kind, times=1, **({"seconds": seconds} if seconds else {}))
    await rotating.tend()
    await rotating.tend()
    assert await rotating.asked() == 1 + asked_again
    rotating.auth.clock.ahead = timedelta(days=1, minutes=1)
    await rotating.tend()
    assert await rotating.asked() == 2 + asked_again
    noted = [action for action, *_ in await rotating.audit()].count("our_client.secret_asked")
    assert noted == 2  # and none for what was not asked


async def test_an_application_without_a_queue_there_is_told(rotating: Rotating) -> None:
    """Amazon answers 400: nothing is kept, the next try is a day later, and the other steps go on."""
    await register(rotating.auth.sandbox, "")
    letters = Letters()
    keeper = replace(rotating.keeper, mailer=letters, operators_email="ops@house.example")
    for _ in range(2):
        await tend_secrets(keeper)
    assert await rotating.asked() == 1
    (letter,) = letters.sent
    assert letter.to == "ops@house.example"
    assert "ends within 15 days" in letter.subject
    assert CLIENT in letter.text
    gauges.show_secrets(await _all(rotating), keeper.clients, rotating.auth.clock.now())
    assert 8 < gauges.secret_days.labels(CLIENT)._value.get() < 10
    gauges.show_secrets([], keeper.clients, rotating.auth.clock.now())
    assert math.isnan(gauges.secret_days.labels(CLIENT)._value.get())


async def _all(rotating: Rotating) -> Any:
    async with rotating.keeper.uow() as store:
        return await store.client_secrets.all()


@dataclass
class Letters:
    """A mail server that takes everything."""

    sent: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> None:
        self.sent.append(letter)


async def test_the_worker_hears_of_a_secret_and_ends_when_told(rotating: Rotating) -> None:
    """As a part of the process: a message is kept within seconds, and stopping does not wait for the queue."""
    stop = asyncio.Event()
    hearing = asyncio.create_task(keep_secrets(rotating.keeper, stop))
    await rotating.service.send(rotating.queue_url, new_secret("secret-of-the-queue"))
    async with asyncio.timeout(90):
        while not await rotating.secrets():
            await asyncio.sleep(0.1)
        stop.set()
        await hearing
