"""
The seller's answer to an order that waits for one: owed -> sending -> sent -> answered, and how it can go otherwise.

Pure: each function gives the answer after one fact. A keyed write, the same again does no harm; what has become of it
only the next reading of the order tells. An outcome counts for the newest attempt alone, and once.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.orders.domain.copies import Reservation, ReservedLine
from services.orders.domain.order import Decision, Line, Order
from shared.kernel.ids import ConnectionId, LineId, OrderId, OrganisationId, UserId

# An answer the marketplace took so often, while the order still waits, is no longer lag.
MOST_REPEATS = 3
_LONGEST_BACK_OFF_SECONDS = 300.0


class Mode(StrEnum):
    """Who answers the orders of a connection: a person each, or we accept what can be reserved as a whole."""

    BY_HAND = "by_hand"
    AUTOMATIC = "automatic"


class State(StrEnum):
    OWED = "owed"
    SENDING = "sending"
    SENT = "sent"
    ANSWERED = "answered"
    REFUSED = "refused"
    NEEDS_PERSON = "needs_person"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who decided: a user of the organisation, or a client of its API; neither: the connection's mode."""

    user_id: UserId | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """
    `accept`: or refuse. `known`: what became of the newest attempt. `may_have_left`: some attempt may have reached the
    marketplace, so that nobody can change the answer any more. `reason`: a code; `detail`: the marketplace's own words.
    """

    order_id: OrderId
    organisation_id: OrganisationId
    connection_id: ConnectionId
    accept: bool
    by: Asker
    asked_at: datetime
    state: State
    attempt: int = 0
    known: bool = True
    may_have_left: bool = False
    repeats: int = 0
    due_at: datetime | None = None
    reason: str | None = None
    detail: str | None = None

    @property
    def to_be_sent(self) -> bool:
        """Also again, once it is due: it was taken, but the order still waits."""
        return self.state in (State.OWED, State.SENDING, State.SENT)


