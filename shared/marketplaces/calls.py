"""What a call to any marketplace has in common: who we say we are, our own budget, and answers that are no answer."""

from datetime import datetime
from typing import Literal, Protocol

from shared.http.messages import Answer, Request
from shared.kernel.budgets import Budgets
from shared.kernel.errors import FarSideError, OutcomeUnknown, Throttled, Unavailable

# Application, version, language: Amazon's guide requires it in this form.
USER_AGENT = "Passerelle/0.1 (Language=Python)"
# Seconds: below this a bucket counts as refilled, so that rounding never makes a caller wait twice. More would be felt:
# a far side that counts as strictly refuses a call that comes before its bucket is refilled.
_NEAR_ENOUGH = 0.001


class Sends(Protocol):
    """What sends a request: `shared.http.outward.Outward`."""

    async def call(self, request: Request) -> Answer: ...


def spend(operation: str, budgets: Budgets, now: datetime) -> None:
    """One call of our own budget. Raises Throttled where it is used up: nothing is asked then."""
    wait = budgets.wait_seconds(operation, now)
    if wait > _NEAR_ENOUGH:
        raise Throttled("Our own budget is used up.", code="budget_empty", retry_after_seconds=wait)
    budgets.spend(operation, now)


def is_no_answer(status: int) -> bool:
    """The far side is down or points elsewhere: nothing is known of what was asked."""
    return status >= 500 or status == 408 or 300 <= status < 400


def no_answer(who: str, effect: Literal["read", "write"], answer: Answer) -> FarSideError:
    """What to raise for it. A redirected write was not taken."""
    if answer.status < 400:
        return Unavailable(f"{who} points elsewhere.", code="redirected", request_id=answer.request_id)
    lost = OutcomeUnknown if effect == "write" else Unavailable
    return lost(f"{who} answered {answer.status}.", code="server_error", request_id=answer.request_id)


def slow_down(who: str, operation: str, budgets: Budgets, now: datetime, answer: Answer) -> Throttled:
    """What to raise for a 429 that tells no time: the wait is one call's at the known rate."""
    wait = budgets.refused(operation, now)
    return Throttled(f"{who} asks us to slow down.", request_id=answer.request_id, retry_after_seconds=wait)
