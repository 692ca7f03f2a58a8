"""
What a password must be: the rules of Amazon's Data Protection Policy, whatever one thinks of them.

Twelve characters of four classes, no part of the e-mail address or of the organisation's name, none of the last ten,
kept for a day at least. How long at most is a setting.
"""

import re
from datetime import datetime, timedelta

PASSWORD_LEAST = 12
PASSWORD_MOST = 200
# The one in use among them.
NOT_REUSED = 10
LEAST_AGE = timedelta(days=1)
_DIFFERENT_LEAST = 5
# Shorter parts of names stand in many a good password.
_PART_LEAST = 4


def password_problem(password: str, email: str, organisation: str) -> str | None:
    """The code of the first rule that it breaks; None: none that can be told without knowing earlier ones."""
    if len(password) < PASSWORD_LEAST:
        return "too_short"
    if len(password) > PASSWORD_MOST:
        return "too_long"
    if not _has_four_classes(password):
        return "too_few_classes"
    if len(set(password)) < _DIFFERENT_LEAST:
        return "too_simple"
    if _contains_part(password, email):
        return "contains_email"
    return "contains_name" if _contains_part(password, organisation) else None


def is_too_young(changed_at: datetime, now: datetime) -> bool:
    """Whether it cannot be changed yet: else one could go round the last ten at once."""
    return now < changed_at + LEAST_AGE


def is_expired(changed_at: datetime, lasts: timedelta, now: datetime) -> bool:
    """Whether it signs nobody in any more, until it is changed."""
    return now >= changed_at + lasts


def _has_four_classes(password: str) -> bool:
    """A small letter, a capital, a digit, and something else."""
    others = any(not each.isalnum() for each in password)
    return others and all(any(map(kind, password)) for kind in (str.islower, str.isupper, str.isdigit))


def _contains_part(password: str, name: str) -> bool:
    parts = re.split(r"[\W_]+", name.casefold())
    return any(len(part) >= _PART_LEAST and part in password.casefold() for part in parts)
