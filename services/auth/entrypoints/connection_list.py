"""The page *Connections*: a page of the list, as its address asks for it, with the forms that connect another."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from services.auth.domain.connection import ConnectionState
from services.auth.entrypoints.checklist import checklist_of
from services.auth.entrypoints.held import auth_of, pages_of
from services.auth.entrypoints.visits import visited_from
from services.auth.usecases.connection_list import ListAsked, Place
from shared.access.principal import Principal
from shared.kernel.ids import ConnectionId
from shared.marketplaces.registry import PROFILES
from shared.web.texts import printable

_ROWS = 50
_FILTERS = ("search", "state", "app")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address of the list asks for: what makes no sense is not asked."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Chosen":
        return cls({name: printable(query.get(name, ""))[:_LONGEST] for name in _FILTERS})

    @property
    def filtered(self) -> bool:
        return any(self.values.values())

    def asked(self, cursor: str) -> ListAsked:
        state = self.values["state"]
        return ListAsked(
            state=ConnectionState(state) if state in set(ConnectionState) else None,
            search=self.values["search"],
            app_id=_uuid(self.values["app"]),
            after=_place(cursor),
            limit=_ROWS,
        )

    def next_page(self, after: Place | None) -> str | None:
        if after is None:
            return None
        given = {name: value for name, value in self.values.items() if value}
        return "/connections?" + urlencode(given | {"cursor": f"{after[0]}.{after[1]}"})


async def connections_page(
    request: Request,
    who: Principal,
    *,
    connected: UUID | None = None,
    brought: tuple[int, int] = (0, 0),
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """`connected`: just authorised; `brought`: how many accounts now wait for consent, how many live here already."""
    held, chosen = auth_of(request), Chosen.of(request.query_params)
    found = await held.views.listed(who.organisation, chosen.asked(request.query_params.get("cursor", "")))
    offers = [(PROFILES[name], offer.countries) for name, offer in held.offers.items() if offer.countries]
    wondering = await held.views.unanswered(who.user_id, held.clock.now()) if who.user_id else None
    return pages_of(request).render(
        request,
        "connections.html",
        principal=who,
        status=status,
        connections=found.items,
        next_page=chosen.next_page(found.after),
        chosen=chosen,
        counts=await held.views.counted(who.organisation),
        rows=_ROWS,
        connected=await held.views.connection(who.organisation, ConnectionId(connected)) if connected else None,
        brought=brought,
        offers=offers,
        visited=visited_from(request),
        unanswered=PROFILES.get(wondering) if wondering else None,
        private=[PROFILES[name] for name in held.private],
        needs=await checklist_of(request, who, [profile for profile, _ in offers]),
        delegations=[PROFILES[name] for name, offer in held.delegations.items() if offer.portals],
        profiles=PROFILES,
        now=held.clock.now(),
        form=form or {},
        errors=errors or {},
    )


def _place(cursor: str) -> Place | None:
    """A cursor that is none of ours begins at the first page."""
    urgency, _, last = cursor.partition(".")
    behind = _uuid(last)
    return (int(urgency), behind) if behind and urgency in {"0", "1", "2"} else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
