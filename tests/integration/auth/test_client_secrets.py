"""Client secrets of our own applications: replaced without a failed call, received without a loss."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.auth.__main__ import _parser
from services.auth.adapters import sqs
from services.auth.adapters.sqs import SqsQueue
from services.auth.domain.mail import Letter
from services.auth.entrypoints import gauges, secrets_operator
from services.auth.entrypoints.secret_watch import hear_of_secrets, tend_secrets
from services.auth.secrets_bootstrap import SecretKeeper
from services.auth.usecases.client_secrets import take_messages
from services.auth.vault import client_secrets
from shared.kernel.clock import SystemClock
from tests.infrastructure import MakeDatabase
from tests.integration.auth.conftest import APP, PUBLIC_URL, Running, run_auth, settings_for
from tests.key_service import CREDENTIALS, REGION, KeyService, key_service
from tests.sandbox_client import Sandbox

CLIENT = APP["client_id"]
WEEK_SECONDS = 7 * 86_400.0
ROTATE = "amazon.rotateApplicationClientSecret"


@pytest.fixture(scope="module")
def service() -> Iterator[KeyService]:
    with key_service() as running:
        yield running


@dataclass
class Rotating:
    """auth whose application at Amazon has a queue, and a secret that ends in ten days; the worker's turns."""

    auth: Running
    queue_url: str
    service: KeyService
    queue: SqsQueue

    @property
    def keeper(self) -> SecretKeeper:
        return self.auth.held.client_secrets

    async def tend(self) -> None:
        await tend_secrets(self.keeper)

    async def receive(self, **instead: Any) -> None:
        parts: dict[str, Any] = {"queue": self.queue, "uow": self.keeper.uow, "vault": self.keeper.vault} | instead
        port = self.keeper.queues()[self.queue_url]
        await take_messages(clients=self.keeper.clients, port=port, clock=self.auth.clock, **parts)

    async def secrets(self) -> list[Any]:
        """Newest first."""
        return await self.auth.rows("select * from client_secret order by began_at desc")

    async def audit(self) -> list[tuple[str, str, str]]:
        rows = await self.auth.rows(
            "select action, reason, after from audit where action like 'our_client.%' order by id"
        )
        return [tuple(row) for row in rows]

    async def asked(self) -> int:
        return int((await self.auth.sandbox.calls(ROTATE))["count"])


@pytest.fixture
async def rotating(
    migrated_database: MakeDatabase,
    sandbox_url: str,
    sandbox: Sandbox,
    service: KeyService,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Rotating]:
    for name, value in (CREDENTIALS | {"AWS_DEFAULT_REGION": REGION}).items():
        monkeypatch.setenv(name, value)
    url = await service.new_queue()
    await register(sandbox, url)
    ends = (SystemClock().now() + timedelta(days=10)).date().isoformat()
    app = APP | {"secret_queue_url": url, "secret_ends": ends}
    auth = run_auth(settings_for(migrated_database("auth"), sandbox_url, apps={"amazon": {"eu": app}}), sandbox)
    monkeypatch.setattr(sqs, "WAIT_SECONDS", 1)
    queue = SqsQueue(url, ours_seconds=0)
    yield Rotating(auth, url, service, queue)
    await queue.close()
    await auth.close()


async def register(sandbox: Sandbox, queue_url: str, *secrets: str) -> None:
    await sandbox.app(
        APP["application_id"],
        CLIENT,
        [APP["client_secret"], *secrets],
        redirect_uris=[f"{PUBLIC_URL}/connections/amazon/callback"],
        queue_url=queue_url,
    )


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

    async def some(self, more: int = 8) -> None:
        """Until so many more were answered."""
        wanted = len(self.answers) + more
        async with asyncio.timeout(30):
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
        await asking.some(20)
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


def new_secret(value: str, client_id: str = CLIENT) -> str:
    payload = {"clientId": client_id, "newClientSecret": value, "newClientSecretExpiryTime": "2027-03-18T10:00:00.000Z"}
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
    hearing = asyncio.create_task(hear_of_secrets(rotating.keeper, stop))
    await rotating.service.send(rotating.queue_url, new_secret("secret-of-the-queue"))
    async with asyncio.timeout(20):
        while not await rotating.secrets():
            await asyncio.sleep(0.1)
        stop.set()
        await hearing


# Words and what is typed -> the status, and what was said.
Secrets = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def secrets(rotating: Rotating, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Secrets:
    """The operator's commands, as typed; `secret` goes into a file."""

    async def run(*words: str, secret: str | None = None) -> tuple[int, str]:
        capsys.readouterr()
        if secret is not None:
            (tmp_path / "secret").write_text(secret + "\n")
            words = (*words, "--file", str(tmp_path / "secret"))
        with capture_logs():
            status = await secrets_operator.run(_parser().parse_args(["secrets", *words]), rotating.auth.settings)
        return status, "".join(capsys.readouterr())

    return run


async def test_an_operator_replaces_a_secret_by_hand(rotating: Rotating, secrets: Secrets) -> None:
    """
    What the marketplace refuses is not kept; what it knows is used from then on, beside the one before, and written
    down; the table says when each ends, and by its status that one ends soon. No secret is shown.
    """
    assert await secrets("set", "--client", "nobodys", secret="x") == (
        2, "no application of the settings has this client id\n",
    )  # fmt: skip
    status, said = await secrets("set", "--client", CLIENT, secret="two words")
    assert (status, "one word" in said) == (2, True)
    status, said = await secrets("set", "--client", CLIENT, secret="n3w-secret")
    assert (status, said) == (1, "the marketplace refuses it: nothing was kept\n")
    assert await rotating.secrets() == []
    await rotating.tend()
    assert (await secrets("list"))[0] == 3
    await register(rotating.auth.sandbox, rotating.queue_url, "n3w-secret")
    status, said = await secrets("set", "--client", CLIENT, "--ends", "2099-01-01", "--json", secret="n3w-secret")
    assert status == 0
    newest = json.loads(said)[0]
    assert (newest["state"], newest["ends_at"], newest["end"]) == ("newest", "2099-01-01T00:00:00Z", "told")
    assert (await secrets("set", "--client", CLIENT, secret="n3w-secret"))[0] == 1
    status, said = await secrets("list")
    assert (status, "former" in said, "n3w" in said, "s3cret" in said) == (0, True, False, False)
    assert ("our_client.secret_kept", "operator", CLIENT) in await rotating.audit()


async def test_an_operator_asks_for_another_at_once(rotating: Rotating, secrets: Secrets) -> None:
    """Long before the end, and once a day; where there is no queue the command says what to do instead."""
    assert (await secrets("rotate", "--client", CLIENT))[0] == 0
    assert (await secrets("rotate", "--client", CLIENT))[0] == 1
    assert await rotating.asked() == 1
    app = rotating.auth.settings.apps["amazon"]["eu"].model_copy(update={"secret_queue_url": None})
    rotating.auth.settings = rotating.auth.settings.model_copy(update={"apps": {"amazon": {"eu": app}}})
    status, said = await secrets("rotate", "--client", CLIENT)
    assert (status, "secrets set" in said) == (2, True)
