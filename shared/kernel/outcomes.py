"""What a call out came to, for log lines."""

import logging

from shared.kernel.errors import FarSideError, Throttled
from shared.kernel.ports import TooLate


def code_of(outcome: object) -> str:
    """`done`, or the code of what was raised instead."""
    if isinstance(outcome, FarSideError):
        return outcome.code
    return "too_late" if isinstance(outcome, TooLate) else "done"


def level_of(outcome: object) -> int:
    """A warning is what somebody may have to look at: waiting for one's turn is routine."""
    return logging.WARNING if isinstance(outcome, FarSideError) and not isinstance(outcome, Throttled) else logging.INFO
