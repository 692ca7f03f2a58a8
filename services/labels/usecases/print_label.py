"""A label as a document: rendered for whoever asks, from the recipient as orders has it now, kept nowhere."""

from uuid import UUID

from services.labels.domain.carrier import LabelContent, Recipient
from services.labels.domain.labels import NotPossible
from services.labels.domain.reasons import SENTENCES, Reason
from services.labels.usecases.act import ShipmentUnknown
from services.labels.usecases.ports import Carrier, RecipientGone, Recipients
from services.labels.usecases.views import ShipmentView, Views


async def print_label(
    organisation_id: UUID, shipment_id: UUID, *, views: Views, recipients: Recipients, carrier: Carrier
) -> bytes:
    """
    The label's PDF. No transaction is open while orders is asked.

    Raises ShipmentUnknown, NotPossible (no label, recipient erased or changed since), Unavailable.
    """
    view = await views.shipment(organisation_id, shipment_id)
    if view is None:
        raise ShipmentUnknown
    if not view.shipment.has_label:
        raise NotPossible("no_label", "This parcel has no label.")
    try:
        read = await recipients.read(organisation_id, view.order_id, view.shipment.destination)
    except RecipientGone as gone:
        reason = Reason.ADDRESS_ERASED if gone.erased else Reason.ADDRESS_MISSING
        raise NotPossible(reason.value, SENTENCES[reason]) from gone
    if read.digest != view.shipment.recipient_digest:
        raise NotPossible(
            "recipient_changed", "The recipient changed after this label was made: void it and make another."
        )
    return carrier.render(_content(view, read.recipient))


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
