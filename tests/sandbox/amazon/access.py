"""Who is calling: the access token of a request, and the ways Amazon refuses one."""

from tests.sandbox.amazon.errors import EXPIRED, MISSING, REJECTED, SECRET_EXPIRED, ApiError, denied
from tests.sandbox.amazon.operations import Operation
from tests.sandbox.amazon.tokens import is_for
from tests.sandbox.calls import Call
from tests.sandbox.models import AccessToken, Grant, Seller
from tests.sandbox.world import World


def seller_of(world: World, token: str) -> str | None:
    """Whose token this is, valid or not; None when it is nobody's."""
    grant = _grant(world, world.tokens.get(token))
    return grant.seller_id if grant else None


def authorise(world: World, token: str, region: str, operation: Operation | None, call: Call, called: str) -> Seller:
    """The seller who allows this call, `called` by method and path; raises the 403 that fits otherwise."""
    if not token:
        raise denied(MISSING)
    known = world.tokens.get(token)
    grant = _grant(world, known)
    if known is None or (grant is not None and grant.revoked):
        raise denied(REJECTED)
    if known.expires_at <= world.clock.now():
        raise denied(EXPIRED)
    seller = world.seller(region, grant.seller_id) if grant and grant.region == region else None
    if seller is None or operation is None:
        raise denied()
    if refusal := _fault(world, call):
        raise refusal
    if operation.role and operation.role not in seller.roles:
        raise denied()
    if operation.restricted != bool(known.restricted) or (known.restricted and not is_for(known.restricted, called)):
        raise denied()
    return seller


def client_of(world: World, token: str) -> str:
    """The client a known token was issued to."""
    known = world.tokens.get(token)
    return known.client_id if known else ""


def _grant(world: World, token: AccessToken | None) -> Grant | None:
    return world.grants.get(token.refresh_token) if token and token.refresh_token else None


def _fault(world: World, call: Call) -> ApiError | None:
    details = {
        "token_rejected": REJECTED,
        "revoked_grant": REJECTED,
        "expired_secret": SECRET_EXPIRED,
        "role_missing": "",
    }
    fault = world.faults.take(call.operation, call.seller_id, *details)
    if fault is None:
        return None
    call.fault = fault.kind
    return denied(details[fault.kind])
