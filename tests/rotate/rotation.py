"""As the runbook says: the new key opens, then it seals, everything is rewrapped, the old one goes."""

import asyncio
import base64
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from services.auth.settings import Settings
from services.auth.vault.seals import GrantSeals
from shared.crypto.errors import CryptoError
from shared.kernel.ids import GrantId, new_id
from shared.marketplaces.models import OAuthAnswer
from tests.integration.auth.conftest import APP, PUBLIC_URL, Running, run_auth
from tests.integration.auth.processes import api_process, environment_of
from tests.rotate.load import Load
from tests.sandbox_client import Sandbox

# Sellers whose tokens are asked for; further grants, so that a rotation takes long enough to be killed in the middle.
SELLERS = 12
FURTHER = 3_000
_PROCESSES = 2
# Under load, which is not what is measured here.
_START_SECONDS = 180
_KILLED_AFTER = 1_000


def new_key(kid: str) -> str:
    return f"{kid}:" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass
class Outcome:
    """`troubles`: what is not as it should be, beside requests that failed."""

    keys: int = 0
    requests: int = 0
    renewed: int = 0
    failed: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


@dataclass
class Deployment:
    """API processes behind a load balancer, restarted one after the other with another setting."""

    settings: Settings
    sandbox: Sandbox
    load: Load
    _running: list[tuple[str, AsyncExitStack]] = field(default_factory=list)

    def with_keys(self, setting: str) -> Settings:
        return self.settings.model_copy(update={"key_encryption_keys": SecretStr(setting)})

    async def roll(self, setting: str) -> None:
        """While both settings run, one more seller connects where the new one does, and is asked for everywhere."""
        old, self._running = self._running, []
        for number in range(_PROCESSES):
            stack = AsyncExitStack()
            starting = api_process(self.with_keys(setting), start_seconds=_START_SECONDS)
            url = (await stack.enter_async_context(starting)).url
            self._running.append((url, stack))
            self.load.processes.append(url)
            if number == 0 and old:
                await self._one_more(setting)
            if old:
                gone, its = old.pop(0)
                await self.load.leave(gone)
                await its.aclose()

    async def _one_more(self, setting: str) -> None:
        async with parts(self.with_keys(setting), self.sandbox) as auth:
            self.load.connections += await connect(auth, 1)
        await asyncio.sleep(1)

    async def end(self) -> None:
        for _, stack in self._running:
            await stack.aclose()


async def rotate(settings: Settings, sandbox: Sandbox, say: Callable[[str], None]) -> Outcome:
    """What became of it; `say` is told how far it came."""
    old, new = new_key("k1"), new_key("k2")
    deployment = Deployment(settings, sandbox, Load([]))
    load, stop = deployment.load, asyncio.Event()
    async with parts(deployment.with_keys(old), sandbox) as auth:
        load.connections += await connect(auth, SELLERS)
        await _add_grants(auth, FURTHER)
        before = await _wrapped(auth)
        say(f"{len(before)} data keys under k1; {SELLERS} sellers' tokens are asked for")
        await deployment.roll(old)
        loading = asyncio.create_task(load.run(stop))
        try:
            outcome = await _steps(deployment, auth, old, new, say)
        finally:
            stop.set()
            await loading
            await deployment.end()
        outcome.keys = await _moved(before, auth)
        outcome.troubles += await _unreadable(deployment.with_keys(new), sandbox)
    if outcome.keys != len(before):
        outcome.troubles.append(f"{len(before) - outcome.keys} data keys were not rewrapped")
    outcome.requests, outcome.renewed, outcome.failed = load.requests, load.renewed, load.failed
    if not load.renewed:
        outcome.troubles.append("no token was renewed meanwhile")
    return outcome


