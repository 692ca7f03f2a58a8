"""
Telling the marketplace: (to hand over ->) owed -> sending -> sent -> confirmed, and the ways it can go otherwise.

Pure: each function gives the shipment after one fact. An outcome counts only for the newest attempt whose outcome is
not known yet (`awaits`): a process that was stopped and comes back late changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from services.labels.domain.coverage import covered_by_others, is_ours
from services.labels.domain.order import Order
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, State, Told, WriteBack

# An accepted number that was sent so often and never showed is no longer lag.
MOST_REPEATS = 5
_LONGEST_BACK_OFF_SECONDS = 300.0

# How a write is repeated (architecture, section 5).
Write = Literal["keyed", "readable", "blind"]


@dataclass(frozen=True, slots=True)
class Timing:
    """
    Seconds after the marketplace accepted a number: first read back; a number not seen is missing rather than late; an
    accepted number that is missing is sent again.
    """

    read_back_seconds: float
    lag_seconds: float
    repeat_after_seconds: float


def owed(shipment: Shipment, now: datetime) -> Shipment:
    return replace(shipment, write_back=WriteBack(shipment.shipment_id, Told.OWED, due_at=now))


def is_unsent(shipment: Shipment) -> bool:
    """Its number waits to be told, and no attempt was made yet."""
    told = shipment.write_back
    return told is not None and told.attempt == 0 and told.state in (Told.OWED, Told.TO_HAND_OVER)


def begun(shipment: Shipment, reference: str, body: dict[str, Any], now: datetime) -> Shipment:
    """
    The intent: from here on the marketplace may know. It stays due: whoever has the lease next resumes it.

    An earlier attempt nobody settled (its process died) stays an unknown outcome, whatever becomes of this one.
    """
    write_back = _of(shipment)
    abandoned = write_back.state is Told.SENDING and not write_back.known
    return shipment.telling(
        state=Told.SENDING,
        attempt=write_back.attempt + 1,
        known=False,
        reference=reference,
        body=body,
        due_at=now,
        reason=Reason.OUTCOME_UNKNOWN.value if abandoned else write_back.reason,
    )


def read_instead(shipment: Shipment, now: datetime) -> Shipment:
    """It may have been sent, but should not be sent again: only looked for from now on."""
    return shipment.telling(state=Told.SENT, known=True, sent_at=now, due_at=now, reason=Reason.OUTCOME_UNKNOWN.value)


def awaits(shipment: Shipment, attempt: int) -> bool:
    """This attempt is the newest and nothing is known of it yet."""
    return shipment.write_back is not None and shipment.write_back.attempt == attempt and not shipment.write_back.known


def accepted(shipment: Shipment, now: datetime, timing: Timing) -> Shipment:
    due = now + timedelta(seconds=timing.read_back_seconds)
    return shipment.telling(state=Told.SENT, known=True, sent_at=now, due_at=due, reason=None, reason_detail=None)


def already_done(shipment: Shipment, now: datetime) -> Shipment:
    """They say it was done before: read back at once whose number it was."""
    return shipment.telling(
        state=Told.SENT, known=True, sent_at=now, due_at=now, reason=Reason.ALREADY_DONE.value, reason_detail=None
    )


def refused(shipment: Shipment, detail: str, now: datetime) -> Shipment:
    """
    A person sees why. A write that was sent before, also one whose outcome never came, may be refused because it had
    its effect then: that is looked for first.
    """
    write_back = _of(shipment)
    if write_back.sent_at is not None or write_back.reason == Reason.OUTCOME_UNKNOWN:
        return already_done(shipment, now).telling(reason_detail=detail or None)
    return not_worded(shipment, detail)


def not_worded(shipment: Shipment, detail: str) -> Shipment:
    """It cannot be told, whatever became of earlier attempts: a person sees why."""
    return shipment.telling(
        state=Told.REFUSED,
        known=True,
        due_at=None,
        reason=Reason.MARKETPLACE_REFUSED.value,
        reason_detail=detail or None,
    )


def not_sent(shipment: Shipment, due_at: datetime, reason: Reason | None) -> Shipment:
    """
    This attempt surely had no effect: it is owed again.

    After an earlier attempt whose outcome never came it is still *sending*: the marketplace may know. What was found
    missing is still that.
    """
    write_back = _of(shipment)
    state = Told.SENDING if write_back.reason == Reason.OUTCOME_UNKNOWN else Told.OWED
    missing = write_back.reason == Reason.NOT_SEEN_YET and reason is not Reason.ROLE_MISSING
    kept = write_back.reason if state is Told.SENDING or missing else reason
    return shipment.telling(state=state, known=True, due_at=due_at, reason=Reason(kept).value if kept else None)


def not_repeated(shipment: Shipment, write: Write, now: datetime, timing: Timing) -> Shipment | None:
    """
    What the marketplace may know is not just sent again, unless it is keyed: whoever sent it last may have died before
    its outcome was known, and a person may have asked for it again. None: it was looked for and is missing.
    """
    write_back = _of(shipment)
    if write == "keyed":
        return None
    if not write_back.known:
        return outcome_unknown(shipment, now, write, timing)
    if write == "readable" and write_back.reason != Reason.NOT_SEEN_YET:
        return shipment.telling(state=Told.SENT, due_at=now, reason=Reason.OUTCOME_UNKNOWN.value)
    return None


def outcome_unknown(shipment: Shipment, now: datetime, write: Write, timing: Timing) -> Shipment:
    """Keyed: the same again soon; readable: read first, when it must have shown; blind: a person looks."""
    reason = Reason.OUTCOME_UNKNOWN.value
    if write == "blind":
        return shipment.telling(state=Told.NEEDS_PERSON, due_at=None, reason=reason)
    if write == "readable":
        due = now + timedelta(seconds=timing.lag_seconds)
        return shipment.telling(state=Told.SENT, known=True, sent_at=now, due_at=due, reason=reason)
    wait = min(2.0 ** min(_of(shipment).attempt, 16), _LONGEST_BACK_OFF_SECONDS)
    return shipment.telling(known=True, due_at=now + timedelta(seconds=wait), reason=reason)


def read_back(shipment: Shipment, order: Order, others: Sequence[Shipment], now: datetime, timing: Timing) -> Shipment:
    """
    What the marketplace shows, after it accepted our number (or said that it was done before).

    `order` carries the parcels just read; `others`: this order's other parcels of ours.
    Not shown yet is no answer until the read lag is over; then others' parcels over all our units mean that the order
    left without us, and a number that vanished is sent again under the same reference: unless others shipped a part of
    its units, which makes it a person's.
    """
    write_back = _of(shipment)
    if is_ours(shipment, order):
        return confirmed(shipment, now)
    age = (now - (write_back.sent_at or now)).total_seconds()
    late = age >= timing.lag_seconds
    wholly = covered_by_others(shipment, order, others, wholly=not order.cancelled)
    if wholly and (write_back.reason == Reason.ALREADY_DONE or late):
        return shipped_elsewhere(shipment)
    if not late:
        return _read_again_at(shipment, timing.lag_seconds, now)
    unknown = write_back.reason == Reason.OUTCOME_UNKNOWN
    missing = unknown or age >= timing.repeat_after_seconds
    if covered_by_others(shipment, order, others):
        return shipped_in_part(shipment) if missing else _read_again_at(shipment, timing.repeat_after_seconds, now)
    if write_back.reason == Reason.ALREADY_DONE or _unwanted(shipment, order) or write_back.repeats >= MOST_REPEATS:
        reason = Reason.OUTCOME_UNKNOWN.value if unknown else Reason.NEVER_SEEN.value
        return shipment.telling(state=Told.NEEDS_PERSON, due_at=None, reason=reason)
    if not missing:
        return _read_again_at(shipment, timing.repeat_after_seconds, now)
    return shipment.telling(
        state=Told.OWED, repeats=write_back.repeats + 1, due_at=now, reason=Reason.NOT_SEEN_YET.value
    )


def _unwanted(shipment: Shipment, order: Order) -> bool:
    """Cancelled, or a cancellation was asked for and nobody decided to send it all the same."""
    return order.cancelled or (shipment.cancel_seen and shipment.despite_version != order.version)


def not_shown(shipment: Shipment, due_at: datetime, reason: Reason) -> Shipment:
    """
    The marketplace refuses to show the order: again at `due_at`, and a person after so many times.

    What its outcome still hangs on stays the reason; a poll that shows our parcel confirms it all the same.
    """
    write_back = _of(shipment)
    unknown = write_back.reason == Reason.OUTCOME_UNKNOWN
    if write_back.repeats >= MOST_REPEATS:
        last = Reason.OUTCOME_UNKNOWN if unknown else Reason.READ_REFUSED
        return shipment.telling(state=Told.NEEDS_PERSON, due_at=None, reason=last.value)
    kept = unknown or write_back.reason == Reason.ALREADY_DONE
    return shipment.telling(
        repeats=write_back.repeats + 1, due_at=due_at, reason=write_back.reason if kept else reason.value
    )


def confirmed(shipment: Shipment, now: datetime) -> Shipment:
    return shipment.telling(
        state=Told.CONFIRMED, known=True, confirmed_at=now, due_at=None, reason=None, reason_detail=None
    )


def shipped_elsewhere(shipment: Shipment) -> Shipment:
    """Another's parcel holds these units: nothing is written any more."""
    reason = Reason.OTHER_PARCEL_THERE.value
    return shipment.telling(state=Told.SHIPPED_ELSEWHERE, due_at=None, reason=reason, reason_detail=None)


