"""
Virtual time: hours of waiting pass in the time that the work between them takes.

It stands still while a transaction is under way or anything can be done, and jumps to the next timer otherwise. Of the
database, the clock alone is virtual: `clock_timestamp()` and its like are found on the search path before PostgreSQL's
own, and say what each transaction (or statement by itself) is told as it begins. Everything else of it is real.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import make_engine
from tests.infrastructure import DatabaseServer

T = TypeVar("T")

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
_LOOKS_UP_SECONDS = 1.0
_CLOCK = """
create schema virtual;
create function virtual.clock_timestamp() returns timestamptz language sql volatile
    as $$ select pg_catalog.current_setting('virtual.now')::timestamptz $$;
create function virtual.statement_timestamp() returns timestamptz language sql stable
    as $$ select pg_catalog.current_setting('virtual.now')::timestamptz $$;
create function virtual.now() returns timestamptz language sql volatile
    as $$ select pg_catalog.current_setting('virtual.now')::timestamptz $$;
"""


class VirtualClock:
    """The `Clock` of a scene: `START`, and on with its loop's time."""

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class _Selector(selectors.DefaultSelector):
    """Never waits for a timer: where nothing real is under way, `jump` is called with the seconds until the next."""

    def __init__(self) -> None:
        super().__init__()
        self.jump: Callable[[float], None] = lambda _seconds: None
        self.under_way: Callable[[], bool] = lambda: True

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.under_way():
            return super().select(_LOOKS_UP_SECONDS)
        ready = super().select(0)
        if not ready:
            self.jump(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is virtual."""

    def __init__(self) -> None:
        self._passed = 0.0
        self.selector = _Selector()
        super().__init__(self.selector)
        self.selector.jump = self._jump

    def time(self) -> float:
        return self._passed

    def _jump(self, seconds: float) -> None:
        self._passed += seconds


def prepare(server: DatabaseServer, database: str) -> None:
    """Gives a migrated database the virtual clock."""
    _execute(server, database, _CLOCK)
    server.execute(f'alter database "{database}" set search_path = virtual, public, pg_catalog')


def run(scene: Callable[[AsyncEngine], Coroutine[Any, Any, T]], url: str) -> T:
    """Plays a scene on a prepared database, in virtual time from `START` on."""
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_on_engine(scene, url, loop))


async def _on_engine(scene: Callable[[AsyncEngine], Coroutine[Any, Any, T]], url: str, loop: VirtualLoop) -> T:
    engine = make_engine(url, "fairness")
    pool: Any = engine.pool
    loop.selector.under_way = lambda: pool.checkedout() > 0

    @event.listens_for(engine.sync_engine, "begin")
    def tell_the_time(connection: Any) -> None:
        connection.exec_driver_sql("select set_config('virtual.now', $1, false)", (VirtualClock().now().isoformat(),))

    try:
        return await scene(engine)
    finally:
        loop.selector.under_way = lambda: True
        await engine.dispose()


def _execute(server: DatabaseServer, database: str, statements: str) -> None:
    with DatabaseServer(server.url(database, "postgresql")) as inside:
        inside.execute(statements)
