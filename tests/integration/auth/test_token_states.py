"""What tokens are given by is kept in memory, and what has changed is given for no longer than a second."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Column
from sqlalchemy.sql import visitors
from structlog.testing import capture_logs

from services.auth.adapters.grants import _TOKEN_STATE
from services.auth.adapters.token_states import CHANNEL, TRIGGERS, KeptTokenStates
from services.auth.domain.connection import ConnectionState
from services.auth.usecases.ports import Store
from shared.db import changes
from shared.db.changes import BELIEVED_SECONDS, Changes
from shared.kernel.ids import ConnectionId
from tests.integration.auth.conftest import Running
from tests.integration.auth.processes import api_process
from tests.integration.auth.test_worker import until

_END_LISTENERS = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = current_database() and query ilike 'select pg_notify(%'"
)


class Reads:
    """How often rows were read, and what happens between a reading and its end."""

    def __init__(self, auth: Running) -> None:
        self._reads = auth.held.reads
        self.count = 0
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Store]:
        async with self._reads() as store:
            self.count += 1
            yield store
        if self.meanwhile is not None:
            await self.meanwhile()


class Kept:
    """A connection's state in a process that listens."""

    def __init__(self, auth: Running, connection_id: ConnectionId) -> None:
        self.auth = auth
        self.id = connection_id
        self.reads = Reads(auth)
        self.states = KeptTokenStates(self.reads, auth.engine, auth.clock)

    async def get(self) -> ConnectionState | None:
        state = await self.states.get(self.id)
        return None if state is None else state.state

    async def is_kept(self) -> bool:
        before = self.reads.count
        await self.get()
        return self.reads.count == before

    async def is_paused(self) -> bool:
        return await self.get() is ConnectionState.PAUSED

    async def pause(self) -> None:
        await self.auth.rows("update connection set state = 'paused'")


async def connected(auth: Running) -> Kept:
    seller = await auth.sandbox.seller(region="eu")
    visitor = await auth.visitor().sign_up()
    await visitor.connect(seller["seller_id"])
    (connection,) = await visitor.connections()
    return Kept(auth, ConnectionId(UUID(connection["id"])))


@asynccontextmanager
async def listening(kept: Kept) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(kept.states.listen(stop))
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.fixture
async def kept(auth: Running) -> AsyncIterator[Kept]:
    made = await connected(auth)
    async with listening(made):
        await until(made.is_kept)
        yield made


async def test_a_state_is_read_once_until_it_changes(kept: Kept) -> None:
    """Of a hundred askings none reads the row. Paused, which is heard of, it is read each time; resumed, kept again."""
    before = kept.reads.count
    for _ in range(100):
        assert await kept.get() is ConnectionState.AUTHORISED
    assert kept.reads.count == before
    await kept.pause()
    await until(kept.is_paused)
    assert not await kept.is_kept()
    await kept.auth.rows("update connection set state = 'authorised'")
    await until(kept.is_kept)
    assert not await kept.is_paused()


async def test_what_changes_while_it_is_read_is_not_kept(kept: Kept) -> None:
    """Read as it was, and heard of before that was kept. Seen red with what was heard meanwhile not looked at."""
    paused = asyncio.Event()

    async def pause() -> None:
        kept.reads.meanwhile = None
        await kept.pause()
        await asyncio.sleep(BELIEVED_SECONDS / 2)  # it is heard
        paused.set()

    kept.reads.meanwhile = pause
    await kept.auth.rows("update access_grant set failure = 'throttled'")
    async with asyncio.timeout(60):
        while not paused.is_set():
            await kept.get()
            await asyncio.sleep(0.01)
    assert await kept.is_paused()


async def test_a_connection_to_postgresql_that_is_lost_is_noticed(kept: Kept) -> None:
    """A change that nobody heard of is known after a second; and once it listens again, states are kept again."""
    assert await kept.auth.rows(_END_LISTENERS)
    await kept.pause()
    await asyncio.sleep(BELIEVED_SECONDS)
    assert await kept.is_paused()
    await kept.auth.rows("update connection set state = 'authorised'")
    await until(kept.is_kept)


