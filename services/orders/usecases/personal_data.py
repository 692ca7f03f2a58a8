"""Personal data to bytes and back, as they lie under seal; and what of it makes another recipient."""

import json
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from shared.marketplaces.models import MarketplaceOrder, PersonalData, Recipient

# Fields in the order the models name them. No warnings: they would say what a field holds.
_PERSONAL, _CONTENT = TypeAdapter(PersonalData), TypeAdapter(MarketplaceOrder)
_ADDRESSES = TypeAdapter(dict[int, Recipient])
_NOT_ON_PARCELS, _NO_CONTENT = {"__all__": {"email"}}, {"raw", "updated_at"}


def to_bytes(personal: PersonalData) -> bytes:
    return _PERSONAL.dump_json(personal, warnings=False)


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
    addresses = personal.addresses
    return _ADDRESSES.dump_json(addresses, exclude=_NOT_ON_PARCELS, warnings=False) if addresses else None


def content_bytes(reading: MarketplaceOrder) -> bytes:
    """The canonical content of a reading: all we understand of it but its timestamp."""
    return _CONTENT.dump_json(reading, exclude=_NO_CONTENT, warnings=False)


def _recipient(told: dict[str, Any]) -> Recipient:
    return Recipient(**(told | {"lines": tuple(told["lines"])}))
