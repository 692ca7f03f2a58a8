"""Mails handed to a mail server by SMTP."""

from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, parseaddr
from typing import Literal

import aiosmtplib
from aiosmtplib.email import extract_recipients, flatten_message, quote_address
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
        server, message = self._server, message_of(letter, self._server.sender, self._clock.now())
        try:
            await aiosmtplib.send(
                message,
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


def message_of(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """As it is handed over. Raises Refused: it cannot be addressed to `letter.to`, and to that alone."""
    message = EmailMessage(policy=_POLICY)
    message["Message-ID"] = f"<{letter.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Date"] = format_datetime(now)
    message["From"] = sender
    message["Auto-Submitted"] = "auto-generated"
    try:
        _fill(message, letter)
        named = [quote_address(each) for each in extract_recipients(message)]
    # The parsers fail by AttributeError and others, too: an address of before `may_be_email` is no bug to try again.
    except Exception as error:  # noqa: BLE001
        raise Refused("the mail cannot be written", code=type(error).__name__) from None
    if named != [f"<{letter.to}>"]:
        raise Refused("the mail cannot be addressed to it", code="recipients")
    return message


def _fill(message: EmailMessage, letter: Letter) -> None:
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message.set_content(letter.text)
    flatten_message(message, utf8=not letter.to.isascii())  # so that what cannot be is found before a server is asked


def _failure(code: int) -> Refused | Unavailable:
    """Without what the server says: its sentences name people."""
    if code >= _FOR_GOOD:
        return Refused("the mail server does not take the mail", code=str(code))
    return Unavailable("the mail server does not take the mail now", code=str(code))
