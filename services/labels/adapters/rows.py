"""Rows to domain objects and back. A column is named like the field it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.labels.domain.carrier import Address, CarrierSettings
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import ChannelMode
from services.labels.domain.order import Order, Reservation
from services.labels.domain.shipment import Shipment, ShipmentLine, State, Told, WriteBack
from services.labels.usecases.ports import ConnectionCopy

# A row of SQLAlchemy's, or a part of one.
Values = Mapping[Any, Any]

_ORDER = TypeAdapter(Order)
_RESERVATION = TypeAdapter(Reservation)
_LINES = TypeAdapter(tuple[ShipmentLine, ...])
_ADDRESS = TypeAdapter(Address)
_WRITE_BACK_FIELDS = tuple(field.name for field in fields(WriteBack))
_SHIPMENT_FIELDS = tuple(field.name for field in fields(Shipment) if field.name != "write_back")


def order_json(order: Order) -> Any:
    return _ORDER.dump_python(order, mode="json")


def reservation_json(reservation: Reservation) -> Any:
    return _RESERVATION.dump_python(reservation, mode="json")


def fulfilment(row: Values, shipments: tuple[Shipment, ...]) -> Fulfilment:
    return Fulfilment(
        order_id=row["order_id"],
        organisation_id=row["organisation_id"],
        event_sequence=row["event_sequence"],
        order=order(row),
        reservation=_RESERVATION.validate_python(row["reservation"]) if row["reservation"] else None,
        person_decides=row["person_decides"],
        replan_at=row["replan_at"],
        erased_at=row["erased_at"],
        shipments=shipments,
    )


def order(row: Values) -> Order | None:
    return _ORDER.validate_python(row["order_state"]) if row["order_state"] else None


def shipment(row: Values, told: WriteBack | None) -> Shipment:
    values = {name: row[name] for name in _SHIPMENT_FIELDS}
    values["state"] = State(row["state"])
    values["lines"] = _LINES.validate_python(row["lines"])
    values["sender"] = _ADDRESS.validate_python(row["sender"]) if row["sender"] else None
    return Shipment(**values, write_back=told)


def shipment_row(one: Shipment, of: Fulfilment) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(one, name) for name in _SHIPMENT_FIELDS}
    values["state"] = one.state.value
    values["lines"] = _LINES.dump_python(one.lines, mode="json")
    values["sender"] = _ADDRESS.dump_python(one.sender, mode="json") if one.sender else None
    return values | _owner(of) | {"organisation_id": of.organisation_id}


def write_back(row: Values) -> WriteBack:
    return WriteBack(**{name: row[name] for name in _WRITE_BACK_FIELDS} | {"state": Told(row["state"])})


def write_back_row(one: WriteBack, of: Fulfilment) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(one, name) for name in _WRITE_BACK_FIELDS}
    return values | {"state": one.state.value} | _owner(of)


def _owner(of: Fulfilment) -> dict[str, Any]:
    return {"order_id": of.order_id, "connection_id": of.order.connection_id if of.order else None}


def carrier_settings(row: Values) -> CarrierSettings:
    values = {field.name: row[field.name] for field in fields(CarrierSettings)}
    return CarrierSettings(**values | {"sender": _ADDRESS.validate_python(row["sender"])})


def carrier_settings_row(settings: CarrierSettings) -> dict[str, Any]:
    values: dict[str, Any] = {field.name: getattr(settings, field.name) for field in fields(CarrierSettings)}
    return values | {"sender": _ADDRESS.dump_python(settings.sender, mode="json")}


def channel_modes(found: Iterable[Values]) -> dict[tuple[UUID, str], ChannelMode]:
    return {
        (row["connection_id"], row["channel_id"]): ChannelMode(row["automatic"], row["at_hand_over"]) for row in found
    }


def connection(row: Values) -> ConnectionCopy:
    values = {field.name: row[field.name] for field in fields(ConnectionCopy)}
    return ConnectionCopy(**values | {"channels": tuple((one["id"], one["name"]) for one in row["channels"])})


def connection_row(copy: ConnectionCopy) -> dict[str, Any]:
    values: dict[str, Any] = {field.name: getattr(copy, field.name) for field in fields(ConnectionCopy)}
    return values | {"channels": [{"id": channel_id, "name": name} for channel_id, name in copy.channels]}
