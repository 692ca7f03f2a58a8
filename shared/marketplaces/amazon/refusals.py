"""
Why Amazon refused a shipment confirmation, as data: its words to a stable code and a sentence of ours.

Amazon's own message is never handed on: its texts are no stable list and may repeat what was sent. What is not known
here keeps Amazon's error code only. Texts seen: selling-partner-api-models#5037 and #5094, jlevers#489 and #528, page
Confirm The Shipment Status.
"""

import re

from shared.http.messages import Answer
from shared.kernel.errors import AlreadyDone, FarSideError, Refused
from shared.marketplaces.amazon.orders import order_refusal
from shared.marketplaces.amazon.wire import denied

_DONE = re.compile(r"already (been )?(fulfilled|shipped|confirmed)|packagetoupdatenotfound")

# The first that fits; searched in Amazon's message and details, lower case.
_REASONS = (
    (r"packagereferenceid", "reference_refused", "Amazon refuses the parcel's reference."),
    (r"ship\+|ship plus|ship_plus", "program_ships", "This order's program ships it with labels of its own."),
    (r"carriername", "carrier_name_missing", "Amazon wants the carrier's name."),
    (r"carrier", "carrier_refused", "Amazon does not accept this carrier."),
    (r"tracking", "tracking_number_refused", "Amazon does not accept this tracking number."),
    (r"shipdate|ship date", "ship_date_refused", "Amazon does not accept the date of dispatch."),
    (r"quantity", "quantity_refused", "Amazon counts fewer units left to ship on a line."),
    (r"orderitem|order item", "line_refused", "Amazon does not know a line of this parcel."),
    (r"transparency", "transparency_code_missing", "Amazon wants transparency codes for this parcel."),
    (r"cancel", "order_cancelled", "The order is cancelled at Amazon."),
    (r"pending", "order_pending", "The order is still pending at Amazon."),
    (r"fulfilled by amazon|fba|afn", "marketplace_ships", "Amazon ships this order itself."),
    (r"marketplace", "store_refused", "Amazon does not find this order in the store it was told."),
)
_CODE = re.compile(r"[A-Za-z0-9_ .-]{1,40}")


def write_refusal(answer: Answer) -> FarSideError:
    """What to raise for a refused confirmation. AlreadyDone: read back whose number is there."""
    if answer.status != 400:
        return order_refusal(answer)
    error, request_id = denied(answer), answer.request_id
    if _DONE.search(error.said):
        return AlreadyDone("Amazon counts this order as shipped.", code="already_fulfilled", request_id=request_id)
    for pattern, code, sentence in _REASONS:
        if re.search(pattern, error.said):
            return Refused(sentence, code=code, request_id=request_id)
    known = error.code if _CODE.fullmatch(error.code) else "no code"
    return Refused(f"Amazon refused the parcel ({known}).", code="parcel_refused", request_id=request_id)
