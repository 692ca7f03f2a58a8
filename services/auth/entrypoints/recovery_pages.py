"""The page *Recovery codes* of one's own account: how many are left, and new ones with what an act asks for."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.entrypoints.at_the_act import NOT_SHOWN, Wrong, act_parts, shown_at_act, wrong_of
from services.auth.entrypoints.first_forms import waiting
from services.auth.entrypoints.held import auth_of, pages_of, person_of
from services.auth.entrypoints.readers import signed_in
from services.auth.usecases.second_factor import renew_recovery_codes
from shared.access.principal import Principal
from shared.web.forms import PostedForm, posted_form

_ACCOUNT = "/settings/account"
RECOVERY = "/settings/account/recovery-codes"
router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(signed_in)]
Form = Annotated[PostedForm, Depends(posted_form)]


@router.get(RECOVERY)
async def recovery_page(request: Request, who: Reader) -> Response:
    return await _page(request, who)


@router.post(RECOVERY)
async def recovery_form(request: Request, form: Form) -> Response:
    """
    Each time others, shown in this answer alone: pressed twice, those of the second are good. A code of the app is
    used up by the first, so the second asks for the next one.
    """
    held, who = auth_of(request), form.principal
    person = person_of(request, who)
    try:
        proven = await shown_at_act(request, form)
        async with held.uow() as store:
            await proven.locked(store)
            codes = await renew_recovery_codes(person, store=store, clock=held.clock, new_secret=held.new_secret)
    except NOT_SHOWN as error:
        return waiting(await _page(request, who, wrong=wrong_of(error)), error)
    return pages_of(request).render(request, "recovery_codes.html", principal=who, codes=codes, goal=_ACCOUNT)


async def _page(request: Request, who: Principal, *, wrong: Wrong | None = None) -> Response:
    """Whoever has no second factor is led away: codes come with the first one."""
    held, person = auth_of(request), person_of(request, who)
    async with held.uow() as store:
        if not await store.factors.is_set_up(person.id):
            return RedirectResponse(_ACCOUNT, 303)
    shown = {"left": await held.views.recovery_codes(person.id)} | await act_parts(request, who, wrong)
    status = wrong.status if wrong else 200
    return pages_of(request).render(request, "recovery.html", principal=who, status=status, **shown)
