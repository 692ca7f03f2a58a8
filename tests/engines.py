"""
Engines that tests lend each other. One of their own would compile every statement anew and ask the server what it is,
which costs more than most tests.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.engine import make_engine

_idle = defaultdict[int, list[AsyncEngine]](list)


def lend_engine(url: str, *, pool_size: int = 5) -> AsyncEngine:
    """To a database of the test's own; to be given back in the same event loop."""
    engine = _idle[pool_size].pop() if _idle[pool_size] else _new_engine(url, pool_size)
    engine.sync_engine.url = make_url(url)
    return engine


async def give_back(engine: AsyncEngine) -> None:
    """Its connections are closed. Whoever used it has stopped before: it is somebody else's next."""
    pool: Any = engine.pool
    size, in_use = pool.size(), pool.checkedout()
    await engine.dispose()
    assert in_use == 0, "a connection in use stays open, and is nobody's"
    _idle[size].append(engine)


def _new_engine(url: str, pool_size: int) -> AsyncEngine:
    engine = make_engine(url, "tests", pool_size=pool_size)

    @event.listens_for(engine.sync_engine, "do_connect")
    def where_it_is_lent_to(_dialect: Any, _record: Any, _positional: Any, named: dict[str, Any]) -> None:
        named.update(engine.url.translate_connect_args(username="user"))

    return engine
