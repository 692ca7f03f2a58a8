"""What APIs and pages share of a request: the service's own things, and what people choose for listings."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import Request

from services.inventory.bootstrap import Inventory
from services.inventory.usecases.choose import Choice, ChoicesWrong, NothingToTell, choose, tell_again
from services.inventory.usecases.take_weights import ConnectionUnknown, WeightsNotTold, take_weights
from shared.access.principal import Principal
from shared.db.unit_of_work import run_in_transaction
from shared.kernel.ids import ConnectionId
from shared.web.problems import Problem, not_found

WEIGHTS_NOT_TOLD = "The listings of this marketplace tell no weight."
ENTER_WEIGHTS = "Enter what your SKUs weigh under Stock, or import it as a table."
NOTHING_TO_TELL = "No quantity is told for this listing."
WHY_NOTHING = "Map it to a SKU that was counted, and have it follow the stock."


def inventory(request: Request) -> Inventory:
    """What `make_app` was given."""
    held: Inventory = request.app.state.inventory
    return held


async def choose_for(request: Request, who: Principal, choices: Sequence[Choice]) -> Sequence[tuple[int, str]]:
    """Empty, or the choices and fields that name nothing of the organisation's: then nothing was changed."""
    held = inventory(request)
    try:
        await run_in_transaction(
            held.uow, lambda store: choose(choices, who.organisation, store=store, clock=held.clock)
        )
    except ChoicesWrong as wrong:
        return wrong.problems
    return ()


async def tell_again_for(request: Request, who: Principal, listing_id: UUID) -> None:
    """Raises Problem: 404, 409."""
    held = inventory(request)
    try:
        await run_in_transaction(
            held.uow, lambda store: tell_again(listing_id, who.organisation, store=store, clock=held.clock)
        )
    except ChoicesWrong:
        raise not_found() from None
    except NothingToTell:
        raise Problem(409, "nothing-to-tell", NOTHING_TO_TELL, WHY_NOTHING) from None


async def take_weights_for(request: Request, who: Principal, connection_id: UUID, *, taken: bool) -> None:
    """Raises Problem: 404, 409."""
    held = inventory(request)
    try:
        await run_in_transaction(
            held.uow,
            lambda store: take_weights(
                ConnectionId(connection_id),
                who.organisation,
                taken=taken,
                telling=held.telling,
                store=store,
                clock=held.clock,
            ),
        )
    except ConnectionUnknown:
        raise not_found() from None
    except WeightsNotTold:
        raise Problem(409, "weights-not-told", WEIGHTS_NOT_TOLD, ENTER_WEIGHTS) from None
