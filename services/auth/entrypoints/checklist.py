"""What a seller needs before an account is connected, as the pages that connect one show it."""

from collections.abc import Iterable, Sequence

from starlette.requests import Request

from services.auth.domain.connection import Connection, ConnectionState
from services.auth.domain.prerequisites import Prerequisite, prerequisites
from services.auth.entrypoints.held import auth_of
from shared.access.principal import Principal
from shared.marketplaces.profile import Profile

# More than any organisation has; the API pages.
MOST_SHOWN = 500


async def checklist_of(
    request: Request, who: Principal, profiles: Iterable[Profile], connections: Sequence[Connection] | None = None
) -> tuple[Prerequisite, ...]:
    """For connecting one of these marketplaces. `connections`: the organisation's, where they are known already."""
    held = auth_of(request)
    views, asked = held.views, any(profile.professional_only for profile in profiles)
    if connections is None:
        connections = await views.connections(who.organisation, after=None, limit=MOST_SHOWN) if asked else ()
    living = [one for one in connections if one.state is not ConnectionState.DISCONNECTED]
    return prerequisites(
        confirmed=await views.has_confirmed(who.organisation) if held.mailer else None,
        kinds=[address.kind for address in await views.addresses(who.organisation)],
        professional=await views.says_professional(who.organisation) if asked else None,
        plans=[one.professional for one in living if one.professional is not None],
    )
