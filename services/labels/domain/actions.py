"""What a person may do with a shipment now, and the sentence that says what a retry will do."""

from enum import StrEnum

from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, State, Told
from services.labels.domain.write_back import Write, is_unsent, may_be_asked_again


class Action(StrEnum):
    LABEL = "label"
    VOID = "void"
    RETRY = "retry"
    HAND_OVER = "hand_over"
    UNDO_HAND_OVER = "undo_hand_over"


TRY_LABEL = "Passerelle tries to make the label again."
BUY_AGAIN = "Passerelle has another label made: look at the carrier's first whether the earlier one exists."
SEND_ANEW = "Passerelle words the message anew and sends the tracking number again."
SEND_DESPITE = "Passerelle sends the tracking number when it is due, although the buyer asked for a cancellation."
SEND_SAME = "Passerelle sends the same tracking number again; where the marketplace has it already, nothing changes."
LOOK_FIRST = "Passerelle looks at the marketplace first, and sends the tracking number again only if it is not there."
SEND_ONCE_MORE = "Passerelle sends the tracking number once more: look at the marketplace's first whether it is there."

VOID = (
    "The number is given up and its units are planned anew; the next label of this order is made by hand. The order "
    "itself is not cancelled. Destroy the printed label."
)

_AGAIN: dict[Write, str] = {"keyed": SEND_SAME, "readable": LOOK_FIRST, "blind": SEND_ONCE_MORE}


def possible(shipment: Shipment) -> tuple[Action, ...]:
    """In the order in which they are offered."""
    found = [Action.LABEL] if shipment.state is State.PLANNED else []
    if may_be_retried(shipment):
        found.append(Action.RETRY)
    if may_be_handed_over(shipment):
        found.append(Action.HAND_OVER)
    if hand_over_may_be_undone(shipment):
        found.append(Action.UNDO_HAND_OVER)
    if may_be_voided(shipment):
        found.append(Action.VOID)
    return tuple(found)


def may_be_voided(shipment: Shipment) -> bool:
    """There is a label, or there may be one, and the marketplace has surely not heard of it."""
    told = shipment.write_back
    return (shipment.has_label or in_doubt(shipment)) and not (told is not None and told.may_have_left)


def may_be_handed_over(shipment: Shipment) -> bool:
    """The marketplace is told once somebody says that the carrier has it."""
    return shipment.write_back is not None and shipment.write_back.state is Told.TO_HAND_OVER


def hand_over_may_be_undone(shipment: Shipment) -> bool:
    """It was handed over, and nothing was sent since."""
    return shipment.handed_over_at is not None and is_unsent(shipment)


def in_doubt(shipment: Shipment) -> bool:
    """The carrier's answer never came, and a person is to look."""
    return shipment.state is State.NEEDS_PERSON and not shipment.label_known


def may_be_retried(shipment: Shipment) -> bool:
    """Something of it has come to a halt."""
    held_back = shipment.state is State.PLANNED and shipment.problem is not None
    return held_back or in_doubt(shipment) or may_be_asked_again(shipment)


def retry_sentence(shipment: Shipment, write: Write) -> str:
    """What a retry will do, where one may be asked for; `write`: of its marketplace. English; pages translate it."""
    told = shipment.write_back
    if told is not None and may_be_asked_again(shipment):
        if told.state is Told.REFUSED:
            return SEND_ANEW
        return SEND_DESPITE if told.reason == Reason.CANCEL_REQUESTED else _AGAIN[write]
    return BUY_AGAIN if in_doubt(shipment) else TRY_LABEL
