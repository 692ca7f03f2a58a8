"""Mails handed to a mail server by SMTP."""

from dataclasses import dataclass
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, parseaddr
from typing import Literal

import aiosmtplib
from pydantic import SecretStr

from services.auth.domain.mail import Letter
from shared.kernel.clock import Clock
from shared.kernel.errors import Refused, Unavailable

Security = Literal["starttls", "implicit", "none"]
_TIMEOUT_SECONDS = 15.0
_FOR_GOOD = 500


class _Subject(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]  # typeshed has max_count twice
    """Folded as RFC 2047 says: Python 3.11 drops the space where it folds between two words that are not ASCII."""

    def fold(self, *, policy: Policy) -> str:
        """The whole header, with the end of its last line."""
        return f"Subject: {Header(str(self), header_name='Subject').encode(linesep=policy.linesep)}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("subject", _Subject)
_POLICY = EmailPolicy(header_factory=_headers)


@dataclass(frozen=True)
class SmtpServer:
    """`username` None: it asks for none. `sender`: the address in From, with a name or without."""

    host: str
    port: int
    security: Security
    username: str | None
    password: SecretStr | None
    sender: str


class SmtpMailer:
    """See `usecases.mail_ports.Mailer`."""

    def __init__(self, server: SmtpServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        server = self._server
        try:
            await aiosmtplib.send(
                self._message(letter),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password.get_secret_value() if server.password else None,
                use_tls=server.security == "implicit",
                start_tls=server.security == "starttls",
                timeout=_TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _failure(max(each.code for each in error.recipients)) from None
        except aiosmtplib.SMTPDataError as error:
            raise _failure(error.code) from None
        # What is wrong with us, such as our address or password, is no reason to drop a mail.
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("the mail server does not answer", code=type(error).__name__) from None

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=_POLICY)
        message["Message-ID"] = f"<{letter.id}@{parseaddr(self._server.sender)[1].rpartition('@')[2]}>"
        message["Date"] = format_datetime(self._clock.now())
        message["From"] = self._server.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


def _failure(code: int) -> Refused | Unavailable:
    """Without what the server says: its sentences name people."""
    if code >= _FOR_GOOD:
        return Refused("the mail server does not take the mail", code=str(code))
    return Unavailable("the mail server does not take the mail now", code=str(code))
