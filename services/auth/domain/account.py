"""People who sign in: what their e-mail and password must be, how long a session lasts, how often one may try."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.kernel.ids import OrganisationId, UserId

PASSWORD_LEAST = 12
PASSWORD_MOST = 200
ORGANISATION_MOST = 120
SESSION_LASTS = timedelta(days=30)
SESSION_IDLE = timedelta(days=7)
# Written at most so often, so that reading a page is not writing.
SEEN_EVERY = timedelta(hours=1)
ATTEMPTS_WINDOW = timedelta(minutes=15)
# By what is counted: this account from this address, this address, this account from anywhere. The last is wide, so
# that a stranger cannot easily lock somebody out. A proof: credentials of a seller account, by organisation and by
# address. A look: asking a marketplace at once, by connection.
ATTEMPTS_MOST = {
    "pair": 10,
    "address": 50,
    "account": 100,
    "sign-up": 100,
    "proof": 10,
    "proof-address": 50,
    "look": 30,
    "private": 60,
}
LOCALES = ("en", "fr")

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_EMAIL_MOST = 254


class FormInvalid(Exception):
    """`problems`: a code by field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = problems


class SignInRefused(Exception):
    """E-mail and password do not fit: which of them is not told."""


class EmailTaken(Exception):
    """Somebody signed up with this e-mail before."""


class TooManyAttempts(Exception):
    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("too many attempts")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Account:
    id: UserId
    organisation_id: OrganisationId
    email: str
    password_hash: str
    locale: str

    def __repr__(self) -> str:
        return f"Account(id={self.id})"


@dataclass(frozen=True, slots=True)
class Session:
    """`digest` is that of the cookie's value, which is kept nowhere."""

    id: UUID
    digest: str
    account_id: UserId
    csrf_token: str
    created_at: datetime
    seen_at: datetime

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
        "password": _password_problem(form.password, email),
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
    """Whether an account can have it. Nothing else is looked for: what cannot be stored cannot be asked for either."""
    return len(value) <= _EMAIL_MOST and value.isprintable() and _EMAIL.fullmatch(value) is not None


def is_live(session: Session, now: datetime) -> bool:
    return now < session.created_at + SESSION_LASTS and now < session.seen_at + SESSION_IDLE


def locale_of(value: str | None) -> str:
    return value if value in LOCALES else LOCALES[0]


def _email_problem(email: str) -> str | None:
    if not email:
        return "missing"
    return None if may_be_email(email) else "not_an_email"


def _password_problem(password: str, email: str) -> str | None:
    if len(password) < PASSWORD_LEAST:
        return "too_short"
    if len(password) > PASSWORD_MOST:
        return "too_long"
    if len(set(password)) < 5:
        return "too_simple"
    return "is_email" if password.casefold() == email.casefold() else None


def _organisation_problem(organisation: str) -> str | None:
    if not organisation:
        return "missing"
    return None if len(organisation) <= ORGANISATION_MOST and organisation.isprintable() else "too_long"
