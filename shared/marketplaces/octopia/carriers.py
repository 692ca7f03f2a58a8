"""
Which of Octopia's carriers a parcel is declared with.

`carrierName` wants the exact label of `GET /carriers`; codes do not name one carrier (`pcc` is La Poste, Colissimo,
Chronopost and Chronofresh). What is not listed is declared under the list's own entry for others: code `default`,
label `autre`.
"""

from collections.abc import Sequence

from shared.kernel.errors import Refused, Unreadable
from shared.marketplaces.fields import Json, load, text

_OTHER_CODE = "default"
_OTHER_LABELS = frozenset({"autre", "other", "otro"})


def read_carriers(body: bytes) -> tuple[Json, ...]:
    """The rows of the list that have a label. Raises Unreadable: it is no list, or an empty one."""
    told = load(body)
    rows = tuple(row for row in told if isinstance(row, dict) and text(row, "label")) if isinstance(told, list) else ()
    if not rows:
        raise Unreadable("The answer holds no list of carriers.", code="no_carriers", raw=body)
    return rows


def label_of(carrier: str, rows: Sequence[Json]) -> str:
    """
    The exact label if it is listed, else the one that differs in case only, else the entry for others.

    Raises Refused: the carrier is not listed, and neither is one for others.
    """
    labels = [label for row in rows if (label := text(row, "label"))]
    if carrier in labels:
        return carrier
    meant = next((label for label in labels if label.casefold() == carrier.casefold()), None)
    other = next((label for row in rows if (label := text(row, "label")) and _is_other(row, label)), None)
    found = meant or other
    if found is None:
        raise Refused("Octopia does not list this carrier.", code="carrier_unknown")
    return found


def _is_other(row: Json, label: str) -> bool:
    return (text(row, "code") or "").lower() == _OTHER_CODE or label.casefold() in _OTHER_LABELS
