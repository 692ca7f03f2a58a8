"""
Sign-in at an OpenID provider: begun here, back with a code, and in as the account of the address it vouches for.

Nonce and verifier come from the state by our key, so that nothing of them is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.auth.domain.account import Way, email_key
from services.auth.domain.opaque import digest
from services.auth.domain.openid import STATE_LASTS, Identity, OpenIdFailed, OpenIdProblem, OpenIdState
from services.auth.domain.second_factor import SecondFactorPolicy
from services.auth.usecases.count_attempt import Mask
from services.auth.usecases.openid_ports import OpenIdProvider
from services.auth.usecases.ports import Store
from services.auth.usecases.start_session import SignedIn, note_sign_in, start_session, start_vouched_session
from shared.kernel.clock import Clock
from shared.kernel.ports import UnitOfWork

_REASON = "openid"


@dataclass(frozen=True, slots=True)
class Back:
    """What the redirect brings; empty: it does not."""

    state: str
    code: str
    issuer: str

    def __repr__(self) -> str:
        return "Back(…)"


async def begin_openid(
    holder: str,
    goal: str,
    *,
    uow: UnitOfWork[Store],
    provider: OpenIdProvider,
    clock: Clock,
    new_secret: Callable[[], str],
    mask: Mask,
) -> str:
    """The address of the provider's page. Raises OpenIdFailed."""
    state = new_secret()
    address = await provider.address(state=state, nonce=_nonce(state, mask), verifier=_verifier(state, mask))
    async with uow() as store:
        await store.openid_states.add(OpenIdState(digest(state), holder, goal, clock.now() + STATE_LASTS))
    return address


async def finish_openid(
    back: Back,
    holder: str,
    *,
    browser: str,
    second: SecondFactorPolicy,
    uow: UnitOfWork[Store],
    provider: OpenIdProvider,
    clock: Clock,
    new_secret: Callable[[], str],
    mask: Mask,
) -> tuple[SignedIn, str]:
    """The session, which may wait for the second factor, and where they wanted to go. Raises OpenIdFailed."""
    async with uow() as store:
        state = await store.openid_states.use(digest(back.state), holder, clock.now())
    if not back.code:
        raise OpenIdFailed(OpenIdProblem.REFUSED)
    if state is None:
        raise OpenIdFailed(OpenIdProblem.LATE)
    nonce, verifier = _nonce(back.state, mask), _verifier(back.state, mask)
    identity = await provider.identity(back.code, issuer=back.issuer or None, nonce=nonce, verifier=verifier)
    if not identity.verified:
        raise OpenIdFailed(OpenIdProblem.UNVERIFIED)
    async with uow() as store:
        return await _enter(identity, browser, second, store=store, clock=clock, new_secret=new_secret), state.goal


async def _enter(
    identity: Identity,
    browser: str,
    second: SecondFactorPolicy,
    *,
    store: Store,
    clock: Clock,
    new_secret: Callable[[], str],
) -> SignedIn:
    """An address that was never confirmed may be anybody's who typed it: it lets nobody in."""
    found, now = await store.accounts.by_email(email_key(identity.email)), clock.now()
    account = await store.accounts.lock(found.id) if found else None
    if account is None or account.disabled_at or account.email_confirmed_at is None:
        raise OpenIdFailed(OpenIdProblem.UNKNOWN)
    if identity.two_factors:
        made = await start_vouched_session(account, store=store, now=now, new_secret=new_secret, browser=browser)
    else:
        made = await start_session(
            account, store=store, now=now, new_secret=new_secret, browser=browser, second=second, way=Way.OPENID
        )
    await note_sign_in(made, store=store, now=now, reason=_REASON)
    return made


def _nonce(state: str, mask: Mask) -> str:
    return mask(f"openid nonce {state}")


def _verifier(state: str, mask: Mask) -> str:
    """64 of its 43 to 128 characters (RFC 7636, section 4.1)."""
    return mask(f"openid verifier {state}")
