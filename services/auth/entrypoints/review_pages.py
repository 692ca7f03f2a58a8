"""The page *Access review*: everybody and everything that has access, each to be confirmed or removed by an owner."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.bootstrap import Auth
from services.auth.domain.api_client import ApiClient
from services.auth.domain.connection import Connection, ConnectionState
from services.auth.domain.member import LastOwner, MemberUnknown
from services.auth.entrypoints.held import actor_of, auth_of, pages_of
from services.auth.entrypoints.readers import reader
from services.auth.entrypoints.roles import ROLES
from services.auth.entrypoints.sentences import LAST_OWNER, REVIEW_CHANGED, REVIEW_UNDECIDED, SCOPES
from services.auth.usecases.errors import ClientUnknown, ConnectionUnknown
from services.auth.usecases.member_views import Member
from services.auth.usecases.review_access import Decisions, review_access
from shared.access.principal import Principal
from shared.access.roles import MEMBERS_WRITE
from shared.kernel.ids import OrganisationId
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm, member_form

router = APIRouter(prefix="/settings/access-review", include_in_schema=False)
Reader = Annotated[Principal, Depends(reader(MEMBERS_WRITE))]
Form = Annotated[PostedForm, Depends(member_form(MEMBERS_WRITE))]
# More than any organisation has.
_MOST_CONNECTIONS = 1000
_ANSWERS = {"keep": True, "remove": False}


class Reviewed(NamedTuple):
    """What has access today."""

    members: Sequence[Member]
    clients: Sequence[ApiClient]
    connections: Sequence[Connection]

    def fields(self) -> list[str]:
        """The form's, one for each."""
        names = [f"member-{one.account.id}" for one in self.members]
        names += [f"client-{one.id}" for one in self.clients]
        return [*names, *(f"connection-{one.id}" for one in self.connections)]

    def decided(self, answers: Mapping[str, bool]) -> Decisions:
        """`answers`: by field, all of them."""
        return Decisions(
            {one.account.id: answers[f"member-{one.account.id}"] for one in self.members},
            {one.id: answers[f"client-{one.id}"] for one in self.clients},
            {one.id: answers[f"connection-{one.id}"] for one in self.connections},
        )


@router.get("")
async def review_page(request: Request, who: Reader, done: bool = False) -> Response:
    """`done`: just now."""
    found = await _reviewed(auth_of(request), who.organisation)
    return await _page(request, who, found, done=done)


@router.post("")
async def review_form(request: Request, form: Form) -> Response:
    """Kept as a whole, or not at all: what has no answer yet, or came meanwhile, is asked for first."""
    held, who = auth_of(request), form.principal
    found = await _reviewed(held, who.organisation)
    answers = {name: _ANSWERS[form.text(name)] for name in found.fields() if form.text(name) in _ANSWERS}
    if answers.keys() != set(found.fields()):
        return await _page(request, who, found, answers, trouble=REVIEW_UNDECIDED, status=422)
    try:
        async with held.uow() as store:
            await review_access(found.decided(answers), actor_of(who), store=store, clock=held.clock)
    except LastOwner:
        return await _page(request, who, found, answers, trouble=LAST_OWNER, status=409)
    except (MemberUnknown, ClientUnknown, ConnectionUnknown):
        found = await _reviewed(held, who.organisation)
        return await _page(request, who, found, answers, trouble=REVIEW_CHANGED, status=409)
    return RedirectResponse(f"{router.prefix}?done=1", 303)


async def _reviewed(held: Auth, organisation_id: OrganisationId) -> Reviewed:
    clients = await held.views.api_clients(organisation_id)
    connections = await held.views.connections(organisation_id, after=None, limit=_MOST_CONNECTIONS)
    return Reviewed(
        await held.members.members(organisation_id),
        [one for one in clients if one.revoked_at is None],
        [one for one in connections if one.state is not ConnectionState.DISCONNECTED],
    )


async def _page(
    request: Request,
    who: Principal,
    found: Reviewed,
    answers: Mapping[str, bool] | None = None,
    *,
    trouble: str | None = None,
    done: bool = False,
    status: int = 200,
) -> Response:
    held, pages = auth_of(request), pages_of(request)
    return pages.render(
        request,
        "access_review.html",
        principal=who,
        status=status,
        found=found,
        answers=answers or {},
        review=await held.members.review(who.organisation),
        now=held.clock.now(),
        roles=ROLES,
        scopes=SCOPES,
        profiles=PROFILES,
        done=done,
        trouble=pages.say(request, trouble, principal=who) if trouble else None,
    )
