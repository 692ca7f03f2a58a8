"""Connect and reconnect where sellers delegate in the marketplace's portal, and showing whose the account is."""

from collections.abc import Mapping
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.account import TooManyAttempts
from services.auth.domain.claim import ClaimRefused
from services.auth.domain.connection import ChannelsInvalid, Connection, NameInvalid
from services.auth.entrypoints.checklist import checklist_of
from services.auth.entrypoints.connection_pages import Form, Writer, chosen_of, connection_page, known_connection
from services.auth.entrypoints.held import actor_of, address_of, auth_of, check_email_confirmed, pages_of
from services.auth.entrypoints.looking import look_at_once, look_if_asked, probing
from services.auth.entrypoints.private_sentences import AWAY
from services.auth.entrypoints.sentences import CLAIM_REFUSALS, FIELD_PROBLEMS, TOO_MANY_ATTEMPTS
from services.auth.usecases.change_settings import enter_login
from services.auth.usecases.claim_seller import Claimed, claim_again, claim_seller
from services.auth.usecases.count_attempt import proof_keys
from services.auth.usecases.errors import ConnectionUnknown, RegionNotOffered
from services.auth.usecases.prove_claim import Credentials, prove_by_credentials
from shared.access.principal import Principal
from shared.kernel.errors import FarSideError
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import LeaseLost
from shared.marketplaces.registry import PROFILES
from shared.web.forms import PostedForm
from shared.web.problems import Problem, not_found

router = APIRouter(prefix="/connections", include_in_schema=False)
# What is shown again when something is wrong: never a secret.
_FIELDS = ("region", "name", "seller_id", "login", "which")

log = structlog.get_logger()


@router.get("/{marketplace}/connect")
async def connect_page(request: Request, who: Writer, marketplace: str) -> Response:
    return await _connect_page(request, who, marketplace)


@router.post("/{marketplace}/connect")
async def connect_form(request: Request, form: Form, marketplace: str) -> Response:
    held, who = auth_of(request), form.principal
    if marketplace not in held.delegations:
        raise not_found()
    await check_email_confirmed(request, who)
    try:
        async with held.uow() as store:
            claimed = await claim_seller(
                _claimed(form, marketplace),
                actor_of(who),
                store=store,
                offers=held.delegations,
                grants=held.shared_grants,
                clock=held.clock,
            )
    except (ClaimRefused, NameInvalid, ChannelsInvalid, RegionNotOffered) as error:
        return await _again(request, form, marketplace, error)
    await look_at_once(held, claimed.id)
    return RedirectResponse(f"/connections/{claimed.id}", 303)


@router.post("/{connection_id:uuid}/check")
async def check_form(request: Request, form: Form, connection_id: UUID) -> Response:
    """Asks the marketplace now."""
    known = await known_connection(request, form.principal, connection_id)
    return await _checked(request, form.principal, known)


@router.post("/{connection_id:uuid}/proof")
async def proof_form(request: Request, form: Form, connection_id: UUID) -> Response:
    """By credentials of the seller's own: used now, and forgotten."""
    held, who = auth_of(request), form.principal
    known = await known_connection(request, who, connection_id)
    if known.marketplace not in held.delegations:
        raise not_found()
    try:
        await _prove(request, form, known)
    except ClaimRefused as refused:
        refusal = CLAIM_REFUSALS[refused.problem]
        errors = {"client_id": pages_of(request).say(request, refusal.sentence, principal=who)}
        return connection_page(request, who, known, errors=errors, status=refusal.status)
    except TooManyAttempts as error:
        return _waiting(request, who, known, error)
    except (FarSideError, LeaseLost) as error:
        log.warning("proof.later", connection_id=str(known.id), reason=type(error).__name__)
        return connection_page(request, who, known, trouble=AWAY, status=503)
    return RedirectResponse(f"/connections/{known.id}", 303)


@router.post("/{connection_id:uuid}/login")
async def login_form(request: Request, form: Form, connection_id: UUID) -> Response:
    """Whose login in the portal gives the access; it is not ours to use."""
    held, who, login = auth_of(request), form.principal, form.text("login")
    try:
        async with held.uow() as store:
            await enter_login(ConnectionId(connection_id), login, actor_of(who), store=store, clock=held.clock)
    except ConnectionUnknown:
        raise not_found() from None
    except ClaimRefused as refused:
        known, refusal = await known_connection(request, who, connection_id), CLAIM_REFUSALS[refused.problem]
        said = pages_of(request).say(request, refusal.sentence, principal=who)
        return connection_page(
            request, who, known, form={"login": login}, errors={"login": said}, status=refusal.status
        )
    return RedirectResponse(f"/connections/{connection_id}", 303)


