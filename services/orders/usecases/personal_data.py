"""Personal data to bytes and back, as they lie under seal; and what of it makes another recipient."""

import json
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from shared.marketplaces.models import MarketplaceOrder, PersonalData, Recipient


def to_bytes(personal: PersonalData) -> bytes:
    return _json({"recipient": personal.recipient, "buyer": personal.buyer, "others": personal.others})


def from_bytes(stored: bytes) -> PersonalData:
    told: dict[str, Any] = json.loads(stored)
    recipient = _recipient(told["recipient"]) if told["recipient"] else None
    return PersonalData(recipient, told["buyer"], tuple(_recipient(other) for other in told.get("others", ())))


def completed(news: PersonalData, known: PersonalData) -> PersonalData:
    """
    A reading with less (a set of data refused, or hidden after a while) takes nothing away that was told before.

    Addresses come from one reading, all of them: by another's numbers a line might go to the wrong place.
    """
    buyer = news.buyer or known.buyer
    if not news.has_address:
        return PersonalData(known.recipient, buyer, known.others)
    recipient = news.recipient
    if recipient and known.recipient and recipient.email is None and not (news.others or known.others):
        recipient = replace(recipient, email=known.recipient.email)
    return PersonalData(recipient, buyer, news.others)


def recipient_bytes(personal: PersonalData) -> bytes | None:
    """
    What goes on parcels; None: no address was told.

    E-mails do not, and some readings come without them: they make no other recipient.
    """
    addresses = {number: _members(one, without=("email",)) for number, one in personal.addresses.items()}
    if not addresses:
        return None
    return _json(addresses[0] if addresses.keys() == {0} else addresses)


def content_bytes(reading: MarketplaceOrder) -> bytes:
    """The canonical content of a reading: all we understand of it but its timestamp."""
    return _json(_members(reading, without=("raw", "updated_at")))


def _recipient(told: dict[str, Any]) -> Recipient:
    return Recipient(**(told | {"lines": tuple(told["lines"])}))


def _json(told: Any) -> bytes:
    return _ENCODER.encode(told).encode()


def _plain(value: Any) -> Any:
    return _members(value) if is_dataclass(value) else str(value)


def _members(value: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """One level only: `dataclasses.asdict` copies everything below, which was most of the time of a page."""
    return {name: getattr(value, name) for name in _names(value.__class__) if name not in without}


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


_ENCODER = json.JSONEncoder(sort_keys=True, default=_plain, ensure_ascii=False)