class NotPossible(Exception):
    """The order's state does not allow it. `sentence` is English; pages translate it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence


NOT_WAITING = "This order does not wait for an answer."
OTHER_SENT = "Another answer was sent to the marketplace already; it cannot be changed."


def asked(order: Order, known: Acceptance | None, by: Asker, now: datetime, *, accept: bool) -> Acceptance:
    """The answer owed; the known one where it says the same and nothing stopped it. Raises NotPossible."""
    if not order.waits_for_answer:
        raise NotPossible("not_waiting", NOT_WAITING)
    if known is None:
        owed = State.OWED
        return Acceptance(order.id, order.organisation_id, order.connection_id, accept, by, now, owed, due_at=now)
    if _too_late(known, accept=accept):
        raise NotPossible("other_answer_sent", OTHER_SENT)
    if _stands(known, accept=accept):
        return known
    fresh = replace(known, accept=accept, by=by, asked_at=now, repeats=0, due_at=now, reason=None, detail=None)
    return replace(fresh, state=State.SENDING if known.may_have_left else State.OWED)


def possible(order: Order, known: Acceptance | None) -> tuple[bool, ...]:
    """The answers (accept: True, refuse: False) that would change something now."""
    if not order.waits_for_answer:
        return ()
    both = (True, False)
    return tuple(
        one for one in both if known is None or not (_too_late(known, accept=one) or _stands(known, accept=one))
    )


def _too_late(known: Acceptance, *, accept: bool) -> bool:
    return known.accept is not accept and (known.may_have_left or known.state is State.SENDING)


def _stands(known: Acceptance, *, accept: bool) -> bool:
    return known.accept is accept and (known.to_be_sent or known.state is State.ANSWERED)


def begun(answer: Acceptance, now: datetime) -> Acceptance:
    """
    The intent: from here on the marketplace may know. It stays due: whoever has the lease next resumes it.

    An earlier attempt nobody settled (its process died) may have left, whatever becomes of this one.
    """
    return replace(
        answer,
        state=State.SENDING,
        attempt=answer.attempt + 1,
        known=False,
        may_have_left=answer.may_have_left or not answer.known,
        repeats=answer.repeats + (answer.state is State.SENT),
        due_at=now,
    )


def awaits(answer: Acceptance, attempt: int) -> bool:
    """This attempt is the newest and nothing is known of it yet."""
    return answer.attempt == attempt and not answer.known


def taken(answer: Acceptance, now: datetime, seen_within: timedelta) -> Acceptance:
    """The marketplace took it. Where the order still waits after so long, it is sent once more."""
    due = now + seen_within
    return replace(answer, state=State.SENT, known=True, may_have_left=True, due_at=due, reason=None, detail=None)


def already_done(answer: Acceptance, now: datetime, seen_within: timedelta) -> Acceptance:
    """The marketplace says that the order no longer waits: the next reading shows it, or that they meant another."""
    return replace(taken(answer, now, seen_within), reason="already_answered")


def refused(answer: Acceptance, detail: str) -> Acceptance:
    """The marketplace does not take it: a person looks, and may answer otherwise."""
    return replace(
        answer,
        state=State.REFUSED,
        known=True,
        may_have_left=False,
        due_at=None,
        reason="marketplace_refused",
        detail=detail or None,
    )


def outcome_unknown(answer: Acceptance, now: datetime) -> Acceptance:
    """The same again soon."""
    wait = min(2.0 ** min(answer.attempt, 16), _LONGEST_BACK_OFF_SECONDS)
    due = now + timedelta(seconds=wait)
    return replace(
        answer, state=State.SENDING, known=True, may_have_left=True, due_at=due, reason="answer_outcome_unknown"
    )


def not_sent(answer: Acceptance, due_at: datetime, reason: str | None) -> Acceptance:
    """This attempt surely had no effect; an earlier one may have."""
    state = State.SENDING if answer.may_have_left else State.OWED
    return replace(answer, state=state, known=True, due_at=due_at, reason=reason)


def never_seen(answer: Acceptance) -> bool:
    """It was taken so often, and the order waits still."""
    return answer.state is State.SENT and answer.repeats >= MOST_REPEATS


def left_to_person(answer: Acceptance) -> Acceptance:
    return replace(answer, state=State.NEEDS_PERSON, due_at=None, reason="answer_never_seen")


def no_longer_waits(answer: Acceptance) -> Acceptance:
    """The order was read and waits no more: answered, or nothing is owed any longer."""
    if answer.state in (State.ANSWERED, State.WITHDRAWN):
        return answer
    left = answer.may_have_left or not answer.known
    state = State.ANSWERED if left else State.WITHDRAWN
    return replace(answer, state=state, known=True, due_at=None, reason=None, detail=None)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why an order is not accepted automatically: a code of `sentences.py`, and the SKUs it is about."""

    code: str
    skus: tuple[str, ...]


def hindrances(order: Order, reservation: Reservation | None) -> list[Hindrance] | None:
    """
    What keeps a waiting order from being accepted automatically; empty: every line is reserved.

    None: inventory has not spoken of the order's newest version yet. An untracked SKU counts as not reserved: nobody
    has counted it.
    """
    if reservation is None or reservation.order_version < order.version:
        return None
    held = {line.line_id: line for line in reservation.lines}
    ours = [line for line in order.lines if line.decision is not Decision.NOT_OURS]
    waiting = [line for line in ours if line.code == "waiting_acceptance"]
    groups = (
        ("acceptance.line_held", [line for line in ours if line not in waiting]),
        ("acceptance.cancel_requested", ours if _cancel_requested(order) else []),
        ("acceptance.untracked", [line for line in waiting if _untracked(line, held)]),
        ("acceptance.short", [line for line in waiting if _short(line, held)]),
    )
    found = [Hindrance(code, tuple(line.sku or line.marketplace_line_id for line in lines)) for code, lines in groups]
    return [one for one in found if one.skus] if ours else [Hindrance("acceptance.line_held", ())]


def _cancel_requested(order: Order) -> bool:
    return order.cancel_requested or any(line.cancel_requested for line in order.lines)


def _untracked(line: Line, held: dict[LineId, ReservedLine]) -> bool:
    return line.id in held and not held[line.id].tracked


def _short(line: Line, held: dict[LineId, ReservedLine]) -> bool:
    told = held.get(line.id)
    return told is None or (told.tracked and (told.short > 0 or told.reserved < line.remaining))
