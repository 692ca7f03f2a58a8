"""When our applications' client secrets end, what tells of it, and what takes their place: no secret in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.auth.domain.client_secret import ClientSecret, OurClient
from services.auth.usecases.ports import Store


class SecretState(StrEnum):
    NOT_SEEN = "not seen yet"
    NEWEST = "newest"
    FORMER = "former"
    OVER = "over"
    DESTROYED = "destroyed"


class EndKnown(StrEnum):
    """How its end is known: told by the marketplace or an operator, counted from when it came, or there is none."""

    TOLD = "told"
    COUNTED = "counted"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SecretLine:
    """
    One client secret, or what is known of a client of which the worker has seen none yet (`end` None). `days_left`:
    whole ones, below zero since its end. `by_queue`: another comes by itself, asked for from `replaced_from` on; else
    an operator makes it. `next_warning_at`: of the newest one only.
    """

    client_id: str
    marketplace: str
    by_queue: bool
    state: SecretState
    began_at: datetime | None = None
    ends_at: datetime | None = None
    days_left: int | None = None
    end: EndKnown | None = None
    asked_at: datetime | None = None
    replaced_from: datetime | None = None
    next_warning_at: datetime | None = None


async def secret_calendar(
    client: OurClient, *, replaced_before: timedelta, store: Store, now: datetime
) -> Sequence[SecretLine]:
    """A client's, the newest first; of what the worker has not seen yet, one line."""
    secrets = await store.client_secrets.of(client.client_id)
    if not secrets:
        by_queue = client.queue_url is not None
        return [SecretLine(client.client_id, client.marketplace, by_queue, SecretState.NOT_SEEN)]
    return [_line(client, one, replaced_before, now, is_newest=one is secrets[0]) for one in secrets]


def _line(
    client: OurClient, secret: ClientSecret, replaced_before: timedelta, now: datetime, *, is_newest: bool
) -> SecretLine:
    left, by_queue = secret.days_left(now), client.queue_url is not None
    replaced_from = secret.ends_at - replaced_before if secret.ends_at and by_queue and is_newest else None
    return SecretLine(
        client.client_id,
        client.marketplace,
        by_queue,
        _state(secret, left, is_newest=is_newest),
        began_at=secret.began_at,
        ends_at=secret.ends_at,
        days_left=None if left is None else int(left // 1),
        end=EndKnown.TOLD if secret.end_is_told else EndKnown.COUNTED if secret.ends_at else EndKnown.NONE,
        asked_at=secret.asked_at,
        replaced_from=replaced_from,
        next_warning_at=secret.next_warning_at(now) if is_newest else None,
    )


def _state(secret: ClientSecret, left: float | None, *, is_newest: bool) -> SecretState:
    if not secret.sealed:
        return SecretState.DESTROYED
    if is_newest:
        return SecretState.NEWEST
    return SecretState.OVER if left is not None and left <= 0 else SecretState.FORMER
