"""
Secrets of our own applications: when each began and ends, who is warned of it, and when another is asked for.

Two of one are good at once while another takes its place: the newest is tried first. The first one is in the settings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from services.auth.domain.account import FormInvalid
from services.auth.domain.opaque import digest

# As long as Amazon keeps a secret valid beside its successor.
FORMER_LASTS = timedelta(days=7)
# Days before its end: operators are told once at each.
WARNED_AT = (90, 60, 30, 15, 7, 1)
SECRET_LENGTH = 512
# One that is over is still tried, last, for so long: its successor might be a wrong one.
DESTROYED_AFTER = timedelta(days=30)
# The message of a new secret comes within minutes: what has not come in so long is asked for once more.
ASKED_AGAIN_AFTER = timedelta(days=1)
_DAY = timedelta(days=1)


class SecretProblem(StrEnum):
    """Why a secret that somebody typed was not kept, or no other one asked for."""

    REFUSED = "refused"
    KNOWN = "known"
    NO_QUEUE = "no_queue"
    ASKED = "asked"


class SecretRefused(Exception):
    def __init__(self, problem: SecretProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class CameBy(StrEnum):
    """How a secret came here by itself, for the audit log; by hand: `audit.OPERATOR`."""

    SETTINGS = "settings"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class GivenSecret:
    """One of the settings, or typed by somebody. `ends_at`: when it ends, where they say so."""

    value: str = field(repr=False)
    ends_at: datetime | None = None

    @property
    def digest(self) -> str:
        return digest(self.value)


@dataclass(frozen=True, slots=True)
class OurClient:
    """
    An application of ours as a token endpoint knows it, in one or several regions, of which `region` is one. `lasts`:
    for how long a secret of it is good, None: for ever as far as is known. `queue_url`: where new ones come, None: an
    operator makes them by hand.
    """

    client_id: str
    marketplace: str
    region: str
    lasts: timedelta | None
    queue_url: str | None
    given: tuple[GivenSecret, ...]


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """
    One secret, sealed under `data_key`, which is wrapped; both are empty once it was destroyed. `ends_at` None: no end
    is known; `end_is_told`: by the marketplace or an operator, else it is counted from `began_at`, when it came here,
    and it may end earlier. `warned_at_days`: the last warning; `asked_at`: when another was asked for.
    """

    id: UUID
    client_id: str
    digest: str
    began_at: datetime
    ends_at: datetime | None
    end_is_told: bool
    data_key: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    warned_at_days: int | None = None
    asked_at: datetime | None = None

    def days_left(self, now: datetime) -> float | None:
        """Below zero: since its end. None: no end is known."""
        return (self.ends_at - now) / _DAY if self.ends_at else None

    def warning_due(self, now: datetime) -> int | None:
        """At how many days its operators are to be told now, if they are; one warning stands for those before it."""
        left = self.days_left(now)
        reached = min((days for days in WARNED_AT if left is not None and left <= days), default=None)
        is_news = reached is not None and (self.warned_at_days is None or reached < self.warned_at_days)
        return reached if is_news else None

    def next_warning_at(self, now: datetime) -> datetime | None:
        """When its operators are told next, beside what is due by now; None: never again."""
        ends_at = self.ends_at
        warned = (ends_at - days * _DAY for days in WARNED_AT) if ends_at else ()
        return min((at for at in warned if at > now), default=None)

    def is_to_be_replaced(self, now: datetime, before: timedelta) -> bool:
        """Whether another is to be asked for: it ends in less than `before`, and none is on its way."""
        return self.ends_at is not None and now >= self.ends_at - before and not self.is_asked(now)

    def is_asked(self, now: datetime) -> bool:
        """Whether another may still be on its way."""
        return self.asked_at is not None and now < self.asked_at + ASKED_AGAIN_AFTER


def typed_secret(typed: str, ends_on: str, now: datetime) -> GivenSecret:
    """`ends_on`: a day, or empty. Raises FormInvalid, by `client_secret` and `ends`."""
    value = typed.strip()
    is_word = 0 < len(value) <= SECRET_LENGTH and value.isascii() and value.isprintable() and " " not in value
    problems = {} if is_word else {"client_secret": "invalid"}
    try:
        ends_at = datetime.combine(date.fromisoformat(ends_on), time(), UTC) if ends_on else None
    except ValueError:
        raise FormInvalid(problems | {"ends": "invalid"}) from None
    if ends_at is not None and ends_at <= now:
        problems["ends"] = "over"
    if problems:
        raise FormInvalid(problems)
    return GivenSecret(value, ends_at)


def newest(secrets: Sequence[ClientSecret]) -> ClientSecret | None:
    """Of one client's."""
    return max(secrets, key=lambda one: (one.began_at, one.id), default=None)


def when_it_began(secrets: Sequence[ClientSecret], ends_at: datetime | None, now: datetime) -> datetime:
    """
    Of one that a queue's message tells now: now. Before or after the newest of its client where it ends before or after
    that one does: messages come in any order, and to holders that work at once.
    """
    last = newest(secrets)
    if last is None or last.ends_at is None or not last.end_is_told or ends_at is None or ends_at == last.ends_at:
        return now
    is_older = ends_at < last.ends_at
    return last.began_at - timedelta.resolution if is_older else max(now, last.began_at + timedelta.resolution)


def whose_end_is_told(secrets: Sequence[ClientSecret], ends_at: datetime) -> ClientSecret | None:
    """
    Which of a client's secrets a message about an end means, which names none: the newest. None: the end of another one
    is nearer, as of a message that comes late; when a former one ends is known.
    """
    last = newest(secrets)
    if last is None or last.ends_at is None:
        return last
    apart = {one.id: abs(one.ends_at - ends_at) for one in secrets if one.ends_at is not None}
    return last if apart[last.id] == min(apart.values()) else None
