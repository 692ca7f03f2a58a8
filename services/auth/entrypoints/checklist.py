"""What a seller needs before an account is connected, as the pages that connect one show it."""

from collections.abc import Iterable

from starlette.requests import Request

from services.auth.domain.prerequisites import Prerequisite, prerequisites
from services.auth.entrypoints.held import auth_of
from shared.access.principal import Principal
from shared.marketplaces.profile import Profile


async def checklist_of(request: Request, who: Principal, profiles: Iterable[Profile]) -> tuple[Prerequisite, ...]:
    """For connecting one of these marketplaces."""
    held = auth_of(request)
    views, asked = held.views, any(profile.professional_only for profile in profiles)
    return prerequisites(
        confirmed=await views.has_confirmed(who.organisation) if held.mailer else None,
        kinds=[address.kind for address in await views.addresses(who.organisation)],
        professional=await views.says_professional(who.organisation) if asked else None,
        plans=await views.plans(who.organisation) if asked else (),
    )
