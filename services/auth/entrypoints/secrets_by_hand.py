"""Our applications' client secrets by hand, the same way by the operator's command and on support's page."""

from functools import partial

from services.auth.domain.audit import OPERATOR, SUPPORT
from services.auth.domain.client_secret import GivenSecret, OurClient, SecretProblem, SecretRefused
from services.auth.entrypoints.secret_watch import with_newest
from services.auth.secrets_bootstrap import SecretKeeper
from services.auth.usecases.client_secrets import keep_given_secrets, keep_secret
from services.auth.usecases.replace_secret import ask_for_another, due_at_once
from shared.kernel.ids import UserId
from shared.marketplaces.client_secrets import NewSecret
from shared.marketplaces.private import PrivateClient


async def keep_by_hand(
    client: OurClient, given: GivenSecret, keeper: SecretKeeper, *, by: UserId | None = None
) -> None:
    """
    Tried at the marketplace before it is kept, where there is a way to. `by`: the account of support staff; None: the
    operator's command.

    Raises SecretRefused (REFUSED, KNOWN), FarSideError: nothing was kept.
    """
    check = keeper.checks.get(client.marketplace)
    if check is not None and not await check.accepts(PrivateClient(client.client_id, given.value)):
        raise SecretRefused(SecretProblem.REFUSED)
    await keep_given_secrets(client, uow=keeper.uow, vault=keeper.vault, clock=keeper.clock)
    told = NewSecret(client.client_id, given.value, given.ends_at, None)
    uow, vault, clock = keeper.uow, keeper.vault, keeper.clock
    if not await keep_secret(client, told, _reason(by), by=by, uow=uow, vault=vault, clock=clock):
        raise SecretRefused(SecretProblem.KNOWN)


def can_be_asked(client: OurClient, keeper: SecretKeeper) -> bool:
    """Whether its marketplace can be asked for another secret, which comes by its queue."""
    return client.queue_url is not None and client.marketplace in keeper.rotations


async def ask_by_hand(client: OurClient, keeper: SecretKeeper, *, by: UserId | None = None) -> None:
    """
    Asked for; the worker receives it.

    Raises SecretRefused (NO_QUEUE, ASKED), and as `ask_for_another`, LeaseLost.
    """
    if not can_be_asked(client, keeper):
        raise SecretRefused(SecretProblem.NO_QUEUE)
    port = keeper.rotations[client.marketplace]
    await keep_given_secrets(client, uow=keeper.uow, vault=keeper.vault, clock=keeper.clock)
    due, reason, clock = due_at_once(keeper.clock), _reason(by), keeper.clock
    ask = partial(ask_for_another, client=client, port=port, is_due=due, reason=reason, by=by, clock=clock)
    if not await with_newest(keeper, client, ask):
        raise SecretRefused(SecretProblem.ASKED)


def _reason(by: UserId | None) -> str:
    return OPERATOR if by is None else SUPPORT
