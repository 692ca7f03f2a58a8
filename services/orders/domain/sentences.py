"""
A sentence for every code we show: decisions, reasons to wait, timeline entries, what polling waits for.

English here, with gaps `%(name)s`; pages translate by `catalogues/fr.po`. A code of another service that is not
listed is shown as its words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_GAP = re.compile(r"%\((\w+)\)s")

SENTENCES: dict[str, str] = {
    # What decisions.py says of a line
    "decision.ready": "Ready to ship: %(skus)s.",
    "decision.cancellation_requested": (
        "The buyer asks to cancel %(skus)s: cancel it at the marketplace, or ship it by creating the label by hand."
    ),
    "decision.waiting_acceptance": (
        "The marketplace waits for the seller to accept or refuse %(skus)s; stock is held meanwhile."
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
    "order.received": "Received from the marketplace, lines: %(lines)s.",
    "status.waiting_acceptance": "The marketplace waits for the seller to accept or refuse it.",
    "status.pending": "The marketplace holds it as pending.",
    "status.open": "The marketplace released it to be shipped.",
    "status.partially_shipped": "Partly shipped, as the marketplace tells.",
    "status.shipped": "Shipped, as the marketplace tells.",
    "status.cancelled": "Cancelled at the marketplace.",
    "status.unfulfillable": "The marketplace says that it cannot be fulfilled.",
    "status.unknown": "The marketplace gives it a status that is not known here.",
    "order.cancellation_requested": "The buyer asked to cancel.",
    "order.cancellation_withdrawn": "The buyer no longer asks to cancel.",
    "order.recipient_changed": "The address was told or changed.",
    "order.ship_by_changed": "To be shipped by %(until)s now.",
    "order.quantities_changed": "The units ordered went from %(before)s to %(now)s.",
    "order.package_seen": "The marketplace knows of a parcel: %(carrier)s %(tracking_number)s.",
    "order.delivered": "Delivered, as the marketplace tells.",
    "order.erased": "The buyer's data was erased, because its time was over.",
    "order.erased_at_wish": "The buyer's data was erased, as was asked for when the account was disconnected.",
    # The seller's answer
    "acceptance.by_hand": "The marketplace waits for your answer: accept or refuse the order.",
    "acceptance.in_portal": "The marketplace waits for your answer: give it in its own portal.",
    "acceptance.waits_reservation": "It is accepted automatically as soon as stock is reserved for every line.",
    "acceptance.short": "Not accepted automatically, because stock is short of %(skus)s: accept or refuse it by hand.",
    "acceptance.untracked": (
        "Not accepted automatically, because nobody has counted %(skus)s yet: set its level under Stock, or accept or "
        "refuse the order by hand."
    ),
    "acceptance.line_held": (
        "Not accepted automatically, because %(skus)s needs a person: accept or refuse it by hand."
    ),
    "acceptance.cancel_requested": (
        "Not accepted automatically, because the buyer asks to cancel %(skus)s: accept or refuse it by hand."
    ),
    "acceptance.owed": "Your answer is about to be sent to the marketplace.",
    "acceptance.sending": "Your answer is being sent to the marketplace.",
    "acceptance.sent": "The marketplace took your answer; it is settled once the order is read again.",
    "acceptance.answered": "The order no longer waits for an answer.",
    "acceptance.refused": "The marketplace did not take your answer.",
    "acceptance.needs_person": "Your answer had no effect.",
    "acceptance.withdrawn": "The answer was not sent: the order no longer waits for it.",
    "acceptance.accept_by_person": "Somebody of your organisation accepted the order.",
    "acceptance.accept_by_program": "The program %(client)s accepted the order.",
    "acceptance.accept_automatically": "Accepted automatically: stock is reserved for every line.",
    "acceptance.refuse_by_person": "Somebody of your organisation refused the order.",
    "acceptance.refuse_by_program": "The program %(client)s refused the order.",
    "reason.already_answered": "The marketplace says that the order was answered before.",
    "reason.answer_outcome_unknown": "The marketplace's answer did not come; the same is sent again.",
    "reason.answer_never_seen": (
        "The marketplace took it several times, but the order waits still: look there, then try again."
    ),
    "reason.consent_lost": "The marketplace no longer honours the consent: authorise the connection again.",
    # Stock
    "stock.reserved": "Stock is reserved: %(reserved)s of %(wanted)s units.",
    "stock.short": "Stock is short: %(reserved)s of %(wanted)s units are reserved; missing: %(skus)s.",
    "stock.nothing_held": "No stock is held for this order any more.",
    # Shipments and their write-back
    "shipment.planned": "A parcel is planned.",
    "shipment.label_pending": "The label is being made.",
    "shipment.label_created": "The label is made: %(carrier)s %(tracking_number)s.",
    "shipment.outdated": "The order changed after the label %(tracking_number)s was made: look at its parcel.",
    "shipment.voided": "The label %(tracking_number)s was taken back.",
    "shipment.needs_person": "A parcel needs a person.",
    "write_back.to_hand_over": (
        "The parcel %(tracking_number)s waits to be handed over to the carrier; then the marketplace is told."
    ),
    "write_back.owed": "The parcel number %(tracking_number)s is about to be told to the marketplace.",
    "write_back.sending": "The parcel number %(tracking_number)s is being told to the marketplace.",
    "write_back.sent": "The marketplace took the parcel number %(tracking_number)s; it has not been read back yet.",
    "write_back.confirmed": "Confirmed: the parcel number %(tracking_number)s was read back from the marketplace.",
    "write_back.shipped_elsewhere": "The marketplace already has another parcel number for these units.",
    "write_back.refused": "The marketplace refused the parcel number %(tracking_number)s.",
    "write_back.needs_person": "Telling the parcel number %(tracking_number)s needs a person.",
    # Waiting
    "waits.erased": (
        "The buyer's data was erased: no label can be made for it here any more. Ship or cancel it at the marketplace."
    ),
    "waits.reservation": "Waits for the stock's answer to the newest state of the order.",
    "waits.stock_short": "Waits for stock, units missing: %(short)s (%(skus)s).",
    "waits.plan": "Waits for its parcel to be planned.",
    # Why labels' parcels wait; its own pages say more
    "reason.reservation_awaited": "Stock is being reserved for the newest state of the order.",
    "reason.channel_manual": "This channel makes labels by hand: create the label when the parcel is ready.",
    "reason.label_voided": "A label of this order was voided; the next one is made by hand.",
    "reason.cancel_requested": "The buyer asks to cancel: decide whether the parcel leaves.",
    "reason.lines_wait": "Other lines must wait, and this marketplace takes one parcel per order.",
    "reason.addresses_differ": (
        "It goes to several addresses, and this marketplace takes one parcel per order: agree on one address there."
    ),
    "reason.partly_shipped": "Part of it has left or is in another parcel, and this marketplace takes one only.",
    "reason.duty": "The carrier cannot do what the order asks for.",
    "reason.pickup_point": "It goes to a pick-up point, which the carrier does not serve.",
    "reason.short_stock": "Stock is short: raise the level under Stock, or ship fewer units.",
    "reason.settings_missing": "The carrier is not set up: see Shipments, Settings.",
    "reason.weight_missing": "The weight of a SKU is missing: set it under Stock.",
    "reason.address_missing": "The address is missing or incomplete.",
    "reason.address_erased": "The personal data was erased; no label can be made.",
    "reason.label_not_before": "The marketplace does not allow the label yet.",
    "reason.numbers_used_up": "The serial numbers are used up: widen the range under Shipments, Settings.",
    "reason.carrier_refused": "The carrier refused the parcel.",
    "reason.carrier_away": "The carrier does not answer; it is tried again by itself.",
    "reason.label_outcome_unknown": "The carrier's answer did not come: look there whether the label exists.",
    "reason.order_waits": "The order itself waits.",
    "reason.order_changed": "The order changed, and the parcel no longer fits it.",
    "reason.order_cancelled": "The order was cancelled.",
    "reason.nothing_left": "Nothing of the order is left to ship.",
    "reason.voided_by_person": "It was voided by hand.",
    "reason.cancelled_too_late": "The order was cancelled after its number was sent: stop the parcel, or refund.",
    "reason.already_done": "The marketplace says that it is shipped already; whose number it has is read back.",
    "reason.not_seen_yet": "The marketplace does not show the number yet.",
    "reason.never_seen": "The marketplace accepted the number several times but never showed it.",
    "reason.read_refused": "The marketplace refuses to show this order: look there whether the number is shown.",
    "reason.marketplace_refused": "The marketplace said no.",
    "reason.marketplace_away": "The marketplace does not answer; it is tried again by itself.",
    "reason.outcome_unknown": "The marketplace's answer did not come: look there whether the parcel is shown.",
    "reason.role_missing": "Our application lacks a role at the marketplace; it is tried again by itself.",
    "reason.other_parcel_there": "The marketplace shows another parcel for these units; nothing was written.",
    # Polling
    "polling.throttled": "the marketplace asks us to slow down",
    "polling.budget_empty": "our share of the marketplace's calls is used up for now",
    "polling.unavailable": "the marketplace does not answer",
    "polling.consent_lost": "the marketplace no longer honours the consent: authorise the connection again",
    "polling.paused": "the connection is paused",
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


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence to be translated, and what fills its gaps."""

    template: str
    gaps: dict[str, str]


def said(code: str, facts: Mapping[str, Any] | None = None) -> list[Said]:
    """The sentence of a code; a second one where the facts give another service's `reason`."""
    facts = facts or {}
    found = [_said(code, facts)]
    if facts.get("reason"):
        found.append(_said(f"reason.{facts['reason']}", facts))
    return found


def sentence(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """The same in English, its gaps filled."""
    return " ".join(one.template % one.gaps for one in said(code, facts))


def _said(code: str, facts: Mapping[str, Any]) -> Said:
    template = SENTENCES.get(code)
    if template is None:
        # In a gap: whoever shows a sentence escapes what fills it, and takes the sentence itself as ours.
        return Said("%(words)s", {"words": code.rpartition(".")[2].replace("_", " ")})
    # A fact that an older entry does not have yet leaves its gap empty.
    return Said(template, {name: str(facts.get(name, "")) for name in _GAP.findall(template)})
