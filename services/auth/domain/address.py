"""An organisation's own addresses: where parcels leave, where returns go, where invoices go."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from shared.kernel.ids import OrganisationId

# What carriers' labels have room for.
_LENGTH = 60
_POSTAL_CODE = re.compile(r"[A-Za-z0-9 -]{0,16}")


class AddressKind(StrEnum):
    SENDER = "sender"
    RETURNS = "returns"
    BILLING = "billing"


class AddressInvalid(Exception):
    """`fields`: those that are wrong."""

    def __init__(self, fields: Collection[str]) -> None:
        super().__init__(", ".join(sorted(fields)))
        self.fields = frozenset(fields)


@dataclass(frozen=True, slots=True)
class Address:
    """Personal data where the organisation is a person. `country` is ISO 3166."""

    name: str = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    postal_code: str = field(repr=False)
    city: str = field(repr=False)
    country: str


@dataclass(frozen=True, slots=True)
class SealedAddress:
    """An address under `data_key`, which is wrapped: readable in the vault only."""

    id: UUID
    organisation_id: OrganisationId
    kind: AddressKind
    data_key: bytes = field(repr=False)
    address: bytes = field(repr=False)


def read_address(given: Mapping[str, str], countries: Collection[str]) -> Address:
    """What a form says. `more`: a second line, or empty; `countries`: those there are. Raises AddressInvalid."""
    street, more = given["street"], given["more"]
    right = {
        "name": _is_line(given["name"]),
        "street": _is_line(street),
        "more": not more or _is_line(more),
        "postal_code": _POSTAL_CODE.fullmatch(given["postal_code"]) is not None,
        "city": _is_line(given["city"]),
        "country": given["country"] in countries,
    }
    if wrong := [name for name, is_right in right.items() if not is_right]:
        raise AddressInvalid(wrong)
    lines = (street, more) if more else (street,)
    return Address(given["name"], lines, given["postal_code"], given["city"], given["country"])


def _is_line(text: str) -> bool:
    return 1 <= len(text) <= _LENGTH and text.isprintable()
