"""
approveOrder: the seller accepts or refuses an order that waits for it.

Only Cdiscount's orders wait. Accepted ones become InPreparation by themselves, after checks of the marketplace's own.
"""

from dataclasses import replace

from tests.sandbox.octopia.context import Context, Reply
from tests.sandbox.octopia.errors import cannot_switch, invalid
from tests.sandbox.octopia.orders import own_order

_LATE_SECONDS = 600.0


def approve_order(ctx: Context) -> Reply:
    """An empty 201; raises 400 (no such answer, or the order does not wait) or 404."""
    now = ctx.world.clock.now()
    record = ctx.octopia.book.record(ctx.item_id, now)
    order = own_order(ctx, record.order if record else None)
    body = ctx.json()
    answer = body.get("approval_status") if isinstance(body, dict) else None
    if answer not in ("Accepted", "Refused"):
        raise invalid("approval_status", "The approval_status must be Accepted or Refused.")
    for name in sorted(body.keys() - {"approval_status"}):
        ctx.deviates(f"unknown field {name}")
    if order.status != "WaitingAcceptance":
        raise cannot_switch(answer.lower(), order.status)
    if ctx.take("dropped_204"):
        return Reply(status=201)
    late = ctx.take("late_visibility")
    shown_after = (late.seconds or _LATE_SECONDS) if late else None
    changed = order.with_status(answer)
    if answer == "Accepted":
        ready_at = now + max(ctx.octopia.acceptance_seconds, shown_after or 0.0)
        changed = replace(changed, ready_at=ready_at)
    ctx.octopia.book.change(changed, now, effect=True, shown_after=shown_after)
    return ctx.done(Reply(status=201))
