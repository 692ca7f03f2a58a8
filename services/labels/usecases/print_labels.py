"""
Labels as a document: rendered for whoever asks, from the recipients as orders has them now, kept nowhere.

No transaction is open while orders is asked; it writes down each look.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from services.labels.domain.carrier import LabelContent, Recipient
from services.labels.domain.labels import NotPossible
from services.labels.domain.reasons import SENTENCES, Reason
from services.labels.usecases.act import ShipmentUnknown
from services.labels.usecases.ports import Carrier, ReadRecipient, RecipientGone, Recipients
from services.labels.usecases.views import ShipmentView, Standing, Views


class BatchUnknown(Exception):
    """This organisation has no such batch."""


async def print_label(
    organisation_id: UUID, shipment_id: UUID, *, views: Views, recipients: Recipients, carrier: Carrier
) -> bytes:
    """
    The label's PDF.

    Raises ShipmentUnknown, NotPossible (no label, recipient erased or changed since), Unavailable.
    """
    view = await views.shipment(organisation_id, shipment_id)
    if view is None:
        raise ShipmentUnknown
    if not view.shipment.has_label:
        raise NotPossible("no_label", "This parcel has no label.")
    return await _print(organisation_id, [view], recipients, carrier)


async def print_batch(
    organisation_id: UUID, batch_id: UUID, *, views: Views, recipients: Recipients, carrier: Carrier
) -> bytes:
    """
    One PDF of all labels of a batch that are made, in the batch's order: all of them, or a refusal that names one.

    Raises BatchUnknown, NotPossible, Unavailable.
    """
    batch = await views.batch(organisation_id, batch_id)
    if batch is None:
        raise BatchUnknown
    made = [one.shipment for one in batch.items if one.shipment and one.standing is Standing.MADE]
    if not made:
        raise NotPossible("no_label", "No label of this batch is made yet.")
    return await _print(organisation_id, made, recipients, carrier)


async def _print(
    organisation_id: UUID, views: Sequence[ShipmentView], recipients: Recipients, carrier: Carrier
) -> bytes:
    for view in views:
        if view.erased_at is not None:
            raise _erased(view)
    asked = [(view.order_id, view.shipment.destination) for view in views]
    read = await recipients.read(organisation_id, asked)
    contents = [_content(view, _recipient(view, one)) for view, one in zip(views, read, strict=True)]
    return await asyncio.to_thread(carrier.render, contents)


def _recipient(view: ShipmentView, read: ReadRecipient | RecipientGone) -> Recipient:
    if isinstance(read, RecipientGone):
        if read.erased:
            raise _erased(view)
        reason = Reason.ADDRESS_MISSING
        raise NotPossible(reason.value, SENTENCES[reason], view.marketplace_order_id)
    if read.digest != view.shipment.recipient_digest:
        raise NotPossible(
            "recipient_changed",
            "The recipient changed after this label was made: void it and make another.",
            view.marketplace_order_id,
        )
    return read.recipient


def _erased(view: ShipmentView) -> NotPossible:
    return NotPossible(
        Reason.ADDRESS_ERASED.value,
        "The recipient's data has been erased; this label can no longer be shown or printed.",
        view.marketplace_order_id,
    )


def _content(view: ShipmentView, recipient: Recipient) -> LabelContent:
    shipment = view.shipment
    if shipment.sender is None or shipment.tracking_number is None:
        raise ValueError("a label was made without sender or number")
    return LabelContent(
        number=shipment.tracking_number,
        carrier=shipment.carrier or "",
        sender=shipment.sender,
        recipient=recipient,
        weight_grams=shipment.weight_grams or 0,
        order_reference=view.marketplace_order_id,
        units=sum(line.quantity for line in shipment.lines),
    )
