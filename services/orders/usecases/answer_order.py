"""Answering an order that waits: by hand, or automatically once every line is reserved."""

from collections.abc import Mapping, Sequence

from services.orders.domain import acceptance, timeline
from services.orders.domain.acceptance import Acceptance, Asker, Mode, NotPossible, State, hindrances
from services.orders.domain.order import Order
from services.orders.usecases.ports import Store
from shared.kernel.clock import Clock
from shared.kernel.ids import ConnectionId, OrderId, OrganisationId

NO_ANSWERS = "This marketplace takes no answers from here: answer the order in its own portal."


class Unknown(Exception):
    """This organisation has no such order, or no such connection whose orders are answered."""


async def answer_order(
    order_id: OrderId,
    *,
    accept: bool,
    organisation_id: OrganisationId,
    by: Asker,
    answering: frozenset[str],
    store: Store,
    clock: Clock,
) -> Acceptance:
    """
    The answer owed now; sent by the worker. Raises Unknown, NotPossible.

    `answering`: the marketplaces whose orders are answered.
    """
    order = await store.orders.lock_one(order_id)
    if order is None or order.organisation_id != organisation_id:
        raise Unknown
    known = (await store.acceptances.of([order_id])).get(order_id)
    if order.marketplace not in answering:
        raise NotPossible("no_answers", NO_ANSWERS)
    answer = acceptance.asked(order, known, by, clock.now(), accept=accept)
    await save_answers(store, [(known, answer)], clock)
    return answer


async def accept_reserved(store: Store, orders: Mapping[OrderId, Order], clock: Clock) -> None:
    """
    Accepts those that wait, nobody answered, and that can be reserved as a whole, where the connection wants that.

    The orders' rows are locked: whoever changes the connection's mode locks them too, so that none slips through.
    """
    waiting = {order_id: order for order_id, order in orders.items() if order.waits_for_answer}
    modes = await store.acceptances.modes([order.connection_id for order in waiting.values()]) if waiting else {}
    ids = [order.id for order in waiting.values() if modes.get(order.connection_id) is Mode.AUTOMATIC]
    if not ids:
        return
    known = await store.acceptances.of(ids)
    reservations = await store.copies.reservations(ids)
    free = [waiting[one] for one in ids if one not in known or known[one].state is State.WITHDRAWN]
    ready = [order for order in free if hindrances(order, reservations.get(order.id)) == []]
    answers = [
        (known.get(order.id), acceptance.asked(order, known.get(order.id), Asker(), clock.now(), accept=True))
        for order in ready
    ]
    await save_answers(store, answers, clock)


async def choose_mode(
    connection_id: ConnectionId,
    mode: Mode,
    *,
    organisation_id: OrganisationId,
    answering: frozenset[str],
    store: Store,
    clock: Clock,
) -> None:
    """Who answers the connection's orders from now on; automatic also takes up those that wait. Raises Unknown."""
    connection = await store.connections.get(connection_id)
    if connection is None or connection.organisation_id != organisation_id or connection.marketplace not in answering:
        raise Unknown
    await store.acceptances.choose(connection, mode)
    if mode is Mode.AUTOMATIC:
        await accept_reserved(store, await store.orders.lock_waiting_of(connection_id), clock)


async def settle_answers(store: Store, order_ids: Sequence[OrderId], clock: Clock) -> None:
    """These orders were read and no longer wait: what was sent is answered, what is owed is withdrawn."""
    known = await store.acceptances.of(order_ids) if order_ids else {}
    await save_answers(store, [(answer, acceptance.no_longer_waits(answer)) for answer in known.values()], clock)


async def save_answers(store: Store, changes: Sequence[tuple[Acceptance | None, Acceptance]], clock: Clock) -> None:
    """With what of it belongs into the timelines."""
    changed = [(before, after) for before, after in changes if before != after]
    await store.acceptances.save([after for _, after in changed])
    entries = [
        (after.organisation_id, after.order_id, entry)
        for before, after in changed
        for entry in timeline.answer(before, after, clock.now())
    ]
    await store.timeline.add(entries)
