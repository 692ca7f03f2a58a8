"""What the use cases of people need: accounts, sessions, counted attempts, locks of sign-in, links sent by mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from services.auth.domain.account import Account, Session
from services.auth.domain.mail import Link, MailKind
from shared.kernel.ids import OrganisationId, UserId


class Counted(NamedTuple):
    """Attempts in a window that began then."""

    attempts: int
    since: datetime


class Accounts(Protocol):
    async def add(self, account: Account, organisation: str, now: datetime) -> None:
        """With its organisation. EmailTaken: somebody was faster."""
        ...

    async def by_email(self, key: str) -> Account | None: ...

    async def lock(self, account_id: UserId) -> Account | None: ...

    async def organisation_name(self, organisation_id: OrganisationId) -> str: ...

    async def set_password_hash(self, account_id: UserId, password_hash: str) -> None:
        """Of the same password, with newer parameters."""
        ...

    async def former_passwords(self, account_id: UserId) -> Sequence[str]:
        """The hashes of those before the one in use that may not be used again."""
        ...

    async def change_password(self, account: Account, password_hash: str, now: datetime) -> None:
        """Another password; the one before is remembered."""
        ...

    async def confirm_email(self, account_id: UserId, now: datetime) -> bool:
        """False: it was confirmed before."""
        ...

    async def has_confirmed(self, organisation_id: OrganisationId) -> bool:
        """Whether somebody of it has confirmed an address."""
        ...

    async def signed_in(self, account_id: UserId, now: datetime) -> None:
        """A session of theirs began that lets them in."""
        ...

    async def set_disabled(self, account_id: UserId, at: datetime | None) -> None: ...

    async def set_locale(self, account_id: UserId, locale: str) -> None: ...

    async def set_calendar(self, organisation_id: OrganisationId, digest: str | None) -> bool:
        """Of the secret in its address; None: there is none. False: it was so before."""
        ...


class Sessions(Protocol):
    async def add(self, session: Session) -> None: ...

    async def by_digest(self, digest: str) -> tuple[Session, Account] | None: ...

    async def touch(self, session_id: UUID, now: datetime) -> None: ...

    async def delete(self, digest: str) -> None: ...

    async def delete_own(self, session_id: UUID, account_id: UserId) -> bool:
        """False: there is none of this account."""
        ...

    async def delete_all(self, account_id: UserId, *, but: str | None) -> int:
        """How many ended. `but`: the digest of one that stays."""
        ...


class Attempts(Protocol):
    async def count(self, keys: Mapping[str, str], now: datetime, window_began: datetime) -> Mapping[str, Counted]:
        """One more for each key (kind -> digest); a window that began before `window_began` starts again."""
        ...

    async def uncount(self, keys: Mapping[str, str]) -> None:
        """One less for each: it was no failure."""
        ...


class Locks(Protocol):
    """Of sign-ins, by the masked e-mail: of an address that nobody has they work the same."""

    async def count(self, digest: str, account_id: UserId | None, now: datetime) -> tuple[int, datetime | None]:
        """One failure more, until it is known better: how many there are, and until when that locks."""
        ...

    async def forget(self, digest: str) -> None: ...

    async def open(self, account_id: UserId, now: datetime) -> bool:
        """False: there was nothing locked."""
        ...


class Links(Protocol):
    """Sent by mail; kept as digests."""

    async def add(self, link: Link) -> None: ...

    async def holder(self, digest: str, kind: MailKind, now: datetime) -> UserId | None:
        """Whose it is; None: it was used, is too old, or there never was one."""
        ...

    async def use(self, digest: str, kind: MailKind, now: datetime) -> UserId | None:
        """The same; it and all others of this kind and account are used up."""
        ...


class PasswordHasher(Protocol):
    async def hash(self, password: str) -> str: ...

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """None (no such account) takes as long as a wrong password."""
        ...

    def is_outdated(self, password_hash: str) -> bool: ...
