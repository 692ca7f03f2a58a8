"""The page *Access review*: everybody and everything that has access, each to be confirmed or removed by an owner."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.auth.bootstrap import Auth
from services.auth.domain.api_client import ApiClient
from services.auth.domain.connection import Connection, digest_of
from services.auth.domain.member import LastOwner, MemberUnknown
from services.auth.entrypoints.at_the_act import NOT_SHOWN, Wrong, act_parts, shown_if_asked, wrong_of
from services.auth.entrypoints.first_forms import waiting
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
_ANSWERS = {"keep": True, "remove": False}


class Reviewed(NamedTuple):
    """What has access today. Connections by marketplace and region: each such group has an answer of its own."""

    members: Sequence[Member]
    clients: Sequence[ApiClient]
    connections: Sequence[Connection]

    def groups(self) -> Mapping[str, Sequence[Connection]]:
        found: dict[str, list[Connection]] = {}
        for one in self.connections:
            found.setdefault(f"{one.marketplace}-{one.region}", []).append(one)
        return found

    def shown(self) -> str:
        """Which connections the page has: what is answered for others is no answer."""
        return digest_of(one.id for one in self.connections)

    def fields(self) -> list[str]:
        """The form's that need an answer."""
        names = [f"member-{one.account.id}" for one in self.members]
        names += [f"client-{one.id}" for one in self.clients]
        return [*names, *(f"group-{name}" for name in self.groups())]

    def decided(self, answers: Mapping[str, bool], ends: Collection[str]) -> Decisions:
        """`answers`: by field, all of them; `ends`: connections that do not stay with their group."""
        return Decisions(
            {one.account.id: answers[f"member-{one.account.id}"] for one in self.members},
            {one.id: answers[f"client-{one.id}"] for one in self.clients},
            {one.id: str(one.id) not in ends for one in self.connections},
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
    ends = frozenset(form.texts("ends"))
    if form.text("shown") != found.shown():
        return await _page(request, who, found, answers, ends, trouble=REVIEW_CHANGED, status=409)
    if answers.keys() != set(found.fields()):
        return await _page(request, who, found, answers, ends, trouble=REVIEW_UNDECIDED, status=422)
    decided = found.decided(answers, ends)
    try:
        shown = await shown_if_asked(request, form)
        async with held.uow() as store:
            await review_access(decided, actor_of(who), shown=shown, store=store, clock=held.clock)
    except NOT_SHOWN as error:
        return waiting(await _page(request, who, found, answers, ends, wrong=wrong_of(error)), error)
    except LastOwner:
        return await _page(request, who, found, answers, ends, trouble=LAST_OWNER, status=409)
    except (MemberUnknown, ClientUnknown, ConnectionUnknown):
        found = await _reviewed(held, who.organisation)
        return await _page(request, who, found, answers, ends, trouble=REVIEW_CHANGED, status=409)
    return RedirectResponse(f"{router.prefix}?done=1", 303)


async def _reviewed(held: Auth, organisation_id: OrganisationId) -> Reviewed:
    clients = await held.views.api_clients(organisation_id)
    return Reviewed(
        await held.members.members(organisation_id),
        [one for one in clients if one.revoked_at is None],
        await held.views.living(organisation_id),
    )


async def _page(
    request: Request,
    who: Principal,
    found: Reviewed,
    answers: Mapping[str, bool] | None = None,
    ends: Collection[str] = (),
    *,
    trouble: str | None = None,
    wrong: Wrong | None = None,
    done: bool = False,
    status: int = 200,
) -> Response:
    """`wrong`: an owner's access is to end, for which more is asked than the session."""
    held, pages = auth_of(request), pages_of(request)
    said: dict[str, object] = {
        "asked": None,
        "trouble": pages.say(request, trouble, principal=who) if trouble else None,
    }
    if wrong is not None:
        said = await act_parts(request, who, wrong)
    return pages.render(
        request,
        "access_review.html",
        principal=who,
        status=wrong.status if wrong else status,
        found=found,
        answers=answers or {},
        ends=ends,
        review=await held.members.review(who.organisation),
        now=held.clock.now(),
        roles=ROLES,
        scopes=SCOPES,
        profiles=PROFILES,
        done=done,
        **said,
    )
