"""What the API takes and gives, and what the settings form takes. Unknown members are refused: a typo is not lost."""

from datetime import datetime
from typing import Annotated, Generic, Literal, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.labels.domain.actions import Action, possible
from services.labels.domain.carrier import Address, CarrierSettings
from services.labels.domain.hand_over import HOURS_BEFORE_SHIP_BY
from services.labels.domain.reasons import sentence
from services.labels.domain.shipment import State, Told
from services.labels.usecases.tell import public
from services.labels.usecases.views import ChannelView, ShipmentView

T = TypeVar("T")
NUMBER = "{tracking_number}"
_SSCC_DIGITS_FOR_PREFIX_AND_SERIAL = 16
HEAVIEST_GRAMS = 1_000_000

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Country = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Z]{2}$")]
Prefix = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\d{6,12}$")]
StateFilter = Literal[
    "planned", "label_pending", "label_created", "outdated", "voided", "needs_person",
    "to_hand_over", "owed", "sending", "sent", "confirmed", "shipped_elsewhere", "refused",
]  # fmt: skip


def _template(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise PydanticCustomError("tracking_url", "Give an address that begins with https://.")
    if value.count(NUMBER) != 1 or NUMBER in (parts.netloc, parts.scheme):
        raise PydanticCustomError("tracking_url", "Write {tracking_number} once where the number goes.", {})
    return value


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SenderIn(In):
    name: Text
    lines: Annotated[list[Text], Field(min_length=1, max_length=3, description="Street and number.")]
    postal_code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=16)]
    city: Text
    country: Country = Field(description="ISO 3166, two capital letters.")


class CarrierIn(In):
    """The built-in carrier of an organisation."""

    sender: SenderIn
    carrier_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] = Field(
        description="Told to the marketplace and printed on the label."
    )
    gs1_prefix: Prefix = Field(description="The GS1 company prefix, 6 to 12 digits.")
    extension: Annotated[int, Field(ge=0, le=9, description="The SSCC's first digit.")]
    serial_first: Annotated[int, Field(ge=0, description="The first serial that may be given.")]
    serial_last: Annotated[int, Field(ge=0, description="The last one.")]
    tracking_url_template: (
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=255), AfterValidator(_template)] | None
    ) = Field(default=None, description="Address of a parcel's tracking page, {tracking_number} where the number goes.")

    @model_validator(mode="after")
    def _range_fits(self) -> Self:
        digits = _SSCC_DIGITS_FOR_PREFIX_AND_SERIAL - len(self.gs1_prefix)
        if self.serial_last < self.serial_first:
            raise PydanticCustomError("serial_last", "The last serial comes before the first.")
        if self.serial_last >= 10**digits:
            raise PydanticCustomError(
                "serial_last", "This prefix leaves {digits} digits for serials.", {"digits": digits}
            )
        return self

    def settings(self, organisation_id: UUID) -> CarrierSettings:
        sender = Address(
            self.sender.name, tuple(self.sender.lines), self.sender.postal_code, self.sender.city, self.sender.country
        )
        return CarrierSettings(
            organisation_id=organisation_id,
            sender=sender,
            carrier_name=self.carrier_name,
            gs1_prefix=self.gs1_prefix,
            extension=self.extension,
            serial_first=self.serial_first,
            serial_last=self.serial_last,
            tracking_url_template=self.tracking_url_template,
        )

    @classmethod
    def of(cls, settings: CarrierSettings) -> "CarrierIn":
        sender = settings.sender
        return cls.model_construct(
            sender=SenderIn.model_construct(
                name=sender.name,
                lines=list(sender.lines),
                postal_code=sender.postal_code,
                city=sender.city,
                country=sender.country,
            ),
            carrier_name=settings.carrier_name,
            gs1_prefix=settings.gs1_prefix,
            extension=settings.extension,
            serial_first=settings.serial_first,
            serial_last=settings.serial_last,
            tracking_url_template=settings.tracking_url_template,
        )


Mode = Literal["manual", "automatic"]
ToldAt = Literal["label", "hand_over"]


