"""Counts tries before they are made, so that many at once are counted too."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime

from services.auth.domain.account import ATTEMPTS_MOST, ATTEMPTS_WINDOW, TooManyAttempts
from services.auth.usecases.ports import Counted, Store
from shared.kernel.ids import ConnectionId, OrganisationId

# Of the guessable: only with our key can one tell which e-mail or address it stands for.
Mask = Callable[[str], str]


def sign_in_keys(email_key: str, address: str, mask: Mask) -> dict[str, str]:
    """What a sign-in is counted by: kind -> masked. Neither the address nor the e-mail is kept."""
    return {
        "pair": mask(f"pair {email_key} {address}"),
        "address": mask(f"address {address}"),
        "account": mask(f"account {email_key}"),
    }


def sign_up_keys(address: str, mask: Mask) -> dict[str, str]:
    return {"sign-up": mask(f"sign-up {address}")}


def proof_keys(organisation_id: OrganisationId, address: str, mask: Mask) -> dict[str, str]:
    """What a try to prove an account by its credentials is counted by."""
    return {
        "proof": mask(f"proof {organisation_id}"),
        "proof-address": mask(f"proof-address {address}"),
    }


def private_keys(organisation_id: OrganisationId, mask: Mask) -> dict[str, str]:
    """What a try of a client secret or a refresh token is counted by."""
    return {"private": mask(f"private {organisation_id}")}


def look_keys(connection_id: ConnectionId, mask: Mask) -> dict[str, str]:
    """What looking at once is counted by."""
    return {"look": mask(f"look {connection_id}")}


async def count_attempt(keys: Mapping[str, str], *, store: Store, now: datetime) -> Mapping[str, Counted]:
    return await store.attempts.count(keys, now, now - ATTEMPTS_WINDOW)


def check_attempts(counted: Mapping[str, Counted], now: datetime) -> None:
    """Raises TooManyAttempts, with the seconds until the latest window ends."""
    over = [each.since for kind, each in counted.items() if each.attempts > ATTEMPTS_MOST[kind]]
    if over:
        left = max(over) + ATTEMPTS_WINDOW - now
        raise TooManyAttempts(max(1, math.ceil(left.total_seconds())))
