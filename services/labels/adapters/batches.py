"""Batches of labels, in PostgreSQL: written once, at the asking."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.labels.adapters.tables import label_batch, label_batch_item
from services.labels.domain.batches import Batch


class SqlBatches:
    """Implements `usecases.ports.Batches` on one open transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, batch: Batch) -> None:
        head = {
            "batch_id": batch.batch_id,
            "organisation_id": batch.organisation_id,
            "requested_by": batch.requested_by,
            "requested_at": batch.requested_at,
        }
        await self._connection.execute(insert(label_batch), head)
        items = [
            {
                "batch_id": batch.batch_id,
                "position": position,
                "order_id": item.order_id,
                "shipment_id": item.shipment_id,
                "outcome": item.outcome.value,
                "reason": item.reason,
                "reason_detail": item.reason_detail,
            }
            for position, item in enumerate(batch.items)
        ]
        if items:
            await self._connection.execute(insert(label_batch_item), items)
