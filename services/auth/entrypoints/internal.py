"""The internal API, for our services only: never routed from outside."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from services.auth.domain.audit import HOLDERS
from services.auth.entrypoints.held import auth_of
from services.auth.entrypoints.schemas import (
    ConsentLostIn,
    EndingOut,
    ErasedIn,
    RestrictedTokenIn,
    RevokedTokensOut,
    SessionIn,
    SessionOut,
    TokenIn,
    TokenOut,
)
from services.auth.usecases.confirm_erasure import confirm_erasure
from services.auth.usecases.errors import Busy, ConnectionUnknown
from services.auth.usecases.give_access_token import give_access_token
from services.auth.usecases.give_restricted_token import NotRestricted, give_restricted_token
from services.auth.usecases.report_consent_lost import report_consent_lost
from shared.access.access import Access
from shared.access.dependencies import service
from shared.access.principal import Principal
from shared.access.scopes import AUTH_RESTRICTED_TOKENS_USE, AUTH_SESSIONS_RESOLVE, AUTH_TOKENS_USE
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, FarSideError, RoleMissing, Throttled, Unavailable
from shared.kernel.ids import ConnectionId
from shared.marketplaces.restricted import RestrictedResource
from shared.web.problems import Problem, not_found

router = APIRouter(prefix="/internal/v1", tags=["internal"])
TokenUser = Annotated[Principal, Depends(service(AUTH_TOKENS_USE))]
SessionUser = Annotated[Principal, Depends(service(AUTH_SESSIONS_RESOLVE))]
RestrictedTokenUser = Annotated[Principal, Depends(service(AUTH_RESTRICTED_TOKENS_USE))]
_SOON_SECONDS = 2.0
_REFUSALS: dict[int | str, dict[str, Any]] = {
    404: {"description": "`not-found`: to the caller the same as consent-lost."},
    409: {"description": "`consent-lost`: the seller must authorise again; stop this connection."},
    502: {"description": "`client-secret-invalid`: our own secret is refused; nothing of the seller's is wrong."},
    503: {"description": "`far-side-unavailable`, `throttled` or `busy`: again after Retry-After."},
}

_RESTRICTED: dict[int | str, dict[str, Any]] = {
    403: {"description": "The scope is missing; or `role-missing`: the consent does not hold the role."},
    422: {"description": "`not-restricted`: one of these calls wants no such token."},
}


@router.post("/connections/{connection_id}/access-token", responses=_REFUSALS)
async def access_token(request: Request, _who: TokenUser, connection_id: UUID, asked: TokenIn) -> TokenOut:
    """A token that is good for a minute yet; one newer than `rejected`."""
    held = auth_of(request)
    try:
        token = await give_access_token(
            ConnectionId(connection_id), rejected=asked.rejected, states=held.tokens.states, vault=held.tokens
        )
    except ConnectionUnknown:
        raise not_found() from None
    except FarSideError as error:
        raise _problem(error) from error
    return TokenOut.of(token)


@router.post("/connections/{connection_id}/restricted-token", responses=_REFUSALS | _RESTRICTED)
async def restricted_token(
    request: Request, _who: RestrictedTokenUser, connection_id: UUID, asked: RestrictedTokenIn
) -> TokenOut:
    """A token for exactly these calls, good for a minute yet; one newer than `rejected`."""
    held = auth_of(request)
    resources = [RestrictedResource(one.method, one.path, one.data_elements) for one in asked.resources]
    try:
        token = await give_restricted_token(
            ConnectionId(connection_id), resources, rejected=asked.rejected, reads=held.reads, vault=held.restricted
        )
    except ConnectionUnknown:
        raise not_found() from None
    except NotRestricted:
        raise Problem(422, "not-restricted", "One of these calls wants no such token.", field="resources") from None
    except RoleMissing as error:
        raise Problem(403, "role-missing", "The marketplace denies this account's consent these calls.") from error
    except FarSideError as error:
        raise _problem(error) from error
    return TokenOut.of(token)


@router.post("/connections/{connection_id}/consent-lost", status_code=202)
async def consent_lost(request: Request, _who: TokenUser, connection_id: UUID, report: ConsentLostIn) -> None:
    """A far side refused a token of this consent: auth will look for itself."""
    held = auth_of(request)
    try:
        async with held.uow() as store:
            await report_consent_lost(
                ConnectionId(connection_id), report.consent_version, store=store, clock=held.clock
            )
    except ConnectionUnknown:
        raise not_found() from None


@router.post("/connections/{connection_id}/erased", status_code=202)
async def erased(request: Request, who: TokenUser, connection_id: UUID, told: ErasedIn) -> None:
    """The calling service has destroyed all it held of the connection's buyers."""
    held = auth_of(request)
    if who.label not in HOLDERS:
        raise not_found()
    try:
        async with held.uow() as store:
            await confirm_erasure(ConnectionId(connection_id), told.asked_at, who.label, store=store, clock=held.clock)
    except ConnectionUnknown:
        raise not_found() from None


@router.post("/sessions/resolve", responses={404: {"description": "It is nobody's session, or no longer."}})
async def resolve(request: Request, _who: SessionUser, asked: SessionIn) -> SessionOut:
    """Whose session a cookie is; 404: nobody's, or no longer."""
    access: Access = request.app.state.access
    found = await access.sessions.resolve(asked.session)
    if found is None or found.user_id is None or found.role is None:
        raise not_found()
    return SessionOut(
        user_id=found.user_id,
        organisation_id=found.organisation,
        csrf_token=found.csrf_token or "",
        locale=found.locale,
        label=found.label,
        ending=EndingOut.model_validate(found.ending, from_attributes=True) if found.ending else None,
        lacking_roles=found.lacking_roles,
        secret_refused=found.secret_refused,
        unconfirmed=found.unconfirmed,
        second_factor_by=found.second_factor_by,
        role=found.role,
        review_overdue=found.review_overdue,
    )


@router.get("/revoked-tokens")
async def revoked_tokens(request: Request, _who: SessionUser) -> RevokedTokensOut:
    """What is to be refused though it was signed and has not ended."""
    return RevokedTokensOut(ids=await auth_of(request).views.revoked_ids())


def _problem(error: FarSideError) -> Problem:
    """By what the caller does next."""
    match error:
        case ConsentLost():
            return Problem(409, "consent-lost", "The seller must authorise again.")
        case ClientSecretInvalid():
            return Problem(502, "client-secret-invalid", "The marketplace refuses our application's secret.")
        case Throttled(retry_after_seconds=wait):
            return Problem(503, "throttled", "The token endpoint asked us to slow down.", retry_after=wait)
        case Busy(retry_after_seconds=wait):
            return Problem(503, "busy", "The token is being renewed.", retry_after=wait)
        case Unavailable(retry_after_seconds=wait):
            return Problem(
                503, "far-side-unavailable", "The token endpoint does not answer.", retry_after=wait or _SOON_SECONDS
            )
        case _:
            return Problem(503, "far-side-unavailable", "No token could be had.", retry_after=_SOON_SECONDS)
