"""Where an order goes, asked at orders when it is needed: read, used, forgotten."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ValidationError

from services.labels.domain.carrier import Recipient
from services.labels.usecases.ports import ReadRecipient, RecipientGone
from shared.access.internal import InternalApi, retry_after_seconds
from shared.access.scopes import ORDERS_RECIPIENT_READ
from shared.kernel.errors import Unavailable

_AT_ONCE = 100


class _Recipient(BaseModel):
    name: str | None = None
    company: str | None = None
    lines: tuple[str, ...] = ()
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    instructions: str | None = None
    pickup_point: bool = False


class _Found(BaseModel):
    recipient_digest: str | None
    recipient: _Recipient | None
    state: str


class _Answer(BaseModel):
    items: list[_Found]


class RemoteRecipients:
    """Implements `usecases.ports.Recipients` over orders' internal API."""

    def __init__(self, orders: InternalApi) -> None:
        self._orders = orders

    async def read(
        self, organisation_id: UUID, asked: Sequence[tuple[UUID, int]]
    ) -> list[ReadRecipient | RecipientGone]:
        read: list[ReadRecipient | RecipientGone] = []
        for first in range(0, len(asked), _AT_ONCE):
            read += await self._read(organisation_id, asked[first : first + _AT_ONCE])
        return read

    async def _read(
        self, organisation_id: UUID, asked: Sequence[tuple[UUID, int]]
    ) -> list[ReadRecipient | RecipientGone]:
        answer = await self._orders.call(
            "POST",
            f"/internal/v1/organisations/{organisation_id}/recipients",
            scope=ORDERS_RECIPIENT_READ,
            operation="recipients",
            body={"asked": [{"order_id": str(order_id), "destination": number} for order_id, number in asked]},
        )
        if answer.status != 200:
            raise Unavailable(f"orders answered {answer.status}", retry_after_seconds=retry_after_seconds(answer))
        try:
            found = _Answer.model_validate_json(answer.body).items
        except ValidationError:
            found = []
        if len(found) != len(asked):
            raise Unavailable("orders' answer cannot be read", code="recipient")
        return [_given(one) for one in found]


def _given(found: _Found) -> ReadRecipient | RecipientGone:
    if found.recipient is None or found.recipient_digest is None:
        return RecipientGone(erased=found.state == "erased")
    return ReadRecipient(Recipient(**found.recipient.model_dump()), found.recipient_digest)
