"""Where an order goes, asked at orders when it is needed: read, used, forgotten."""

from uuid import UUID

from pydantic import BaseModel, ValidationError

from services.labels.domain.carrier import Recipient
from services.labels.usecases.ports import ReadRecipient, RecipientGone
from shared.access.internal import InternalApi, retry_after_seconds
from shared.access.scopes import ORDERS_RECIPIENT_READ
from shared.http.messages import Answer
from shared.kernel.errors import Unavailable


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


class _Answer(BaseModel):
    recipient_digest: str | None
    recipient: _Recipient | None
    state: str


class RemoteRecipients:
    """Implements `usecases.ports.Recipients` over orders' internal API."""

    def __init__(self, orders: InternalApi) -> None:
        self._orders = orders

    async def read(self, organisation_id: UUID, order_id: UUID, destination: int) -> ReadRecipient:
        answer = await self._orders.call(
            "GET",
            f"/internal/v1/organisations/{organisation_id}/orders/{order_id}/recipient?destination={destination}",
            scope=ORDERS_RECIPIENT_READ,
            operation="recipient",
        )
        if answer.status == 404:
            raise RecipientGone(erased=False)
        if answer.status != 200:
            raise Unavailable(f"orders answered {answer.status}", retry_after_seconds=retry_after_seconds(answer))
        return _read(answer)


def _read(answer: Answer) -> ReadRecipient:
    try:
        given = _Answer.model_validate_json(answer.body)
    except ValidationError:
        raise Unavailable("orders' answer cannot be read", code="recipient") from None
    if given.recipient is None or given.recipient_digest is None:
        raise RecipientGone(erased=given.state == "erased")
    return ReadRecipient(Recipient(**given.recipient.model_dump()), given.recipient_digest)
