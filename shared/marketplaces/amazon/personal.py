"""
The personal data of an Amazon order: who receives it, and what else tells who bought it (domain rule 23).

Every field may be missing: Amazon leaves them out for pending and FBA orders and without the restricted roles (page
Access Orders PII). A place without a name or a street (all that is left without the role) is no recipient.
"""

from collections.abc import Callable
from typing import Any

from shared.marketplaces.fields import Json, part, parts, text
from shared.marketplaces.models import PersonalData, Recipient

_PICKUP_POINT = "PICKUP_POINT"
_BUYER = {
    "name": "buyerName",
    "email": "buyerEmail",
    "company": "buyerCompanyName",
    "purchase_order_number": "buyerPurchaseOrderNumber",
}


def personal_data(order: Json) -> PersonalData:
    return PersonalData(recipient=_recipient(order), buyer=_buyer(order))


def goes_to_pickup_point(order: Json) -> bool:
    return text(_address(order), "addressType") == _PICKUP_POINT


def _address(order: Json) -> Json:
    return part(part(order, "recipient"), "deliveryAddress")


def _recipient(order: Json) -> Recipient | None:
    address = _address(order)
    name, company, lines = text(address, "name"), text(address, "companyName"), _lines(address)
    if not lines and not name and not company:
        return None
    return Recipient(
        name=name,
        company=company,
        lines=lines,
        postal_code=text(address, "postalCode"),
        city=text(address, "city") or text(address, "municipality") or text(address, "districtOrCounty"),
        state=text(address, "stateOrRegion"),
        country=text(address, "countryCode"),
        phone=text(address, "phone"),
        email=text(part(order, "buyer"), "buyerEmail"),
        instructions=_instructions(order),
        pickup_point=goes_to_pickup_point(order),
    )


def _lines(address: Json) -> tuple[str, ...]:
    """The street lines; in Brazil with the neighbourhood, without which a parcel is not delivered."""
    lines = [line for name in ("addressLine1", "addressLine2", "addressLine3") if (line := text(address, name))]
    neighbourhood = text(part(address, "extendedFields"), "neighborhood")
    if neighbourhood and neighbourhood not in lines:
        lines.append(neighbourhood)
    return tuple(lines)


def _instructions(order: Json) -> str | None:
    preference = part(part(order, "recipient"), "deliveryPreference")
    told = [value for name in ("addressInstruction", "dropOffLocation") if (value := text(preference, name))]
    return "\n".join(told) or None


def _buyer(order: Json) -> dict[str, Any]:
    told = part(order, "buyer")
    buyer: dict[str, Any] = {ours: value for ours, theirs in _BUYER.items() if (value := text(told, theirs))}
    gifts = _by_item(order, lambda item: text(_gift(item), "giftMessage"))
    customizations = _by_item(order, lambda item: text(_customization(item), "customizedUrl"))
    if gifts:
        buyer["gift_messages"] = gifts
    if customizations:
        buyer["customized_urls"] = customizations
    return buyer


def _by_item(order: Json, read: Callable[[Json], str | None]) -> dict[str, str]:
    return {
        item_id: value
        for item in parts(order, "orderItems")
        if (value := read(item)) and (item_id := text(item, "orderItemId"))
    }


def _gift(item: Json) -> Json:
    return part(part(part(item, "fulfillment"), "packing"), "giftOption")


def _customization(item: Json) -> Json:
    return part(part(item, "product"), "customization")
