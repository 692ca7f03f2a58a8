"""Makes a session: the cookie's value is given out once, only its digest is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.auth.domain.account import Account, Session
from services.auth.domain.opaque import digest
from services.auth.usecases.ports import Store
from shared.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`cookie` is secret."""

    cookie: str
    account: Account

    def __repr__(self) -> str:
        return f"SignedIn(account={self.account!r})"


async def start_session(
    account: Account, *, store: Store, now: datetime, new_secret: Callable[[], str], browser: str
) -> SignedIn:
    cookie = new_secret()
    session = Session(new_id(), digest(cookie), account.id, new_secret(), now, now, browser)
    await store.sessions.add(session)
    return SignedIn(cookie, account)