class ModeIn(In):
    """What is left out stays as it is."""

    mode: Mode | None = Field(default=None, description="Who has labels made: a person, or every planned parcel.")
    told_at: ToldAt | None = Field(
        default=None,
        description="When the marketplace is told of a parcel: with its label, or when it is handed to the carrier, "
        f"{HOURS_BEFORE_SHIP_BY} hours before the order's ship-by at the latest.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.mode is None and self.told_at is None:
            raise PydanticCustomError("mode", "Give mode, told_at or both.")
        return self

    @property
    def choice(self) -> dict[str, bool]:
        """The fields of ChannelMode that change."""
        automatic = {"automatic": self.mode == "automatic"} if self.mode else {}
        return automatic | ({"at_hand_over": self.told_at == "hand_over"} if self.told_at else {})


class ChannelOut(BaseModel):
    connection_id: UUID
    channel_id: str
    mode: Mode
    told_at: ToldAt

    @classmethod
    def of(cls, view: ChannelView) -> "ChannelOut":
        return cls(
            connection_id=view.connection_id,
            channel_id=view.channel_id,
            mode="automatic" if view.automatic else "manual",
            told_at="hand_over" if view.at_hand_over else "label",
        )


class LabelIn(In):
    """All of the parcel, unless fewer units are chosen: what is left is then planned as another parcel."""

    units: dict[UUID, Annotated[int, Field(ge=0)]] | None = Field(default=None, description="Units by line id.")
    weight_grams: Annotated[int, Field(gt=0, le=HEAVIEST_GRAMS)] | None = Field(
        default=None,
        description="The parcel's weight, where it differs from its SKUs'. "
        "Without it: as given for the same units before, else the sum of the SKUs' weights.",
    )
    despite_cancellation_request: bool = Field(default=False, description="Ship although the buyer asked to cancel.")


class LineOut(BaseModel):
    line_id: UUID
    sku: str
    quantity: int
    weight_grams: int | None


class ShipmentOut(BaseModel):
    """`reason` is the code of what it waits for or came to, `sentence` says it, `detail` names SKUs or the like."""

    id: UUID
    order_id: UUID
    marketplace_order_id: str
    connection_id: UUID
    channel_id: str
    state: State
    write_back: Told | None
    reason: str | None
    sentence: str | None
    detail: str | None
    waits_for_authorisation: bool = Field(description="The seller must authorise the connection first.")
    paused: bool = Field(description="The connection rests until somebody resumes it.")
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    reference: str | None
    lines: list[LineOut]
    weight_grams: int | None
    ship_by: datetime | None
    planned_at: datetime
    label_created_at: datetime | None
    tell_by: datetime | None = Field(
        description="While it waits to be handed over: when the marketplace is told all the same."
    )
    handed_over_at: datetime | None
    handed_over_by: UUID | None = Field(description="The member who said so, or the organisation of an API client.")
    confirmed_at: datetime | None
    erased_at: datetime | None = Field(description="When the recipient's data went: the label is not shown any more.")
    actions: list[Action] = Field(description="What may be done with it now.")

    @classmethod
    def of(cls, view: ShipmentView) -> "ShipmentOut":
        shipment, seen = view.shipment, public(view.shipment)
        return cls(
            id=shipment.shipment_id,
            order_id=view.order_id,
            marketplace_order_id=view.marketplace_order_id,
            connection_id=view.connection_id,
            channel_id=view.channel_id,
            state=shipment.state,
            write_back=Told(seen.write_back) if seen.write_back else None,
            reason=seen.reason,
            sentence=sentence(seen.reason),
            detail=view.reason_detail,
            waits_for_authorisation=view.waits_for_authorisation,
            paused=view.paused,
            carrier=shipment.carrier,
            tracking_number=shipment.tracking_number,
            tracking_url=shipment.tracking_url,
            reference=seen.reference,
            erased_at=view.erased_at,
            lines=[
                LineOut(line_id=one.line_id, sku=one.sku, quantity=one.quantity, weight_grams=one.weight_grams)
                for one in shipment.lines
            ],
            weight_grams=shipment.weight_grams,
            ship_by=view.ship_by,
            planned_at=shipment.planned_at,
            label_created_at=shipment.label_created_at,
            tell_by=shipment.tell_by,
            handed_over_at=shipment.handed_over_at,
            handed_over_by=shipment.handed_over_by,
            confirmed_at=seen.confirmed_at,
            actions=list(possible(shipment)),
        )


class ListOut(BaseModel, Generic[T]):
    """A piece of a list. `next_cursor` None: the last piece."""

    items: list[T]
    next_cursor: str | None