def shipped_in_part(shipment: Shipment) -> Shipment:
    """Others shipped a part of it, and our number is not there: a person looks, and may void it. The rest is here."""
    kept = shipment.telling(state=Told.RELEASED, due_at=None, sent_at=None, reason=None, reason_detail=None)
    return replace(kept, state=State.OUTDATED, reason=Reason.ORDER_CHANGED.value, reason_detail=None)


def _read_again_at(shipment: Shipment, seconds: float, now: datetime) -> Shipment:
    """Once more so many seconds after the marketplace accepted it."""
    write_back = _of(shipment)
    due = (write_back.sent_at or now) + timedelta(seconds=seconds)
    kept = write_back.reason in (Reason.ALREADY_DONE, Reason.OUTCOME_UNKNOWN)
    reason = write_back.reason if kept else Reason.NOT_SEEN_YET.value
    return shipment.telling(due_at=max(due, now + timedelta(seconds=1)), reason=reason)


def may_be_asked_again(shipment: Shipment) -> bool:
    """A person may have the number sent again."""
    write_back = shipment.write_back
    has_label = shipment.state in (State.LABEL_CREATED, State.NEEDS_PERSON) and shipment.has_label
    return has_label and write_back is not None and write_back.state in (Told.REFUSED, Told.NEEDS_PERSON)


def asked_again(shipment: Shipment, now: datetime) -> Shipment:
    """
    A person's retry. After a refusal the words are made anew (the seller may have mended them); after an unknown
    outcome the very same goes out, under the same reference.
    """
    write_back = _of(shipment)
    was_refused = write_back.state is Told.REFUSED or write_back.reason_detail is not None
    body = None if was_refused else write_back.body
    return shipment.telling(
        state=Told.OWED, known=True, repeats=0, body=body, due_at=now, reason=None, reason_detail=None
    )


def _of(shipment: Shipment) -> WriteBack:
    if shipment.write_back is None:
        raise ValueError("nothing is owed for this shipment")
    return shipment.write_back
