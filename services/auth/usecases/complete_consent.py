"""
The redirect back from the far side's consent page: use the state up -> exchange the code -> keep what it gave.

The exchange runs between two transactions. A code cannot be read before it is tried again: when its outcome is
unknown, the seller authorises once more.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from services.auth.domain.audit import Action, AuditEntry
from services.auth.domain.claim import standing
from services.auth.domain.connection import UNCONNECTED, new_connection
from services.auth.domain.consent import ConsentFailed, ConsentProblem, ConsentState, Returned, check_usable
from services.auth.domain.grant import SealedGrant
from services.auth.domain.opaque import digest
from services.auth.usecases.keep_grant import keep_grant
from services.auth.usecases.ports import ConsentVault, Store
from shared.kernel.clock import Clock
from shared.kernel.errors import ClientSecretInvalid, ConsentLost, FarSideError, OutcomeUnknown, Refused, Unreadable
from shared.kernel.ids import ConnectionId, new_id
from shared.kernel.ports import UnitOfWork


async def complete_consent(
    returned: Returned,
    session: str,
    marketplace: str,
    *,
    uow: UnitOfWork[Store],
    vault: ConsentVault,
    lasts: Mapping[str, timedelta],
    clock: Clock,
) -> ConnectionId:
    """
    The connection, new or renewed. `session`: digest of the cookie that came back; `marketplace`: whose callback it is;
    `lasts`: how long each marketplace's consents do.

    Raises ConsentFailed, whose problem has a page.
    """
    now = clock.now()
    async with uow() as store:
        state = check_usable(await store.consents.lock(digest(returned.state)), session, marketplace, now)
        await store.consents.use(state.digest, now)
        problem = await _problem_before(state, returned.seller_id, store)
        if problem is not None:
            await store.audit.add(_entry(state, now, Action.CONSENT_REFUSED, reason=problem.value))
    if problem is not None:
        raise ConsentFailed(problem)
    grant = await _exchanged(state, returned.code, vault)
    async with uow() as store:
        return await _keep(
            state, returned.seller_id, grant, lasts=lasts[state.marketplace], store=store, now=clock.now()
        )


async def _problem_before(state: ConsentState, seller_id: str, store: Store) -> ConsentProblem | None:
    """What can be known before the code is spent."""
    holder = await store.connections.holder(state.marketplace, state.region, seller_id)
    if holder is not None and holder != state.organisation_id:
        return ConsentProblem.OTHER_ORGANISATION
    return None if state.seller_id in {None, seller_id} else ConsentProblem.OTHER_SELLER


async def _exchanged(state: ConsentState, code: str, vault: ConsentVault) -> SealedGrant:
    try:
        return await vault.exchange(state.marketplace, state.region, code)
    except ConsentLost as error:
        raise ConsentFailed(ConsentProblem.CODE_REFUSED) from error
    except (OutcomeUnknown, Unreadable) as error:
        raise ConsentFailed(ConsentProblem.UNCERTAIN) from error
    except ClientSecretInvalid as error:
        raise ConsentFailed(ConsentProblem.OUR_SECRET) from error
    except Refused as error:
        raise ConsentFailed(ConsentProblem.REFUSED) from error
    except FarSideError as error:
        raise ConsentFailed(ConsentProblem.AWAY) from error


async def _keep(
    state: ConsentState, seller_id: str, grant: SealedGrant, *, lasts: timedelta, store: Store, now: datetime
) -> ConnectionId:
    await store.closings.lock_open(state.organisation_id)
    account = (state.marketplace, state.region, seller_id)
    found = standing(await store.connections.lock_of_seller(*account, state.organisation_id), state.organisation_id)
    if found.holder not in {None, state.organisation_id}:
        raise ConsentFailed(ConsentProblem.OTHER_ORGANISATION)
    known = found.own or new_connection(state.organisation_id, *account, state.name)
    endpoint = state.endpoint if known.state in UNCONNECTED else known.endpoint
    before = replace(known, country=state.country, app_id=None, remind_at=None, endpoint=endpoint)
    await keep_grant(before, grant, lasts=lasts, store=store, now=now)
    await store.audit.add(replace(_entry(state, now, Action.CONNECTED), connection_id=before.id))
    return before.id


def _entry(state: ConsentState, now: datetime, action: Action, *, reason: str | None = None) -> AuditEntry:
    return AuditEntry(new_id(), now, action, state.organisation_id, state.user_id, state.connection_id, reason)
