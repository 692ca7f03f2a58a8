"""Every event class by its type: what a consumer can read, what the schemas are generated from."""

from shared.events import auth, inventory, labels, orders
from shared.events.base import Body

_CLASSES: tuple[type[Body], ...] = (
    auth.ConnectionAuthorisedV1,
    auth.ConnectionRevokedV1,
    auth.ConnectionExpiringV1,
    auth.ConnectionExpiredV1,
    auth.ConnectionSettingsChangedV1,
    auth.ConnectionPausedV1,
    auth.ConnectionResumedV1,
    auth.ConnectionDisconnectedV1,
    auth.ConnectionDeletedV1,
    auth.OrganisationClosedV1,
    auth.OrganisationDeletedV1,
    orders.OrderReceivedV1,
    orders.OrderChangedV1,
    orders.OrderCancellationRequestedV1,
    orders.OrderCancelledV1,
    orders.OrderPersonalDataErasedV1,
    inventory.ReservationChangedV1,
    inventory.StockLevelChangedV1,
    inventory.StockChannelDriftV1,
    labels.ShipmentPlannedV1,
    labels.LabelCreatedV1,
    labels.ShipmentHandedOverV1,
    labels.ShipmentVoidedV1,
    labels.TrackingSentV1,
    labels.TrackingConfirmedV1,
    labels.TrackingRefusedV1,
)

BY_TYPE: dict[str, type[Body]] = {body.TYPE: body for body in _CLASSES}