async def reconnect_by_delegation(request: Request, form: PostedForm, connection: Connection) -> Response:
    """The same connection: claimed anew where it was ended, else asked about now."""
    held, who = auth_of(request), form.principal
    try:
        async with held.uow() as store:
            await claim_again(
                connection.id,
                actor_of(who),
                store=store,
                offers=held.delegations,
                grants=held.shared_grants,
                clock=held.clock,
            )
    except ConnectionUnknown:
        raise not_found() from None
    except RegionNotOffered:
        raise Problem(409, "region-not-offered", FIELD_PROBLEMS["region.not_offered"]) from None
    except ClaimRefused as refused:
        refusal = CLAIM_REFUSALS[refused.problem]
        return connection_page(request, who, connection, trouble=refusal.sentence, status=refusal.status)
    return await _checked(request, who, connection)


async def _checked(request: Request, who: Principal, known: Connection) -> Response:
    held = auth_of(request)
    try:
        asked = await look_if_asked(held, known.id)
    except TooManyAttempts as error:
        return _waiting(request, who, known, error)
    if asked:
        return RedirectResponse(f"/connections/{known.id}", 303)
    newest = await known_connection(request, who, known.id)
    return connection_page(request, who, newest, trouble=AWAY, status=503)


async def _prove(request: Request, form: PostedForm, known: Connection) -> None:
    held = auth_of(request)
    credentials = Credentials(form.text("client_id"), form.text("client_secret"))
    delegations = {name: offer.delegation for name, offer in held.delegations.items()}
    async with probing(held, ConnectionId(known.id)) as lease:
        await prove_by_credentials(
            lease,
            credentials,
            actor_of(form.principal),
            keys=proof_keys(form.principal.organisation, address_of(request), held.mask_attempt),
            uow=held.uow,
            delegations=delegations,
            clock=held.clock,
        )
    await look_at_once(held, known.id)


def _claimed(form: PostedForm, marketplace: str) -> Claimed:
    name = form.text("name") or PROFILES[marketplace].title
    return Claimed(marketplace, form.text("region"), form.text("seller_id"), name, form.text("login"), chosen_of(form))


async def _again(request: Request, form: PostedForm, marketplace: str, error: Exception) -> Response:
    status, field, sentence = _said(error)
    errors = {field: pages_of(request).say(request, sentence, principal=form.principal)}
    given = {name: form.text(name) for name in _FIELDS}
    chosen = frozenset(form.texts("channel"))
    return await _connect_page(
        request, form.principal, marketplace, form=given, chosen=chosen, errors=errors, status=status
    )


def _said(error: Exception) -> tuple[int, str, str]:
    match error:
        case ClaimRefused(problem=problem):
            refusal = CLAIM_REFUSALS[problem]
            return refusal.status, refusal.field, refusal.sentence
        case NameInvalid():
            return 422, "name", FIELD_PROBLEMS["name.invalid"]
        case ChannelsInvalid():
            return 422, "channels", FIELD_PROBLEMS["channels.invalid"]
        case _:
            return 422, "region", FIELD_PROBLEMS["region.not_offered"]


def _waiting(request: Request, who: Principal, known: Connection, error: TooManyAttempts) -> Response:
    response = connection_page(request, who, known, trouble=TOO_MANY_ATTEMPTS, status=429)
    response.headers["retry-after"] = str(error.retry_after_seconds)
    return response


async def _connect_page(
    request: Request,
    who: Principal,
    marketplace: str,
    *,
    form: Mapping[str, str] | None = None,
    chosen: frozenset[str] = frozenset(),
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    offer, profile = auth_of(request).delegations.get(marketplace), PROFILES.get(marketplace)
    if offer is None or profile is None or not offer.portals:
        raise not_found()
    return pages_of(request).render(
        request,
        "connect.html",
        principal=who,
        status=status,
        profile=profile,
        portals=offer.portals,
        needs=await checklist_of(request, who, [profile]),
        delegation_proves=auth_of(request).delegation_proves,
        form=form or {},
        chosen=chosen,
        errors=errors or {},
    )
