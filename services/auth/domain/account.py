"""People who sign in: what their e-mail must be, how long a session lasts, how often one may try, what locks them."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.auth.domain.password import password_problem
from shared.access.roles import Role
from shared.kernel.ids import OrganisationId, UserId

ORGANISATION_MOST = 120
SESSION_LASTS = timedelta(days=30)
SESSION_IDLE = timedelta(days=7)
# For the code of the second factor, or for setting it up.
PENDING_LASTS = timedelta(minutes=10)
# Written at most so often, so that reading a page is not writing.
SEEN_EVERY = timedelta(hours=1)
ATTEMPTS_WINDOW = timedelta(minutes=15)
# Wrong passwords for one account in a row, from anywhere, none of them older than a day before the next.
LOCKED_AFTER = 10
LOCK_LASTS = timedelta(minutes=30)
FAILURES_REMEMBERED = timedelta(days=1)
# By what is counted: this account from this address, this address. A mail that somebody asks for: by whom it is for,
# and by the address it is asked from; an invitation also by the organisation. A proof: credentials of a seller account,
# by organisation and by address. A look: asking a marketplace at once, by connection. A passkey:
# challenges that are asked for, by address. An act: a password on the pages of one's own account.
ATTEMPTS_MOST = {
    "pair": 10,
    "address": 50,
    "sign-up": 100,
    "code": 5,
    "act": 10,
    "passkey": 300,
    "mail": 3,
    "mail-address": 50,
    "invitation": 30,
    "proof": 10,
    "proof-address": 50,
    "look": 30,
    "private": 60,
}
LOCALES = ("en", "fr")

# Without what means something in a mail's header: there `(x@b.cd` is a comment, `a:b@c.de` a group, `=?` a coded word.
_ATOM = r"[^@\s.()\[\]\\:;<>,\"]+"
_EMAIL = re.compile(rf"(?!.*=\?){_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})+")
_EMAIL_MOST = 254
# In this order: each also names those below it.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)


class FormInvalid(Exception):
    """`problems`: a code by field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = problems


class SignInRefused(Exception):
    """E-mail and password do not fit: which of them is not told."""


class PasswordExpired(Exception):
    """E-mail and password fit, and the password is too old: another one first."""


class EmailTaken(Exception):
    """Somebody signed up with this e-mail before."""


class TooManyAttempts(Exception):
    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("too many attempts")
        self.retry_after_seconds = retry_after_seconds


class LinkInvalid(Exception):
    """The link was used, is too old, or was never sent."""


@dataclass(frozen=True, slots=True)
class Account:
    """
    `password_changed_at`: also when it was first set. `signed_in_at`: the last time, with the second factor if there
    is one.
    """

    id: UserId
    organisation_id: OrganisationId
    email: str
    password_hash: str
    locale: str
    password_changed_at: datetime
    email_confirmed_at: datetime | None = None
    disabled_at: datetime | None = None
    role: Role = field(kw_only=True)
    signed_in_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Account(id={self.id})"


class Way(StrEnum):
    """What a session began with; a second factor may have come after it."""

    PASSWORD = "password"  # noqa: S105 - the name of a way
    PASSKEY = "passkey"
    OPENID = "openid"


@dataclass(frozen=True, slots=True)
class Session:
    """
    `digest`: of the cookie's value, which is kept nowhere. `browser`: its family, such as Firefox, or empty.
    `pending`: it waits for the second factor, and lets nobody in until then. `two_factors`: an OpenID provider has
    asked for both.
    """

    id: UUID
    digest: str
    account_id: UserId
    csrf_token: str
    created_at: datetime
    seen_at: datetime
    browser: str = ""
    pending: bool = False
    two_factors: bool = False
    way: Way = Way.PASSWORD

    def __repr__(self) -> str:
        return f"Session(id={self.id})"


@dataclass(frozen=True, slots=True)
class SignUp:
    email: str
    password: str
    organisation: str

    def __repr__(self) -> str:
        return "SignUp(…)"


def checked_sign_up(form: SignUp) -> SignUp:
    """The form, tidied. Raises FormInvalid."""
    email, organisation = form.email.strip(), " ".join(form.organisation.split())
    problems = {
        "email": _email_problem(email),
        "password": password_problem(form.password, email, organisation),
        "organisation": _organisation_problem(organisation),
    }
    found = {field: problem for field, problem in problems.items() if problem}
    if found:
        raise FormInvalid(found)
    return SignUp(email, form.password, organisation)


def email_key(email: str) -> str:
    """Addresses that differ in case only are one account."""
    return email.strip().casefold()


def may_be_email(value: str) -> bool:
    """Whether a new account can have it, and mails be addressed to it as it is."""
    return may_be_kept(value) and _EMAIL.fullmatch(value) is not None


def may_be_kept(value: str) -> bool:
    """
    Whether an account may have it, also one from when more was accepted. Nothing else is looked for: what cannot be
    stored cannot be asked for either.
    """
    return len(value) <= _EMAIL_MOST and value.isprintable()


def is_live(session: Session, now: datetime) -> bool:
    if session.pending:
        return now < session.created_at + PENDING_LASTS
    return now < session.created_at + SESSION_LASTS and now < session.seen_at + SESSION_IDLE


def browser_family(user_agent: str) -> str:
    """Which browser says so; empty where it is none of those people know. No version: it would tell people apart."""
    return next((family for mark, family in _BROWSERS if mark in user_agent), "")


def locale_of(value: str | None) -> str:
    return value if value in LOCALES else LOCALES[0]


def _email_problem(email: str) -> str | None:
    if not email:
        return "missing"
    return None if may_be_email(email) else "not_an_email"


def _organisation_problem(organisation: str) -> str | None:
    if not organisation:
        return "missing"
    return None if len(organisation) <= ORGANISATION_MOST and organisation.isprintable() else "too_long"
