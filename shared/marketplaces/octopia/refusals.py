"""
Why Octopia refused a write to an order, as data: its words to a stable code and a sentence of ours.

Octopia's own words are never handed on: they are no published list and may repeat what was sent. Seen in public
clients: "Cannot switch to shipped status …", and problem documents that name the field.
"""

import re

from shared.http.messages import Answer
from shared.kernel.errors import AlreadyDone, FarSideError, Refused
from shared.marketplaces.octopia.wire import order_refusal, said

_JUDGED = frozenset({400, 409, 422})
# A problem with the answer itself names its field, which says nothing of the order's status.
_ANSWER_FIELD = re.compile(r"approval[ _-]?status")
_SHIPPED = re.compile(
    r"already (been )?(shipped|delivered|declared)|(from|is|status:?) (status )?[\"'«]?\s?(shipped|delivered)\b"
)
_CANNOT_SWITCH = re.compile(r"can ?not switch|switch to shipped")
# Why it cannot be declared as shipped; the first that fits.
_STATES = (
    (r"cancel|refused|rejected", "The order is cancelled at Octopia."),
    (r"supply ?mode|fulfil|xdock", "Octopia ships a line of this parcel itself."),
    (r"parcel", "Octopia takes this order in one parcel that holds all of it."),
    (r"waiting ?acceptance", "The order still waits to be accepted at Octopia."),
    (r"accepted|processing", "Octopia is still checking the order."),
)
_ELSE = "Octopia does not let this order be declared as shipped in the state it is in: look at it there."

# The first that fits; searched in all that the problem says, lower case.
_REASONS = (
    (r"carriername|carrier", "carrier_refused", "Octopia does not accept this carrier."),
    (r"parcelnumber|parcel number", "tracking_number_refused", "Octopia does not accept this tracking number."),
    (r"trackingurl|tracking url", "tracking_url_refused", "Octopia does not accept this tracking address."),
    (r"orderlineid|order line", "line_refused", "Octopia does not know a line of this parcel."),
)


def shipment_refusal(answer: Answer) -> FarSideError:
    """What to raise for refused parcels. AlreadyDone: read back whose number is there."""
    if answer.status not in _JUDGED:
        return order_refusal(answer)
    words, request_id = said(answer), answer.request_id
    if _SHIPPED.search(words):
        return AlreadyDone("Octopia counts this order as shipped.", code="already_shipped", request_id=request_id)
    if _CANNOT_SWITCH.search(words):
        sentence = next((told for pattern, told in _STATES if re.search(pattern, words)), _ELSE)
        return Refused(sentence, code="cannot_switch", request_id=request_id)
    for pattern, code, sentence in _REASONS:
        if re.search(pattern, words):
            return Refused(sentence, code=code, request_id=request_id)
    return Refused(f"Octopia refused the parcel ({answer.status}).", code="parcel_refused", request_id=request_id)


def answer_refusal(answer: Answer) -> FarSideError:
    """What to raise for a refused yes or no. An order that is in another state no longer waits for one."""
    words = _ANSWER_FIELD.sub("", said(answer))
    if answer.status == 409 or (answer.status in _JUDGED and re.search(r"switch|status|already|state", words)):
        return AlreadyDone("The order no longer waits for an answer.", code="not_waiting", request_id=answer.request_id)
    return order_refusal(answer)
