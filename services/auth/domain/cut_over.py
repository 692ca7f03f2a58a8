"""
Coming from another system: the instant from which an account's orders are ours.

What was placed before stays with the other system; so none is worked on twice, whatever both read meanwhile.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.auth.domain.connection import Change, Connection, Happened, told

# Nobody plans further, and no marketplace shows orders of before.
AHEAD_MOST = timedelta(days=90)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class CutOverInvalid(Exception):
    """The instant is none that an account could be taken over at."""


def checked(orders_from: datetime, now: datetime) -> datetime:
    """In UTC. Raises CutOverInvalid."""
    if not EARLIEST <= orders_from <= now + AHEAD_MOST:
        raise CutOverInvalid
    return orders_from.astimezone(UTC)


def cut_over(connection: Connection, orders_from: datetime | None, now: datetime) -> Change:
    """Orders placed from then on are imported; None: all of them. What is here already stays. Raises CutOverInvalid."""
    wanted = None if orders_from is None else checked(orders_from, now)
    if wanted == connection.orders_from:
        return Change(connection, None)
    return told(replace(connection, orders_from=wanted), Happened.SETTINGS_CHANGED)
