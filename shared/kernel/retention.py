"""How long what was read of a marketplace is kept: the same in every service, so that none brings back what went."""

from datetime import datetime, timedelta

# 18 times 30 days: less than any 18 months of the calendar, the longest that Amazon allows.
USUAL_DAYS = 540.0
# Sweeps find open orders that were placed within a year, and topics keep what was told of them for 30 days: of what
# nothing was heard for longer nobody has anything left to say.
LEAST_DAYS = 400.0
# Clocks of processes and databases differ by less.
_APART = timedelta(days=1)


def lies_ahead(at: datetime, now: datetime) -> bool:
    """Whether what is said to have happened then has not: taken at its word, it would be kept beyond its time."""
    return at > now + _APART


def may_have_gone(placed_at: datetime, now: datetime) -> bool:
    """
    Whether an order placed then may have been kept for its time, and deleted.

    Of such an order that is not known nothing is kept: it would come back.
    """
    return placed_at <= now - timedelta(days=LEAST_DAYS) + _APART
