"""
A sentence for every code we show: decisions, reasons to wait, timeline entries, what polling waits for.

English here, with gaps `%(name)s`; pages translate by `catalogues/fr.po`. A code of another service that is not
listed is shown as its words.
"""

from collections.abc import Mapping
from typing import Any

SENTENCES: dict[str, str] = {
    # What decisions.py says of a line
    "decision.ready": "Ready to ship: %(skus)s.",
    "decision.cancellation_requested": (
        "The buyer asks to cancel %(skus)s: cancel it at the marketplace, or ship it by creating the label by hand."
    ),
    "decision.pending": "The marketplace has not released %(skus)s yet; stock is held meanwhile.",
    "decision.recipient_missing": "The marketplace has not told the address for %(skus)s yet.",
    "decision.program_owns_route": (
        "The program %(program)s decides how %(skus)s travels: ship it with the marketplace's own labels."
    ),
    "decision.sku_missing": "The listing of %(skus)s has no SKU: give it one at the marketplace.",
    "decision.channel_unknown": "The marketplace does not tell on which of its sites %(skus)s was sold.",
    "decision.shipper_unknown": "The marketplace does not tell who ships %(skus)s.",
    "decision.status_unknown": "The marketplace gives %(skus)s a status that is not known here.",
    "decision.unfulfillable": "The marketplace says that %(skus)s cannot be shipped: look at it there.",
    "decision.echo": "%(skus)s was sold elsewhere and is only carried by the marketplace: nothing to do here.",
    "decision.marketplace_fulfilled": "The marketplace ships %(skus)s from its own warehouse: nothing to do here.",
    "decision.cancelled": "%(skus)s is cancelled: nothing to do.",
    "decision.already_shipped": "%(skus)s has been shipped: nothing left to do.",
    # Order
    "order.received": "Received from the marketplace: %(lines)s lines, status %(status)s.",
    "order.status_changed": "The status went from %(before)s to %(now)s.",
    "order.cancelled": "Cancelled at the marketplace.",
    "order.cancellation_requested": "The buyer asked to cancel.",
    "order.cancellation_withdrawn": "The buyer no longer asks to cancel.",
    "order.recipient_changed": "The address was told or changed.",
    "order.ship_by_changed": "To be shipped by %(until)s now.",
    "order.quantities_changed": "The units ordered went from %(before)s to %(now)s.",
    "order.package_seen": "The marketplace knows of a parcel: %(carrier)s %(tracking_number)s.",
    "order.delivered": "Delivered, as the marketplace tells.",
    # Stock
    "stock.reserved": "Stock is reserved: %(reserved)s of %(wanted)s units.",
    "stock.short": "Stock is short: %(reserved)s of %(wanted)s units are reserved; missing: %(skus)s.",
    "stock.nothing_held": "No stock is held for this order any more.",
    # Shipments and their write-back
    "shipment.planned": "A parcel is planned. %(reason)s",
    "shipment.label_pending": "The label is being made.",
    "shipment.label_created": "The label is made: %(carrier)s %(tracking_number)s.",
    "shipment.outdated": "The order changed after the label %(tracking_number)s was made: look at its parcel.",
    "shipment.voided": "The label %(tracking_number)s was taken back.",
    "shipment.needs_person": "A parcel needs a person. %(reason)s",
    "write_back.owed": "The parcel number %(tracking_number)s is about to be told to the marketplace.",
    "write_back.sending": "The parcel number %(tracking_number)s is being told to the marketplace.",
    "write_back.sent": "The marketplace took the parcel number %(tracking_number)s; it has not been read back yet.",
    "write_back.confirmed": "Confirmed: the parcel number %(tracking_number)s was read back from the marketplace.",
    "write_back.shipped_elsewhere": "The marketplace already has another parcel number for these units.",
    "write_back.refused": "The marketplace refused the parcel number %(tracking_number)s. %(reason)s",
    "write_back.needs_person": "Telling the parcel number %(tracking_number)s needs a person. %(reason)s",
    # Waiting
    "waits.reservation": "Waits for the stock's answer to the newest state of the order.",
    "waits.stock_short": "Waits for stock: %(short)s units are missing (%(skus)s).",
    "waits.plan": "Waits for its parcel to be planned.",
    # Polling
    "polling.throttled": "the marketplace asks us to slow down",
    "polling.budget_empty": "our share of the marketplace's calls is used up for now",
    "polling.unavailable": "the marketplace does not answer",
    "polling.consent_lost": "the marketplace no longer honours the consent: authorise the connection again",
    "polling.waiting_for_authorisation": "the connection is not authorised",
    "polling.client_secret_invalid": "our own credentials at the marketplace are refused: an operator was told",
    "polling.role_missing": "our application lacks a role at the marketplace: an operator must look",
    "polling.unreadable": "the marketplace answered something that cannot be read",
    "polling.refused": "the marketplace refuses the question: an operator must look",
    "polling.window_too_new": "the marketplace's clock is behind ours",
    "polling.page_token_refused": "the marketplace no longer takes the bookmark of a long list; it is read again",
    "polling.no_channels": "the connection reaches no marketplace site",
    "polling.marketplace_unknown": "this marketplace is not known here",
}


def sentence(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """The English sentence of a code, its gaps filled."""
    return filled(SENTENCES.get(code), code, facts)


def filled(template: str | None, code: str, facts: Mapping[str, Any] | None = None) -> str:
    """`template` (translated or not) with the facts; a code without a sentence is shown as its words."""
    if template is None:
        return code.rpartition(".")[2].replace("_", " ")
    return (template % _Gaps(facts or {})).strip()


class _Gaps(dict[str, Any]):
    """A fact that an older entry does not have yet leaves its gap empty; a code among them is shown as its words."""

    def __missing__(self, key: str) -> str:
        return ""

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        return (
            value.replace("_", " ")
            if key in ("reason", "status", "before", "now") and isinstance(value, str)
            else value
        )
