"""Personal data to bytes and back, as they lie under seal; and what of it makes another recipient."""

import json
from dataclasses import asdict, replace
from typing import Any

from shared.marketplaces.models import MarketplaceOrder, PersonalData, Recipient


def to_bytes(personal: PersonalData) -> bytes:
    recipient = asdict(personal.recipient) if personal.recipient else None
    return _json({"recipient": recipient, "buyer": personal.buyer})


def from_bytes(stored: bytes) -> PersonalData:
    told: dict[str, Any] = json.loads(stored)
    recipient = told["recipient"]
    if recipient is not None:
        recipient = Recipient(**(recipient | {"lines": tuple(recipient["lines"])}))
    return PersonalData(recipient, told["buyer"])


def completed(news: PersonalData, known: PersonalData) -> PersonalData:
    """A reading with less (a set of data refused, or hidden after a while) takes nothing away that was told before."""
    recipient = news.recipient or known.recipient
    if news.recipient and known.recipient and news.recipient.email is None:
        recipient = replace(news.recipient, email=known.recipient.email)
    return PersonalData(recipient, news.buyer or known.buyer)


def recipient_bytes(recipient: Recipient) -> bytes:
    """What goes on a parcel. The e-mail does not, and some readings come without it: it makes no other recipient."""
    told = asdict(recipient)
    del told["email"]
    return _json(told)


def content_bytes(reading: MarketplaceOrder) -> bytes:
    """The canonical content of a reading: all we understand of it but its timestamp."""
    content = asdict(replace(reading, raw=b""))
    del content["raw"], content["updated_at"]
    return _json(content)


def _json(told: Any) -> bytes:
    return json.dumps(told, sort_keys=True, default=str, ensure_ascii=False).encode()
