"""Others shipped only a part of what our parcel holds: the rest has not left, and is not forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.labels.domain import labels, write_back
from services.labels.domain.actions import Action, possible
from services.labels.domain.changes import order_seen
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.labels import Asked
from services.labels.domain.planning import plan
from services.labels.domain.shipment import State, Told
from tests.unit.labels.builders import (
    AUTOMATIC,
    FIRST,
    MANUAL,
    NOW,
    PERSON,
    TIMING,
    A,
    B,
    first,
    fulfilment,
    ids,
    in_flight,
    labelled,
    line,
    order,
    ours,
    planned,
    reservation,
    sending,
    sent,
    shown,
    theirs,
)

ONLY_A = theirs(((A, 2),))
BOTH = theirs(((A, 2), (B, 2)))


def both_lines() -> Fulfilment:
    """One parcel of both lines, its number owed."""
    asked = labels.request(planned(of=fulfilment(order(line(A), line(B)))), FIRST, Asked(PERSON, NOW), MANUAL)
    return labelled(in_flight(asked))


def accepted() -> Fulfilment:
    return sent(sending(both_lines()))


def done_before() -> Fulfilment:
    """The marketplace said so."""
    state = sending(both_lines())
    return state.with_shipment(write_back.already_done(first(state), NOW))


def read(state: Fulfilment, seconds: float) -> Fulfilment:
    """Its order with the parcel as a read-back that long after the answer makes it."""
    assert state.order is not None
    at = NOW + timedelta(seconds=seconds)
    return state.with_shipment(write_back.read_back(first(state), state.order, (), at, TIMING))


def heard(state: Fulfilment, **changes: int) -> Fulfilment:
    """The order's next version, in which others' parcel over the first line is counted."""
    counted = shown(state, ONLY_A, lines=(line(A, fulfilled=2, **changes), line(B)), version=2)
    assert counted.order is not None
    return order_seen(replace(counted, reservation=reservation(counted.order)), NOW)


def standing(of: Fulfilment) -> tuple[State, Told | None]:
    told = first(of).write_back
    return first(of).state, told.state if told else None


@pytest.mark.parametrize("before", [accepted(), done_before()])
def test_others_parcel_over_one_line_makes_it_a_persons(before: Fulfilment) -> None:
    """
    When it would be sent again, not before: till then ours may show. Voided, the other line is planned.

    Seen red: it was called shipped elsewhere, nothing could be done about it, and its second line was in no parcel.
    """
    state = shown(before, ONLY_A)
    assert standing(read(state, 60)) == standing(read(state, 599)) == (State.LABEL_CREATED, Told.SENT)
    given_up = read(state, 601)
    assert standing(given_up) == (State.OUTDATED, Told.RELEASED)
    assert possible(first(given_up)) == (Action.VOID,)
    assert plan(heard(given_up), AUTOMATIC, NOW, ids()).shipments == heard(given_up).shipments
    left = plan(labels.void(heard(given_up), FIRST, NOW), AUTOMATIC, NOW, ids()).shipments[-1]
    assert (left.state, left.units(A), left.units(B)) == (State.PLANNED, 0, 2)


def test_a_write_whose_answer_was_lost_is_given_up_after_the_lag() -> None:
    """It is missing by then, and would be sent again."""
    state = sending(both_lines())
    lost = state.with_shipment(write_back.outcome_unknown(first(state), NOW, "readable", TIMING))
    assert standing(read(shown(lost, ONLY_A), 119)) == (State.LABEL_CREATED, Told.SENT)
    assert standing(read(shown(lost, ONLY_A), 121)) == (State.OUTDATED, Told.RELEASED)


def test_others_parcels_over_all_lines_are_shipped_elsewhere() -> None:
    """As of one line; of a cancelled order nothing is left to be planned, whatever they cover."""
    assert standing(read(shown(accepted(), BOTH), 121)) == (State.LABEL_CREATED, Told.SHIPPED_ELSEWHERE)
    assert standing(read(shown(done_before(), BOTH), 0)) == (State.LABEL_CREATED, Told.SHIPPED_ELSEWHERE)
    cancelled = shown(accepted(), ONLY_A, status="cancelled")
    assert standing(read(cancelled, 121)) == (State.LABEL_CREATED, Told.SHIPPED_ELSEWHERE)


def test_a_number_that_shows_after_all_has_left() -> None:
    """
    It was given up, and not voided yet: confirmed, nothing of it is planned or voided.

    Seen red: it stayed outdated, with a button to void what the marketplace shows.
    """
    given_up = read(shown(accepted(), ONLY_A), 601)
    late = order_seen(shown(given_up, ONLY_A, ours(given_up)), NOW)
    assert standing(late) == (State.LABEL_CREATED, Told.CONFIRMED)
    assert possible(first(late)) == ()
    only_typed = labels.outdated(first(both_lines()))
    never_sent = both_lines().with_shipment(only_typed)
    assert standing(order_seen(shown(never_sent, ours(never_sent)), NOW)) == (State.OUTDATED, Told.RELEASED)


def elsewhere() -> Fulfilment:
    """Taken for others', of whom both lines were shown."""
    return accepted().with_shipment(write_back.shipped_elsewhere(first(accepted())))


def test_a_parcel_taken_for_others_is_a_persons_once_they_show_only_a_part() -> None:
    """
    They took one back, or an earlier version of ours looked at one line only.

    Seen red: it stayed shipped elsewhere, and its second line in no parcel.
    """
    freed = heard(elsewhere())
    assert standing(freed) == (State.OUTDATED, Told.RELEASED)
    assert plan(freed, AUTOMATIC, NOW, ids()).shipments == freed.shipments
    left = plan(labels.void(freed, FIRST, NOW), AUTOMATIC, NOW, ids()).shipments[-1]
    assert (left.units(A), left.units(B)) == (0, 2)


def test_a_parcel_taken_for_others_stays_so_while_nothing_says_otherwise() -> None:
    """Nothing is shown yet, all is, all is counted, or what was left of it is in another parcel by now."""
    for packages in ((), (BOTH,)):
        assert standing(order_seen(shown(elsewhere(), *packages), NOW))[1] is Told.SHIPPED_ELSEWHERE
    counted = shown(elsewhere(), ONLY_A, lines=(line(A, fulfilled=2), line(B, fulfilled=2)))
    assert standing(order_seen(counted, NOW))[1] is Told.SHIPPED_ELSEWHERE
    one_counted = shown(elsewhere(), theirs(((A, 1),)), lines=(line(A, fulfilled=1), line(B)))
    rest = plan(one_counted, AUTOMATIC, NOW, ids())
    assert [(one.units(A), one.units(B)) for one in rest.shipments] == [(2, 2), (1, 0)]
    frozen = rest.with_shipment(replace(rest.shipments[1], label_known=False))
    assert standing(order_seen(frozen, NOW))[1] is Told.SHIPPED_ELSEWHERE
    assert standing(order_seen(rest, NOW))[1] is Told.RELEASED
