"""Why a parcel waits or what a person must know: a stable code for machines, a sentence for people."""

from enum import StrEnum


class Reason(StrEnum):
    RESERVATION_AWAITED = "reservation_awaited"
    CHANNEL_MANUAL = "channel_manual"
    LABEL_VOIDED = "label_voided"
    CANCEL_REQUESTED = "cancel_requested"
    LINES_WAIT = "lines_wait"
    ADDRESSES_DIFFER = "addresses_differ"
    PARTLY_SHIPPED = "partly_shipped"
    DUTY = "duty"
    PICKUP_POINT = "pickup_point"
    SHORT_STOCK = "short_stock"
    SETTINGS_MISSING = "settings_missing"
    WEIGHT_MISSING = "weight_missing"
    ADDRESS_MISSING = "address_missing"
    ADDRESS_ERASED = "address_erased"
    LABEL_NOT_BEFORE = "label_not_before"
    NUMBERS_USED_UP = "numbers_used_up"
    CARRIER_REFUSED = "carrier_refused"
    CARRIER_AWAY = "carrier_away"
    LABEL_OUTCOME_UNKNOWN = "label_outcome_unknown"
    ORDER_WAITS = "order_waits"
    ORDER_CHANGED = "order_changed"
    ORDER_CANCELLED = "order_cancelled"
    NOTHING_LEFT = "nothing_left"
    VOIDED_BY_PERSON = "voided_by_person"
    CANCELLED_TOO_LATE = "cancelled_too_late"
    ALREADY_DONE = "already_done"
    NOT_SEEN_YET = "not_seen_yet"
    NEVER_SEEN = "never_seen"
    READ_REFUSED = "read_refused"
    MARKETPLACE_REFUSED = "marketplace_refused"
    MARKETPLACE_AWAY = "marketplace_away"
    OUTCOME_UNKNOWN = "outcome_unknown"
    ROLE_MISSING = "role_missing"
    OTHER_PARCEL_THERE = "other_parcel_there"


SENTENCES: dict[Reason, str] = {
    Reason.RESERVATION_AWAITED: "The order has just changed; stock is being reserved for it.",
    Reason.CHANNEL_MANUAL: "This channel makes labels by hand: create the label when the parcel is ready.",
    Reason.LABEL_VOIDED: "A label of this order was voided; the next one is made by hand.",
    Reason.CANCEL_REQUESTED: "The buyer asked for a cancellation; decide whether the parcel leaves.",
    Reason.LINES_WAIT: "Other lines of this order must wait, and this marketplace takes one parcel per order.",
    Reason.ADDRESSES_DIFFER: "The order goes to several addresses, and this marketplace takes one parcel per order: "
    "agree on one address there, or have the order cancelled.",
    Reason.PARTLY_SHIPPED: "Part of this has left or is in another parcel, and this marketplace takes one only: void "
    "the other label, or settle the rest with the marketplace.",
    Reason.DUTY: "The carrier cannot do what this order asks for.",
    Reason.PICKUP_POINT: "The parcel goes to a pick-up point, which the carrier does not serve.",
    Reason.SHORT_STOCK: "There is not enough stock for every unit: raise the level under Stock, or ship fewer.",
    Reason.SETTINGS_MISSING: "The carrier is not set up: enter sender and GS1 prefix under Shipments, Settings.",
    Reason.WEIGHT_MISSING: "The weight of a SKU is missing: set it under Stock, or give the parcel's weight.",
    Reason.ADDRESS_MISSING: "The recipient's address is missing or incomplete; the marketplace has not given it.",
    Reason.ADDRESS_ERASED: "The recipient's data has been erased; no label can be made for this order.",
    Reason.LABEL_NOT_BEFORE: "The marketplace does not allow the label yet.",
    Reason.NUMBERS_USED_UP: "The serial numbers are used up: widen the range under Shipments, Settings.",
    Reason.CARRIER_REFUSED: "The carrier refused this parcel.",
    Reason.CARRIER_AWAY: "The label could not be made just now; it is tried again by itself.",
    Reason.LABEL_OUTCOME_UNKNOWN: "The carrier's answer did not come: look there whether the label exists.",
    Reason.ORDER_WAITS: "The order itself waits: its page says why.",
    Reason.ORDER_CHANGED: "The order changed: this parcel no longer fits it. Void it; what is left is planned anew.",
    Reason.ORDER_CANCELLED: "The order was cancelled.",
    Reason.NOTHING_LEFT: "Nothing of the order is left to ship.",
    Reason.VOIDED_BY_PERSON: "The label was voided by hand.",
    Reason.CANCELLED_TOO_LATE: "The order was cancelled after its number was sent: stop the parcel, or refund.",
    Reason.ALREADY_DONE: "The marketplace says the order is shipped already; it is read back whose number it has.",
    Reason.NOT_SEEN_YET: "The marketplace accepted the number but does not show it yet.",
    Reason.NEVER_SEEN: "The marketplace accepted the number several times but never showed it.",
    Reason.READ_REFUSED: "The marketplace refuses to show this order: look there whether the number is shown.",
    Reason.MARKETPLACE_REFUSED: "The marketplace refused the tracking number.",
    Reason.MARKETPLACE_AWAY: "The marketplace could not be reached; it is tried again by itself.",
    Reason.OUTCOME_UNKNOWN: "The marketplace's answer did not come: look there whether the parcel is shown.",
    Reason.ROLE_MISSING: "Our application lacks a role at the marketplace; it is tried again by itself.",
    Reason.OTHER_PARCEL_THERE: "The marketplace shows another parcel for these units; nothing was written.",
}


def sentence(code: str | None) -> str | None:
    """English; pages translate it."""
    return SENTENCES[Reason(code)] if code else None
