"""
The pages of support: find an organisation, say why, look at its states for an hour; one's own reasons.

Nothing here changes anything of an organisation's, and no page has an access token, a secret or a member's address.
"""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import FormInvalid
from services.auth.domain.support import ASKED_MOST, REASON_LEAST, REASON_MOST, OrganisationUnknown, masked
from services.auth.entrypoints.held import auth_of, pages_of
from services.auth.entrypoints.roles import ROLES
from services.auth.entrypoints.sentences import FIELD_PROBLEMS
from services.auth.entrypoints.staff import StaffForm, StaffReader, staff_form, staff_reader
from services.auth.usecases.support import open_look
from services.auth.usecases.support_ports import Organisation
from shared.access.principal import Principal
from shared.kernel.ids import ConnectionId, OrganisationId
from shared.marketplaces.registry import PROFILES
from shared.web.problems import not_found

router = APIRouter(prefix="/support", include_in_schema=False)
Reader = Annotated[StaffReader, Depends(staff_reader)]
Form = Annotated[StaffForm, Depends(staff_form)]
_ROWS = 50

log = structlog.get_logger()


@router.get("")
async def search_page(request: Request, who: Reader) -> Response:
    return pages_of(request).render(
        request, "support.html", principal=who.principal, asked="", found=None, errors={}, most=ASKED_MOST
    )


@router.post("")
async def search_form(request: Request, form: Form) -> Response:
    """Posted, as what is asked for may be somebody's address, which has no place in one of ours."""
    pages, asked, found, errors = pages_of(request), form.form.text("asked"), None, {}
    if not asked or len(asked) > ASKED_MOST or not asked.isprintable():
        errors = {"asked": pages.say(request, FIELD_PROBLEMS["asked.missing"], principal=form.principal)}
    else:
        found = await auth_of(request).support.found(asked)
        log.info("support.searched", user_id=str(form.session.account_id), count=len(found))
    return pages.render(
        request,
        "support.html",
        principal=form.principal,
        status=422 if errors else 200,
        asked=asked,
        found=found,
        errors=errors,
        most=ASKED_MOST,
    )


@router.get("/reasons")
async def reasons_page(request: Request, who: Reader, cursor: UUID | None = None) -> Response:
    """One's own, fifty at a time."""
    held = auth_of(request)
    found = await held.support.looks(who.session.account_id, after=cursor, limit=_ROWS + 1)
    return pages_of(request).render(
        request,
        "support_reasons.html",
        principal=who.principal,
        looks=found[:_ROWS],
        now=held.clock.now(),
        next_page=f"/support/reasons?cursor={found[_ROWS - 1].look.id}" if len(found) > _ROWS else None,
    )


@router.get("/organisations/{organisation_id:uuid}/reason")
async def reason_page(request: Request, who: Reader, organisation_id: UUID) -> Response:
    return await _reason_page(request, who.principal, OrganisationId(organisation_id))


@router.post("/organisations/{organisation_id:uuid}/reason")
async def reason_form(request: Request, form: Form, organisation_id: UUID) -> Response:
    """An hour begins, and the organisation's audit log says so."""
    held, its, written = auth_of(request), OrganisationId(organisation_id), form.form.text("reason")
    try:
        async with held.uow() as store:
            look = await open_look(its, written, form.session, store=store, clock=held.clock)
    except OrganisationUnknown:
        raise not_found() from None
    except FormInvalid as error:
        errors = {name: FIELD_PROBLEMS[f"{name}.{code}"] for name, code in error.problems.items()}
        return await _reason_page(request, form.principal, its, written=written, errors=errors, status=422)
    log.info("support.opened", user_id=str(look.account_id), subject=str(its), until=look.expires_at.isoformat())
    return RedirectResponse(f"/support/organisations/{organisation_id}", 303)


@router.get("/organisations/{organisation_id:uuid}")
async def organisation_page(
    request: Request, who: Reader, organisation_id: UUID, cursor: UUID | None = None
) -> Response:
    """States only. Without a reason that is open the answer is the same whether there is such an organisation."""
    held, its, now = auth_of(request), OrganisationId(organisation_id), auth_of(request).clock.now()
    look = await held.support.open_look(who.session.account_id, its, now)
    if look is None:
        return RedirectResponse(f"/support/organisations/{organisation_id}/reason", 303)
    after = ConnectionId(cursor) if cursor else None
    connections = await held.views.connections(its, after=after, limit=_ROWS + 1)
    more = f"/support/organisations/{its}?cursor={connections[_ROWS - 1].id}" if len(connections) > _ROWS else None
    return pages_of(request).render(
        request,
        "support_organisation.html",
        principal=who.principal,
        organisation=await _known(request, its),
        look=look,
        overview=await held.support.overview(its, now),
        connections=connections[:_ROWS],
        next_page=more,
        profiles=PROFILES,
        roles=ROLES,
        masked=masked,
        now=now,
    )


async def _reason_page(
    request: Request,
    who: Principal,
    organisation_id: OrganisationId,
    *,
    written: str = "",
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    pages = pages_of(request)
    return pages.render(
        request,
        "support_reason.html",
        principal=who,
        status=status,
        organisation=await _known(request, organisation_id),
        reason=written,
        lengths=(REASON_LEAST, REASON_MOST),
        errors={name: pages.say(request, said, principal=who) for name, said in (errors or {}).items()},
    )


async def _known(request: Request, organisation_id: OrganisationId) -> Organisation:
    """Raises the Problem 404."""
    found = await auth_of(request).support.organisation(organisation_id)
    if found is None:
        raise not_found()
    return found
