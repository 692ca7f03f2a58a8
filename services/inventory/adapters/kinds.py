"""Inventory's kinds of work that calls out, and what of each is due now: only of connections that are active."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select, union_all

from services.inventory.adapters.tables import connection, discovery, submission, target
from services.inventory.adapters.targets import is_due
from shared.db.claims import Kind
from shared.events.auth import MAY_WORK
from shared.kernel.budgets import Rate

LISTING = "listing"
PUSH = "push"


def kinds(rates: Mapping[str, Mapping[str, Rate]], delay: timedelta) -> Mapping[str, Kind]:
    """`rates`: of each kind's operations. `delay`: how long a value that changed rests."""
    return {
        # Longer than a page may take: a call of 20 s, its repetition with a new token, and storing it.
        LISTING: Kind(due=_listings(), lease_seconds=90, rates=rates[LISTING]),
        PUSH: Kind(due=_pushes(delay), lease_seconds=60, margin_seconds=25, rates=rates[PUSH]),
    }


def _listings() -> Select[Any]:
    return (
        select(
            discovery.c.connection_id.label("subject"), connection.c.marketplace.label("far_side"), discovery.c.due_at
        )
        .join(connection, connection.c.id == discovery.c.connection_id)
        .where(connection.c.state.in_(MAY_WORK), discovery.c.due_at <= func.statement_timestamp())
    )


def _pushes(delay: timedelta) -> Select[Any]:
    """Submissions whose next call is due, and what is to be put into new ones."""
    now = func.statement_timestamp()
    begun = select(submission.c.connection_id, submission.c.due_at).where(submission.c.due_at <= now)
    waiting = select(target.c.connection_id, target.c.due_at).where(is_due(now, now - delay))
    due = union_all(begun, waiting).subquery()
    return (
        select(due.c.connection_id.label("subject"), connection.c.marketplace.label("far_side"), due.c.due_at)
        .join(connection, connection.c.id == due.c.connection_id)
        .where(connection.c.state.in_(MAY_WORK))
    )