async def _steps(deployment: Deployment, auth: Running, old: str, new: str, say: Callable[[str], None]) -> Outcome:
    outcome = Outcome()
    await deployment.roll(f"{old},{new}")
    say("the new key opens everywhere")
    both = deployment.with_keys(f"{new},{old}")
    await deployment.roll(f"{new},{old}")
    say("the new key seals everywhere")
    await _killed(both)
    status, told = await _keys(both, "status")
    say(f"killed (-9) in the middle: {told['left']} left")
    if status != 3 or not 0 < told["left"] < FURTHER:
        outcome.troubles.append(f"the kill was not in the middle: status {status}, {told['left']} left")
    resumed = await asyncio.gather(_keys(both, "rotate"), _keys(both, "rotate"))
    say("resumed, by two at once: " + " and ".join(f"{each['rewrapped']} rewrapped" for _, each in resumed))
    status, told = await _keys(both, "status")
    if status != 0:
        outcome.troubles.append(f"not done after it was resumed: status {status}, {told['left']} left")
    await deployment.roll(new)
    say("the old key is taken out")
    await asyncio.sleep(3)
    return outcome


@asynccontextmanager
async def parts(settings: Settings, sandbox: Sandbox) -> AsyncIterator[Running]:
    """An API process's parts in this process, where sellers connect."""
    running = run_auth(settings, sandbox)
    try:
        yield running
    finally:
        await running.close()


async def connect(auth: Running, sellers: int) -> list[str]:
    """Their connections' ids, each authorised by a consent of its own."""
    visitor = await auth.visitor().sign_up()
    for _ in range(sellers):
        await visitor.connect((await auth.sandbox.seller(region="eu"))["seller_id"])
    return [one["id"] for one in await visitor.connections()]


async def register(sandbox: Sandbox) -> None:
    """Our application, at the far side."""
    redirect = [f"{PUBLIC_URL}/connections/amazon/callback"]
    secret = [APP["client_secret"]]
    await sandbox.app(APP["application_id"], APP["client_id"], secret, redirect_uris=redirect, draft=False)


async def _add_grants(auth: Running, number: int) -> None:
    """Sealed as any other; nobody asks for their tokens."""
    seals, now = GrantSeals(auth.held.keys), auth.held.clock.now()
    answer = OAuthAnswer("access", 3600, "refresh")
    async with auth.held.uow() as store:
        for _ in range(number):
            grant_id = GrantId(new_id())
            key = await seals.new_key(grant_id)
            await store.grants.add(seals.new_grant(grant_id, key, "amazon", "eu", answer, now + timedelta(days=1)))


async def _wrapped(auth: Running) -> dict[str, bytes]:
    """Every data key as it is stored, by what it seals."""
    grants = await auth.rows("select id, wrapped_key from access_grant")
    signing = await auth.rows("select kid, wrapped_key from signing_key")
    return {str(row[0]): bytes(row[1]) for row in [*grants, *signing]}


async def _moved(before: dict[str, bytes], auth: Running) -> int:
    """How many of the data keys that were under the old key are under the new one now."""
    head = b"\x01\x02k2"
    now = await _wrapped(auth)
    return sum(not wrapped.startswith(head) and now[its].startswith(head) for its, wrapped in before.items())


async def _unreadable(settings: Settings, sandbox: Sandbox) -> list[str]:
    """What does not open with the new key alone."""
    troubles: list[str] = []
    async with parts(settings, sandbox) as alone:
        seals = GrantSeals(alone.held.keys)
        for row in await alone.rows("select id from access_grant"):
            async with alone.held.uow() as store:
                grant = await store.grants.get(GrantId(row.id))
            assert grant is not None
            try:
                seals.refresh_token(grant, await seals.key_of(grant))
            except (CryptoError, ValueError) as error:
                troubles.append(f"grant {row.id} does not open: {error}")
        kept, signing = await alone.held.views.signing_keys(), alone.held.signing
        return troubles + [f"signing key {key.kid} does not open" for key in kept if not await signing.opens(key)]


async def _keys(settings: Settings, action: str) -> tuple[int, dict[str, Any]]:
    """`python -m services.auth keys …`, as an operator types it: its status, and what it said."""
    running = await _begun(settings, action, "--json")
    said, _ = await running.communicate()
    return running.returncode or 0, json.loads(said)


async def _killed(settings: Settings) -> None:
    """A rotation that told of so many, and then was no more."""
    running = await _begun(settings, "rotate")
    assert running.stderr is not None
    async for line in running.stderr:
        if int(line.split()[0]) >= _KILLED_AFTER:
            break
    running.kill()
    await running.communicate()


async def _begun(settings: Settings, *words: str) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "services.auth", "keys", *words]
    pipe = asyncio.subprocess.PIPE
    environment = os.environ | environment_of(settings)
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe, stderr=pipe)
