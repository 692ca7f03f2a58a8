"""What a carrier can do and what it must be told: the seller's settings, an address, a label to be made."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Address:
    """The seller's own: where parcels come from."""

    name: str
    lines: tuple[str, ...]
    postal_code: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """
    An organisation's built-in carrier. Numbers are drawn from `serial_first`..`serial_last` of its own GS1 prefix and
    extension digit; `tracking_url_template` holds `{tracking_number}`, or is None.
    """

    organisation_id: UUID
    sender: Address
    carrier_name: str
    gs1_prefix: str
    extension: int
    serial_first: int
    serial_last: int
    tracking_url_template: str | None = None

    def tracking_url(self, number: str) -> str | None:
        return self.tracking_url_template.replace("{tracking_number}", number) if self.tracking_url_template else None


@dataclass(frozen=True, slots=True)
class CarrierAbilities:
    """
    What a carrier declares. `duties`: what it can do of what an order may ask; `own_numbers`: parcel numbers come from
    the seller's range, drawn by us; `write`: how a creation whose outcome is unknown is repeated (`keyed`: the same
    again; `blind`: a person looks).
    """

    name: str
    duties: frozenset[str]
    pickup_points: bool
    formats: tuple[str, ...]
    own_numbers: bool
    write: Literal["keyed", "blind"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where the parcel goes: personal data, read from orders when needed, never stored here."""

    name: str | None
    company: str | None
    lines: tuple[str, ...]
    postal_code: str | None
    city: str | None
    state: str | None
    country: str | None
    instructions: str | None = None
    pickup_point: bool = False

    def __repr__(self) -> str:
        return "Recipient(…)"

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts without which a parcel does not arrive."""
        parts = {
            "name": self.name or self.company,
            "street": any(self.lines),
            "city": self.city,
            "country": self.country,
        }
        return tuple(name for name, value in parts.items() if not value)


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A label to be made. `key` is the same whenever the same label is asked for; `number` where we draw it."""

    key: str
    number: str | None
    settings: CarrierSettings
    recipient: Recipient
    weight_grams: int
    order_reference: str

    def __repr__(self) -> str:
        return f"LabelRequest(key={self.key!r})"


@dataclass(frozen=True, slots=True)
class CreatedLabel:
    carrier: str
    tracking_number: str
    tracking_url: str | None


@dataclass(frozen=True, slots=True)
class LabelContent:
    """What is printed. Personal data."""

    number: str
    carrier: str
    sender: Address
    recipient: Recipient
    weight_grams: int
    order_reference: str
    units: int

    def __repr__(self) -> str:
        return "LabelContent(…)"