async def test_what_hears_of_nothing_keeps_nothing_and_says_so(auth: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a pooler, which gives what was to be told to nobody: once, however long it goes on."""
    monkeypatch.setattr(changes, "_ASK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(Changes, "_back", lambda *_: None)
    stop, heard = asyncio.Event(), Changes(auth.engine, CHANNEL, TRIGGERS, auth.clock, lambda _id: None)
    with capture_logs() as said:
        listening = asyncio.create_task(heard.listen(stop))
        async with asyncio.timeout(60):
            while not [one for one in said if one["event"] == "changes.not_heard"]:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        assert heard.mark is None
        stop.set()
        await listening
    assert [one["event"] for one in said if one["event"].startswith("changes.")] == ["changes.not_heard"]


async def test_what_runs_before_its_triggers_keeps_nothing(auth: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An API process is there before the migration: it says so once, and keeps states from when changes are told. Seen
    red: its own notifications came back, and tokens of a paused connection were given as long as they were good.
    """
    monkeypatch.setattr(changes, "_AGAIN_SECONDS", 0.05)
    its = "tgname = 'tell_update' and tgrelid = 'connection'::regclass"
    (trigger,) = await auth.rows(f"select pg_get_triggerdef(oid) as text from pg_trigger where {its}")  # noqa: S608
    await auth.rows("drop trigger tell_update on connection")
    kept = await connected(auth)
    with capture_logs() as said:
        async with listening(kept):
            for _ in range(15):
                await asyncio.sleep(0.1)
                assert not await kept.is_kept()
            await kept.pause()
            assert await kept.is_paused()
            await auth.rows(trigger.text)
            await auth.rows("update connection set state = 'authorised'")
            await until(kept.is_kept)
            await kept.pause()
            await until(kept.is_paused)
    assert [one["event"] for one in said if one["event"].startswith("changes.")] == ["changes.not_told"]


async def test_a_process_that_was_stopped_believes_nothing_it_kept(kept: Kept) -> None:
    """Paused while SIGSTOP had it: its first answer says so. Seen red with what was kept believed for a minute."""
    service = await kept.auth.service()
    async with api_process(kept.auth.settings) as process:
        path = f"/internal/v1/connections/{kept.id}/access-token"
        async with httpx.AsyncClient(base_url=process.url, headers=service.headers, trust_env=False) as client:
            await asyncio.sleep(BELIEVED_SECONDS)  # it listens
            assert [(await client.post(path, json={})).status_code for _ in range(3)] == [200, 200, 200]
            process.freeze()
            asked = asyncio.create_task(client.post(path, json={}))
            await kept.pause()
            await asyncio.sleep(BELIEVED_SECONDS)
            process.thaw()
            assert (await asked).status_code == 409


async def test_who_was_refused_a_token_is_given_what_is_in_the_database(kept: Kept) -> None:
    """Another process renewed it: `read` looks, whatever is kept."""
    assert await kept.is_kept()
    await kept.pause()
    state = await kept.states.read(kept.id)
    assert state is not None
    assert state.state is ConnectionState.PAUSED


async def test_all_connections_of_a_grant_are_forgotten_with_it(kept: Kept) -> None:
    """Renewed by another process: the version kept is another as soon as it is heard of."""
    await kept.auth.rows("update access_grant set token_version = token_version + 1")

    async def is_newer() -> bool:
        state = await kept.states.get(kept.id)
        return state is not None and state.token_version == 2

    await until(is_newer)


async def test_a_change_of_whatever_is_read_is_told(auth: Running) -> None:
    """Each column that the statement reads is in the trigger of its table."""
    rows = await auth.rows(
        "select tgrelid::regclass::text as its, pg_get_triggerdef(oid) as text"
        " from pg_trigger where tgname = 'tell_update'"
    )
    told = {row.its: row.text.lower() for row in rows}
    read = [
        column
        for selected in _TOKEN_STATE.selected_columns
        for column in visitors.iterate(selected)
        if isinstance(column, Column)
    ]
    assert len(read) == 10
    for column in read:
        assert f"new.{column.name}" in told[column.table.name]


async def test_a_deletion_is_told_and_what_tokens_do_not_depend_on_is_not(kept: Kept) -> None:
    """A probe touches a connection each day: what is kept stays. One that is deleted is unknown."""
    await kept.auth.rows("update connection set probed_at = now(), name = 'Another'")
    await asyncio.sleep(BELIEVED_SECONDS / 2)
    assert await kept.is_kept()
    await kept.auth.rows("delete from connection")

    async def is_unknown() -> bool:
        return await kept.get() is None

    await until(is_unknown)
