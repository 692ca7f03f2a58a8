"""Telling of channels that again and again show another quantity than they were told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.inventory.domain.sku import Sku
from services.inventory.domain.target import Target
from services.inventory.usecases.ports import Store
from shared.events.base import Event
from shared.events.inventory import StockChannelDriftV1
from shared.kernel.ids import SkuId, new_id


async def publish_drifts(
    changes: Iterable[tuple[Target, Target]], skus: Sequence[Sku], store: Store, now: datetime
) -> None:
    """`changes`: targets before and after what was read of them; their SKUs are locked."""
    found = [after for before, after in changes if after.drifted(before)]
    by_id: Mapping[SkuId, Sku] = {sku.id: sku for sku in skus}
    for target in found:
        sequences = await store.skus.next_sequences([target.sku_id])
        await store.outbox.add_all([_event(target, by_id[target.sku_id], sequences[target.sku_id], now)])


def _event(target: Target, sku: Sku, sequence: int, now: datetime) -> Event[Any]:
    body = StockChannelDriftV1(
        organisation_id=sku.organisation_id,
        sku_id=sku.id,
        sku=sku.code,
        tracked=sku.tracked,
        on_hand=sku.on_hand,
        reserved=sku.reserved,
        available=sku.available,
        short=sku.short,
        counted_at=sku.counted_at,
        connection_id=target.connection_id,
        channel_id=target.channel_id,
        marketplace_sku=target.sku,
        desired=target.desired,
        shown=target.shown,
    )
    return Event(new_id(), sku.id, sequence, now, body)
