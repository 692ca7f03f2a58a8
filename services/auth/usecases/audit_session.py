"""What a person does is noted with the session they do it in, whichever use case writes the entry."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from services.auth.domain.audit import AuditSession
from services.auth.usecases.ports import Store
from shared.kernel.ports import UnitOfWork


def noted_in(session: AuditSession, store: Store) -> Store:
    return replace(store, audit=store.audit.in_session(session))


def wrapped(uow: UnitOfWork[Store], wrap: Callable[[Store], Store]) -> Callable[[], AbstractAsyncContextManager[Store]]:
    """The same unit of work, with each store wrapped."""

    @asynccontextmanager
    async def begin() -> AsyncIterator[Store]:
        async with uow() as store:
            yield wrap(store)

    return begin
