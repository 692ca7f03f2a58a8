"""What every entrypoint of auth reaches for: the held parts, cookies, and who is behind a session."""

from copy import copy
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services.auth.bootstrap import Auth
from services.auth.domain.account import SESSION_LASTS, browser_family
from services.auth.domain.audit import AuditSession
from services.auth.domain.opaque import digest
from services.auth.entrypoints.sentences import EMAIL_UNCONFIRMED
from services.auth.usecases.actor import Actor, Person
from services.auth.usecases.audit_session import noted_in, wrapped
from services.auth.usecases.begin_consent import Who
from services.auth.usecases.confirm_email import check_confirmed
from services.auth.usecases.errors import EmailUnconfirmed
from shared.access.errors import NotSignedIn
from shared.access.principal import Principal, session_cookie_name
from shared.marketplaces.endpoint import Endpoint
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm
from shared.web.pages import Pages
from shared.web.problems import Problem


def auth_of(request: Request) -> Auth:
    """What `make_app` was given; in a session, what its person does is noted with it."""
    held: Auth = request.app.state.auth
    who: Principal | None = getattr(request.state, "principal", None)
    if who is None or who.user_id is None or who.session_id is None:
        return held
    return in_session(held, AuditSession(who.session_id, who.user_id, who.browser))


def in_session(held: Auth, session: AuditSession) -> Auth:
    """The same; what the session's person does, also under a lease, is noted with it."""
    wrap, claims = partial(noted_in, session), copy(held.claims)
    claims.bind = lambda connection: wrap(held.claims.bind(connection))
    return replace(held, uow=wrapped(held.uow, wrap), claims=claims)


def pages_of(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def session_cookie(request: Request) -> str:
    """The session cookie's value; empty where the request brings none."""
    return request.cookies.get(session_cookie_name(auth_of(request).public_url), "")


def set_session_cookie(
    request: Request, response: Response, value: str, *, seconds: float = SESSION_LASTS.total_seconds()
) -> None:
    set_cookie(request, response, session_cookie_name(auth_of(request).public_url), value, seconds)


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: float) -> None:
    """Not readable by scripts, and not sent by other sites' forms. `seconds` 0 deletes it."""
    secure = urlsplit(auth_of(request).public_url).scheme == "https"
    response.set_cookie(name, value, int(seconds), path="/", secure=secure, httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    """Who is behind the proxies we trust."""
    return request.client.host if request.client else "unknown"


def browser_of(request: Request) -> str:
    """The family of the browser that asks."""
    return browser_family(request.headers.get("user-agent", ""))


def origin_of(request: Request) -> str | None:
    """Where passkeys can be asked for; None: nowhere, as this installation's address is a number."""
    party = auth_of(request).relying_party
    return party.origin if party else None


async def check_email_confirmed(request: Request, who: Principal) -> None:
    """
    Before a marketplace is connected, or an address or a secret is made by which others read what is, somebody of the
    organisation has confirmed an e-mail address, where mails are sent at all. Raises the Problem that says so.
    """
    held = auth_of(request)
    if held.mailer is None:
        return
    try:
        async with held.uow() as store:
            await check_confirmed(who.organisation, store=store)
    except EmailUnconfirmed:
        title, detail = EMAIL_UNCONFIRMED
        raise Problem(409, "email-unconfirmed", title, detail, template="unconfirmed.html") from None


def endpoint_of(form: PostedForm, marketplace: str) -> Endpoint:
    """What a form says; production where there is no choice."""
    profile = PROFILES.get(marketplace)
    wanted = form.text("endpoint") == Endpoint.SANDBOX
    return Endpoint.SANDBOX if wanted and profile is not None and profile.has_sandbox else Endpoint.PRODUCTION


def actor_of(principal: Principal) -> Actor:
    program = principal.label if principal.user_id is None else None
    return Actor(principal.organisation, principal.user_id, client_id=program)


def who_of(request: Request, principal: Principal) -> Who:
    """The signed-in person with their session."""
    if principal.user_id is None:
        raise NotSignedIn("a person is needed")
    return Who(digest(session_cookie(request)), principal.organisation, principal.user_id)


def person_of(request: Request, principal: Principal) -> Person:
    """The signed-in person, whatever their session."""
    known = who_of(request, principal)
    return Person(known.user_id, known.organisation_id)
