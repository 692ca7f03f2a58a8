"""Counts tries before they are made, so that many at once are counted too."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime

from services.auth.domain.account import ATTEMPTS_MOST, ATTEMPTS_WINDOW, TooManyAttempts
from services.auth.usecases.account_ports import Counted
from services.auth.usecases.ports import Store
from shared.kernel.ids import ConnectionId, OrganisationId, UserId

# Of the guessable: only with our key can one tell which e-mail or address it stands for.
Mask = Callable[[str], str]


def sign_in_keys(email_key: str, address: str, mask: Mask) -> dict[str, str]:
    """What a sign-in is counted by: kind -> masked. Neither the address nor the e-mail is kept."""
    return {
        "pair": mask(f"pair {email_key} {address}"),
        "address": mask(f"address {address}"),
    }


def lock_digest(email_key: str, mask: Mask) -> str:
    """What wrong passwords for one account are counted by, from anywhere."""
    return mask(f"lock {email_key}")


def act_keys(user_id: UserId, mask: Mask) -> dict[str, str]:
    """What a password on the pages of one's own account is counted by."""
    return {"act": mask(f"act {user_id}")}


def act_lock_digest(user_id: UserId, mask: Mask) -> str:
    """
    What wrong passwords on those pages are counted by: apart, so that a stranger who locks the sign-in does not keep
    out who is signed in, and who found a browser open has no more tries.
    """
    return mask(f"act lock {user_id}")


def passkey_lock_digest(user_id: UserId, mask: Mask) -> str:
    """What passkeys that were refused after the password are counted by; codes go on."""
    return mask(f"passkey lock {user_id}")


def code_lock_digest(user_id: UserId, mask: Mask) -> str:
    """What wrong codes of one account are counted by: a right password in between forgets none of them."""
    return mask(f"code lock {user_id}")


def code_keys(user_id: UserId, mask: Mask) -> dict[str, str]:
    """What codes of a second factor are counted by."""
    return {"code": mask(f"code {user_id}")}


def mail_keys(email_key: str, address: str, mask: Mask) -> dict[str, str]:
    """What asking for a mail is counted by."""
    return {"mail": mask(f"mail {email_key}"), "mail-address": mask(f"mail-address {address}")}


def passkey_keys(address: str, mask: Mask) -> dict[str, str]:
    """What asking for a challenge without a session is counted by."""
    return {"passkey": mask(f"passkey {address}")}


def invitation_keys(organisation_id: OrganisationId, email_key: str, address: str, mask: Mask) -> dict[str, str]:
    """What inviting somebody is counted by: as any mail that is asked for, and by who invites."""
    return {"invitation": mask(f"invitation {organisation_id}"), **mail_keys(email_key, address, mask)}


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


def check_attempts(counted: Mapping[str, Counted], now: datetime, *, locked_until: datetime | None = None) -> None:
    """Raises TooManyAttempts, with the seconds until the latest window, or the lock, ends."""
    ends = [each.since + ATTEMPTS_WINDOW for kind, each in counted.items() if each.attempts > ATTEMPTS_MOST[kind]]
    if ends or locked_until:
        left = max([*ends, locked_until] if locked_until else ends) - now
        raise TooManyAttempts(max(1, math.ceil(left.total_seconds())))
