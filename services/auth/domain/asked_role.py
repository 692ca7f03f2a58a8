"""
A role that our application at a marketplace was asked for later: consents given before do not hold it.

What needs the role waits until the seller consents anew; nothing else does.
"""

from dataclasses import dataclass
from datetime import datetime

_LENGTH = 80


@dataclass(frozen=True, slots=True)
class AskedRole:
    """`role`: by its name at the marketplace. `since`: consents from then on hold it."""

    marketplace: str
    region: str
    role: str
    since: datetime


class AskedRoleInvalid(Exception):
    """It has no name that can be shown, or is asked for in the future."""


def asked_role(marketplace: str, region: str, role: str, since: datetime, now: datetime) -> AskedRole:
    """As it is kept. Raises AskedRoleInvalid."""
    cleaned = " ".join(role.split())
    if not cleaned or len(cleaned) > _LENGTH or not cleaned.isprintable() or since > now:
        raise AskedRoleInvalid
    return AskedRole(marketplace, region, cleaned, since)
