"""Who reads the pages of support: staff of the operator, in a session that began with a second factor."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.auth.domain.account import Session
from services.auth.domain.support import FactorUnused, NotStaff
from services.auth.entrypoints.held import auth_of, who_of
from services.auth.entrypoints.readers import signed_in
from services.auth.entrypoints.secret_sentences import NOT_YOURS
from services.auth.entrypoints.sentences import FACTOR_NEEDED
from services.auth.usecases.support import check_staff
from shared.access.principal import Principal
from shared.web.forms import PostedForm, posted_form
from shared.web.problems import Problem, not_found


@dataclass(frozen=True)
class StaffReader:
    principal: Principal
    session: Session


@dataclass(frozen=True)
class StaffForm:
    """`form` carried its session's token."""

    form: PostedForm
    session: Session

    @property
    def principal(self) -> Principal:
        return self.form.principal


async def staff_reader(request: Request, who: Annotated[Principal, Depends(signed_in)]) -> StaffReader:
    """Raises SignInFirst; the Problem 404 for everybody else, 403 where the second factor is missing."""
    return StaffReader(who, await _session(request, who))


async def staff_form(request: Request, form: Annotated[PostedForm, Depends(posted_form)]) -> StaffForm:
    """The same for what a form posts. Raises FormExpired, too."""
    return StaffForm(form, await _session(request, form.principal))


async def keeper_form(request: Request, form: Annotated[StaffForm, Depends(staff_form)]) -> StaffForm:
    """The same of those who may keep client secrets of ours. Raises the Problem 403 for other staff, too."""
    async with auth_of(request).uow() as store:
        may = await store.support.may_keep_secrets(form.session.account_id)
    if not may:
        title, detail = NOT_YOURS
        raise Problem(403, "secrets-not-yours", title, detail)
    return form


async def _session(request: Request, who: Principal) -> Session:
    try:
        async with auth_of(request).uow() as store:
            return await check_staff(who_of(request, who), store=store)
    except NotStaff:
        raise not_found() from None
    except FactorUnused as error:
        title, missing, unused = FACTOR_NEEDED
        raise Problem(403, "second-factor-needed", title, unused if error.is_set_up else missing) from None
