"""
Support's page of our own applications' client secrets: the calendar, and for those who may, another secret.

What is typed is tried and sealed: no page and no log shows it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import FormInvalid, TooManyAttempts
from services.auth.domain.client_secret import OurClient, SecretRefused, typed_secret
from services.auth.domain.second_factor import CodeRefused, NoFactor
from services.auth.domain.showing import SHOWN_LASTS, ShownTooLongAgo
from services.auth.entrypoints.first_forms import waiting
from services.auth.entrypoints.held import auth_of, pages_of, person_of
from services.auth.entrypoints.secret_sentences import (
    ASKED_IN_VAIN,
    ASKED_PERHAPS,
    NOT_ASKED,
    NOT_TAKEN,
    NOT_TRIED,
    SECRET_FIELDS,
    SECRET_REFUSALS,
)
from services.auth.entrypoints.secrets_by_hand import ask_by_hand, can_be_asked, keep_by_hand
from services.auth.entrypoints.sentences import CODE_REFUSED, SHOWN_BEFORE, TOO_MANY_ATTEMPTS
from services.auth.entrypoints.staff import StaffForm, StaffReader, keeper_form, staff_reader
from services.auth.usecases.secret_calendar import secret_calendar
from services.auth.usecases.support import how_to_show_again, show_factor_again
from shared.kernel.errors import FarSideError, OutcomeUnknown, Retryable
from shared.kernel.ports import LeaseLost
from shared.marketplaces.registry import PROFILES
from shared.web.problems import not_found

_HERE = "/support/secrets"
router = APIRouter(prefix=_HERE, include_in_schema=False)
Reader = Annotated[StaffReader, Depends(staff_reader)]
Form = Annotated[StaffForm, Depends(keeper_form)]
# Of the page's address, after a form: what it says was done.
_DONE = {"kept", "asked"}
_REFUSALS = (
    FormInvalid,
    CodeRefused,
    NoFactor,
    ShownTooLongAgo,
    TooManyAttempts,
    SecretRefused,
    FarSideError,
    LeaseLost,
)

log = structlog.get_logger()


@dataclass(frozen=True)
class _Wrong:
    """Why a form was not taken: of which application, which one, and sentences by field (empty: of no field)."""

    client_id: str
    action: str
    errors: Mapping[str, str]
    ends: str


@router.get("")
async def secrets_page(request: Request, who: Reader, done: str = "") -> Response:
    """As `secrets list` shows them; to those who may, with forms."""
    return await _page(request, who, done=done if done in _DONE else "")


@router.post("/keep")
async def keep_form(request: Request, form: Form) -> Response:
    """Tried at the marketplace, and the newest from then on."""
    keeper, client, by = auth_of(request).client_secrets, _client(request, form), form.session.account_id
    try:
        given = typed_secret(form.form.text("client_secret"), form.form.text("ends"), keeper.clock.now())
        await _show_factor(request, form)
        await keep_by_hand(client, given, keeper, by=by)
    except _REFUSALS as error:
        return await _again(request, form, client, "keep", error)
    log.info("client_secret.kept", client_id=client.client_id, user_id=str(by))
    return RedirectResponse(f"{_HERE}?done=kept", 303)


@router.post("/ask")
async def ask_form(request: Request, form: Form) -> Response:
    """The marketplace is asked for another, which comes by the queue."""
    keeper, client, by = auth_of(request).client_secrets, _client(request, form), form.session.account_id
    try:
        await _show_factor(request, form)
        await ask_by_hand(client, keeper, by=by)
    except _REFUSALS as error:
        return await _again(request, form, client, "ask", error)
    return RedirectResponse(f"{_HERE}?done=asked", 303)


async def _show_factor(request: Request, form: StaffForm) -> None:
    """Raises CodeRefused, NoFactor, TooManyAttempts, ShownTooLongAgo."""
    held = auth_of(request)
    await show_factor_again(
        person_of(request, form.principal),
        form.session,
        form.form.text("code"),
        uow=held.uow,
        vault=held.factors,
        clock=held.clock,
        mask=held.mask_attempt,
    )


def _client(request: Request, form: StaffForm) -> OurClient:
    """Raises the Problem 404: no application of ours is called so."""
    client = auth_of(request).client_secrets.clients.get(form.form.text("client"))
    if client is None:
        raise not_found()
    return client


async def _again(request: Request, form: StaffForm, client: OurClient, action: str, error: Exception) -> Response:
    """The page with what was wrong. Of what was typed it shows the day alone."""
    log.warning(
        "client_secret.not_done",
        client_id=client.client_id,
        user_id=str(form.session.account_id),
        kind=action,
        reason=_reason(error),
    )
    status, sentences = _said(error, action)
    pages, who = pages_of(request), form.principal
    said = {name: pages.say(request, sentence, principal=who) for name, sentence in sentences.items()}
    errors = {name: sentence.replace("%(code)s", _reason(error)) for name, sentence in said.items()}
    wrong = _Wrong(client.client_id, action, errors, form.form.text("ends"))
    response = await _page(request, StaffReader(who, form.session), wrong=wrong, status=status)
    return waiting(response, error)


def _reason(error: Exception) -> str:
    match error:
        case FarSideError(code=reason) | SecretRefused(problem=reason):
            return str(reason)
        case _:
            return type(error).__name__


def _said(error: Exception, action: str) -> tuple[int, Mapping[str, str]]:
    """The answer's status, and sentences by field."""
    is_asked = action == "ask"
    match error:
        case FormInvalid(problems=problems):
            return 422, {name: SECRET_FIELDS[f"{name}.{code}"] for name, code in problems.items()}
        case CodeRefused() | NoFactor():
            return 422, {"code": CODE_REFUSED}
        case TooManyAttempts():
            return 429, {"code": TOO_MANY_ATTEMPTS}
        case ShownTooLongAgo():
            return 403, {"": SHOWN_BEFORE}
        case SecretRefused(problem=problem):
            return 409, {"" if is_asked else "client_secret": SECRET_REFUSALS[problem]}
        case Retryable() | LeaseLost():
            return 503, {"": NOT_ASKED if is_asked else NOT_TRIED}
        case OutcomeUnknown():
            return 503, {"": ASKED_PERHAPS}
        case _:
            return 502, {"": ASKED_IN_VAIN if is_asked else NOT_TAKEN}


async def _page(
    request: Request, who: StaffReader, *, done: str = "", wrong: _Wrong | None = None, status: int = 200
) -> Response:
    held, keeper = auth_of(request), auth_of(request).client_secrets
    now, before = keeper.clock.now(), keeper.replaced_before
    async with held.uow() as store:
        lines = [
            line
            for client in keeper.clients.values()
            for line in await secret_calendar(client, replaced_before=before, store=store, now=now)
        ]
        may = await store.support.may_keep_secrets(who.session.account_id)
        again = await how_to_show_again(who.session, store=store, now=now) if may else None
    return pages_of(request).render(
        request,
        "support_secrets.html",
        principal=who.principal,
        status=status,
        lines=lines,
        profiles=PROFILES,
        clients=list(keeper.clients.values()),
        asks={client.client_id for client in keeper.clients.values() if can_be_asked(client, keeper)},
        again=again,
        shown_until=who.session.created_at + SHOWN_LASTS,
        session=who.session,
        done=done,
        wrong=wrong,
    )
