"""What mails need from the outside: rows, a mail server, and somebody who writes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.auth.domain.account import Account
from services.auth.domain.connection import Connection
from services.auth.domain.mail import Letter, Mail, MailKind, Reminded
from shared.kernel.ids import ConnectionId, OrganisationId, UserId


class Mails(Protocol):
    """
    Written for each member of an organisation, or for one person, sent by the worker. About authorisations nobody is
    told whose address is not confirmed, or who is disabled.
    """

    async def add(
        self,
        organisation_id: OrganisationId,
        kind: MailKind,
        about: Sequence[ConnectionId],
        *,
        due_at: datetime,
        now: datetime,
    ) -> None: ...

    async def ask(self, account_id: UserId, kind: MailKind, now: datetime) -> None:
        """
        To one person, about their account; in the place of one that was not sent yet. An id of nobody takes as long,
        and does nothing.
        """
        ...

    async def told_since(self, account_id: UserId, kind: MailKind, since: datetime) -> bool:
        """Whether one of this kind that was asked for later than that was sent to them, or still will be."""
        ...

    async def drop_unsent(self, organisation_id: OrganisationId, kind: MailKind) -> None: ...

    async def lock_to_be_reminded(self, now: datetime, after: OrganisationId | None) -> Sequence[Reminded]:
        """
        Organisations with authorisations that end soon, or ended: a batch beyond `after`, in the order of their ids.
        """
        ...

    async def reminded(self, organisation_id: OrganisationId, at: datetime | None) -> None: ...

    async def lock(self, mail_id: UUID) -> tuple[Mail, Account, Sequence[Connection]] | None:
        """
        With its reader and what it is about; None: there is none, or it is settled. Where mails of its kind are
        gathered, it takes over what the reader's others are about that were not sent yet, and those are settled.
        """
        ...

    async def settle(self, mail_id: UUID, *, sent_at: datetime | None) -> None:
        """It is due no more. None: it came to nothing."""
        ...


class Mailer(Protocol):
    async def send(self, letter: Letter) -> None:
        """
        Returns once the mail server has it. Raises Unavailable (again later: it may have it all the same), Refused
        (for good).
        """
        ...


class Writer(Protocol):
    def __call__(self, mail: Mail, reader: Account, about: Sequence[Connection], now: datetime) -> Letter:
        """In the reader's language, as it is true now."""
        ...

    def about_account(self, mail: Mail, reader: Account, secret: str) -> Letter:
        """The same for a mail about their account; `secret`: of the link in it, if it brings one."""
        ...
