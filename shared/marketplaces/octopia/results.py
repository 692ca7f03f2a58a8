"""What became of each line of an offer package, read tolerantly."""

from collections.abc import Iterable, Mapping

from shared.marketplaces.fields import Json, parts, text
from shared.marketplaces.listings import StockOutcome

_INTEGRATED, _DUPLICATED = "integrated", "duplicated"
# Result codes by what they mean to us; the list is not published, one was seen.
_REASONS: Mapping[str, str] = {"4001": "product_unknown"}
_REFUSED = "line_refused"
_MOST_SHOWN = 200


def outcomes_of(items: Iterable[Json], asked: Mapping[str, int]) -> tuple[StockOutcome, ...]:
    """
    What a page of results tells of the quantities asked for; other references are somebody else's.

    An integrated line shows what it was told: there is no other reading back by line. A duplicated one has no outcome
    here: it was in the package twice, both were rejected, and it is told again.
    """
    found: dict[str, StockOutcome] = {}
    for item in items:
        sku, status = text(item, "sellerExternalReference"), (text(item, "integrationStatus") or "").lower()
        if sku is None or sku not in asked or not status or status == _DUPLICATED:
            continue
        found[sku] = StockOutcome(sku, shown=asked[sku]) if status == _INTEGRATED else _refused(sku, item)
    return tuple(found.values())


def _refused(sku: str, item: Json) -> StockOutcome:
    """Octopia's own message is about the offer, nobody's data: it may be shown."""
    told = [(text(one, "resultCode"), text(one, "message")) for one in parts(item, "results")]
    reason = next((_REASONS[code] for code, _ in told if code and code in _REASONS), _REFUSED)
    detail = "; ".join(": ".join(word for word in pair if word) for pair in told if any(pair))
    return StockOutcome(sku, reason=reason, detail=detail[:_MOST_SHOWN] or None)
