"""Counts tries before they are made, so that many at once are counted too."""

import math
from collections.abc import Mapping
from datetime import datetime

from services.auth.domain.account import ATTEMPTS_MOST, ATTEMPTS_WINDOW, TooManyAttempts
from services.auth.domain.opaque import digest
from services.auth.usecases.ports import Counted, Store


def sign_in_keys(email_key: str, address: str) -> dict[str, str]:
    """What a sign-in is counted by: kind -> digest. Neither the address nor the e-mail is kept."""
    return {
        "pair": digest(f"pair {email_key} {address}"),
        "address": digest(f"address {address}"),
        "account": digest(f"account {email_key}"),
    }


def sign_up_keys(address: str) -> dict[str, str]:
    return {"sign-up": digest(f"sign-up {address}")}


async def count_attempt(keys: Mapping[str, str], *, store: Store, now: datetime) -> Mapping[str, Counted]:
    return await store.attempts.count(keys, now, now - ATTEMPTS_WINDOW)


def check_attempts(counted: Mapping[str, Counted], now: datetime) -> None:
    """Raises TooManyAttempts, with the seconds until the latest window ends."""
    over = [each.since for kind, each in counted.items() if each.attempts > ATTEMPTS_MOST[kind]]
    if over:
        left = max(over) + ATTEMPTS_WINDOW - now
        raise TooManyAttempts(max(1, math.ceil(left.total_seconds())))
