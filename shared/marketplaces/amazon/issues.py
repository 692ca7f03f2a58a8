"""
Why Amazon did not take a quantity. A 200 with the status INVALID is a refusal (domain rule 27).

Amazon's issues speak of the seller's own listing, never of a buyer: they are shown to the seller, shortened.
"""

from collections.abc import Iterator

from shared.http.messages import Answer
from shared.kernel.errors import Unreadable
from shared.marketplaces.amazon.submission import LISTING_UNKNOWN
from shared.marketplaces.amazon.wire import refusal
from shared.marketplaces.fields import Json, load_object, parts, text
from shared.marketplaces.listings import StockOutcome

QUANTITY_REFUSED = "quantity_refused"
_LONGEST_DETAIL = 300


def patch_refusal(sku: str, answer: Answer) -> StockOutcome | None:
    """
    None: Amazon took the quantity, or said yes in words we cannot read: reading back will show.

    Raises what no single listing is to blame for.
    """
    if answer.status == 404:
        return StockOutcome(sku, reason=LISTING_UNKNOWN)
    if answer.status == 403:
        raise refusal(answer)
    try:
        said = load_object(answer.body)
    except Unreadable:
        said = {}
    if answer.status < 300 and text(said, "status") != "INVALID":
        return None
    issues = "; ".join(_told(said))[:_LONGEST_DETAIL]
    return StockOutcome(sku, reason=QUANTITY_REFUSED, detail=issues or None)


def _told(said: Json) -> Iterator[str]:
    """The issues of an invalid submission, or the errors of a refused call."""
    for issue in (*parts(said, "issues"), *parts(said, "errors")):
        if (text(issue, "severity") or "ERROR") == "ERROR":
            words = (text(issue, "code"), text(issue, "message"))
            yield " ".join(" ".join(word for word in words if word).split())
