"""
The personal data of an Octopia order: where its lines go, and what else tells who bought it (domain rules 9, 12, 23).

An address stands on each line, and is told only once the order is in preparation. Lines of one order may go to
different places: the first place is the order's recipient, further ones are numbered 1, 2, ….
"""

from collections.abc import Iterable
from typing import Any

from shared.marketplaces.fields import Json, part, text
from shared.marketplaces.models import PersonalData, Recipient
from shared.marketplaces.octopia.delivery import ends_at_pickup_point

_BILLING = {"email": "email", "phone": "phone", "company": "companyName", "vat_number": "companyVatNumber"}


class Places:
    """The different places an order's lines go to, in the order they were met."""

    def __init__(self, order: Json) -> None:
        self._order = order
        self._found: dict[object, int] = {}
        self.recipients: list[Recipient] = []

    def place_of(self, line: Json) -> int:
        """The number of the line's place; where its address is not told (yet), one that is nobody's."""
        recipient = _recipient(line, self._order)
        if recipient is None:
            return len(self.recipients)
        place = _place(recipient)
        if place not in self._found:
            self._found[place] = len(self.recipients)
            self.recipients.append(recipient)
        return self._found[place]

    def personal_data(self) -> PersonalData:
        first = self.recipients[0] if self.recipients else None
        return PersonalData(recipient=first, buyer=_buyer(self._order), others=tuple(self.recipients[1:]))


def is_business(order: Json) -> bool:
    return order.get("businessOrder") is True or text(part(order, "billingAddress"), "companyVatNumber") is not None


def _recipient(line: Json, order: Json) -> Recipient | None:
    """None without a name or a street: a postal code alone is no address."""
    address = part(line, "shippingAddress")
    name, lines = _name(address), _lines(address)
    company = text(address, "companyName")
    if not name and not company and not lines:
        return None
    if is_business(order):  # a company's parcel bears its name (domain rule 12)
        company = company or text(part(order, "billingAddress"), "companyName")
    return Recipient(
        name=name,
        company=company,
        lines=lines,
        postal_code=text(address, "postalCode"),
        city=text(address, "city"),
        state=text(address, "stateOrRegion"),
        country=text(address, "countryCode"),
        phone=text(address, "phone"),
        email=text(address, "email"),
        pickup_point=ends_at_pickup_point(text(part(line, "delivery"), "mode")),
    )


def _place(recipient: Recipient) -> object:
    """What makes two addresses two parcels: not the phone, not the e-mail, not how it is written."""
    told = (
        recipient.name, recipient.company, *recipient.lines, recipient.postal_code, recipient.city, recipient.state,
        recipient.country,
    )  # fmt: skip
    return (*(" ".join((word or "").casefold().split()) for word in told), recipient.pickup_point)


def _name(address: Json) -> str | None:
    return _joined(text(address, "firstName"), text(address, "lastName"))


def _lines(address: Json) -> tuple[str, ...]:
    found = (text(address, name) for name in ("addressLine1", "addressLine2", "addressLine3"))
    return tuple(line for line in found if line)


def _buyer(order: Json) -> dict[str, Any]:
    billing = part(order, "billingAddress")
    told = {
        "name": _name(billing),
        "reference": text(part(order, "customer"), "reference"),
        **{ours: text(billing, theirs) for ours, theirs in _BILLING.items()},
    }
    return {ours: value for ours, value in told.items() if value}


def _joined(*words: str | None) -> str | None:
    given: Iterable[str] = (word for word in words if word)
    return " ".join(given) or None
