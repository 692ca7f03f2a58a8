"""auth whose application at Amazon has a queue where new client secrets come, and the turns of its worker."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from services.auth.adapters import sqs
from services.auth.adapters.sqs import SqsQueue
from services.auth.entrypoints.secret_watch import tend_secrets
from services.auth.secrets_bootstrap import SecretKeeper
from services.auth.usecases.client_secrets import take_messages
from shared.kernel.clock import SystemClock
from tests.infrastructure import MakeDatabase
from tests.integration.auth.conftest import APP, PUBLIC_URL, Running, run_auth, settings_for
from tests.key_service import CREDENTIALS, REGION, KeyService, key_service
from tests.sandbox_client import Sandbox

CLIENT = APP["client_id"]
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
    monkeypatch.setattr(sqs, "WAIT_SECONDS", 0)
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
