"""Who reads auth's pages: somebody signed in, or a member whose role allows it."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from services.auth.domain.account import LOCALES
from services.auth.entrypoints.held import auth_of
from shared.access.dependencies import member, signed_in_page
from shared.access.principal import Principal
from shared.web.languages import PARAMETER


async def signed_in(request: Request, who: Annotated[Principal, Depends(signed_in_page)]) -> Principal:
    """The signed-in user; a language chosen on the way is remembered with the account."""
    wished = request.query_params.get(PARAMETER)
    if wished in LOCALES and wished != who.locale and who.user_id is not None:
        async with auth_of(request).uow() as store:
            await store.accounts.set_locale(who.user_id, wished)
    return who


def reader(permission: str) -> Callable[..., Awaitable[Principal]]:
    """The same, if their role allows this. Raises SignInFirst, RoleForbids."""

    async def dependency(request: Request, who: Annotated[Principal, Depends(member(permission))]) -> Principal:
        return await signed_in(request, who)

    return dependency
