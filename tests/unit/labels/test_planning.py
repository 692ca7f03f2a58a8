"""Which parcels an order needs, and why one waits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.labels.domain import labels, write_back
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import Terms
from services.labels.domain.labels import Asked, NotPossible
from services.labels.domain.order import Package, Reservation
from services.labels.domain.planning import plan
from services.labels.domain.shipment import State, Told
from tests.unit.labels.builders import (
    AUTOMATIC,
    FIRST,
    MANUAL,
    NOW,
    ONE_PARCEL,
    PERSON,
    A,
    B,
    first,
    fulfilment,
    ids,
    in_flight,
    labelled,
    line,
    order,
    planned,
    requested,
    reservation,
    sending,
    sent,
    shown,
)


def test_a_manual_channel_plans_and_waits_for_a_person() -> None:
    """The parcel is planned with everything left, and no label is due."""
    parcel = first(planned(MANUAL))
    assert (parcel.state, parcel.reason, parcel.label_due_at) == (State.PLANNED, "channel_manual", None)
    assert [(one.line_id, one.quantity, one.weight_grams) for one in parcel.lines] == [(A, 2, 400)]


def test_an_automatic_channel_has_the_label_made_at_once() -> None:
    """Nothing holds it: it is due now."""
    parcel = first(planned(AUTOMATIC))
    assert (parcel.state, parcel.reason, parcel.label_due_at) == (State.LABEL_PENDING, None, NOW)


def test_switching_to_automatic_takes_up_what_was_planned() -> None:
    """The same parcel goes on; switching back before its label is begun holds it again."""
    waiting = planned(MANUAL)
    going = plan(waiting, AUTOMATIC, NOW, ids())
    assert first(going).shipment_id == first(waiting).shipment_id
    assert first(going).state is State.LABEL_PENDING
    assert first(plan(going, MANUAL, NOW, ids())).state is State.PLANNED


@pytest.mark.parametrize(
    ("changes", "terms", "reason"),
    [
        ({"cancel_requested": True}, AUTOMATIC, "cancel_requested"),
        ({"lines": (line(duties=("signature",)),)}, AUTOMATIC, "duty"),
        ({"lines": (line(duties=("pickup_point",)),)}, AUTOMATIC, "pickup_point"),
        ({"recipient_digest": None}, AUTOMATIC, "address_missing"),
        ({"label_not_before": NOW + timedelta(hours=1)}, AUTOMATIC, "label_not_before"),
        ({}, replace(AUTOMATIC, carrier_is_set_up=False), "settings_missing"),
        ({"lines": (line(), line(B, decision="wait"))}, replace(AUTOMATIC, splitting=ONE_PARCEL), "lines_wait"),
    ],
)
def test_what_holds_a_label_is_said(changes: dict[str, Any], terms: Terms, reason: str) -> None:
    """Each reason leaves the parcel planned, with its code, in an automatic channel too."""
    parcel = first(planned(terms, fulfilment(order(**changes))))
    assert (parcel.state, parcel.reason) == (State.PLANNED, reason)


def test_short_stock_holds_and_stock_releases() -> None:
    """One unit short: held. Reserved in full: made."""
    known = order()
    short = planned(AUTOMATIC, fulfilment(known, reservation=reservation(known, short=1)))
    assert (first(short).reason, first(short).reason_detail) == ("short_stock", "SKU-10")
    served = plan(replace(short, reservation=reservation(known)), AUTOMATIC, NOW, ids())
    assert first(served).state is State.LABEL_PENDING


def test_a_missing_weight_holds_before_a_number_is_drawn() -> None:
    """No weight: held, no number; with the weight it goes on by itself."""
    known = order()
    held = planned(AUTOMATIC, fulfilment(known, reservation=reservation(known, weight_grams=None)))
    assert (first(held).reason, first(held).number) == ("weight_missing", None)
    assert first(plan(replace(held, reservation=reservation(known)), AUTOMATIC, NOW, ids())).label_due_at == NOW


def test_a_label_not_yet_allowed_is_looked_at_again_in_time() -> None:
    """`replan_at` is when the marketplace allows it."""
    later = NOW + timedelta(hours=1)
    held = planned(AUTOMATIC, fulfilment(order(label_not_before=later)))
    assert held.replan_at == later
    assert first(plan(held, AUTOMATIC, later, ids())).state is State.LABEL_PENDING


@pytest.mark.parametrize("known", [fulfilment(reservation=None), fulfilment(order(version=2), reservation=None)])
def test_nothing_is_planned_before_the_reservation_is_known(known: Fulfilment) -> None:
    """An order alone is a waiting state."""
    assert planned(AUTOMATIC, known).shipments == ()


def test_a_changed_order_waits_for_its_own_reservation() -> None:
    """The planned parcel neither goes on with the old reservation nor is lost."""
    waiting = planned(AUTOMATIC)
    changed = plan(replace(waiting, order=order(line(ordered=3), version=2)), AUTOMATIC, NOW, ids())
    assert (first(changed).state, first(changed).reason) == (State.PLANNED, "reservation_awaited")
    assert changed.order is not None
    served = plan(replace(changed, reservation=reservation(changed.order)), AUTOMATIC, NOW, ids())
    assert (first(served).state, first(served).units(A)) == (State.LABEL_PENDING, 3)


def test_only_lines_decided_ship_are_planned() -> None:
    """A line that waits or is not ours is in no parcel."""
    known = fulfilment(order(line(), line(B, decision="not_ours")))
    assert [one.line_id for one in first(planned(MANUAL, known)).lines] == [A]


def test_an_order_shipped_when_first_seen_is_not_planned() -> None:
    """Fulfilled in full by others: nothing left."""
    assert planned(AUTOMATIC, fulfilment(order(line(fulfilled=2)))).shipments == ()


def test_a_cancelled_order_dissolves_its_plan() -> None:
    """Nothing is made any more; the reservation is not waited for."""
    cancelled = plan(
        replace(planned(MANUAL), order=order(status="cancelled", version=2, lines=(line(cancelled=2),))),
        MANUAL,
        NOW,
        ids(),
    )
    assert (first(cancelled).state, first(cancelled).reason) == (State.VOIDED, "order_cancelled")


def test_fewer_units_leave_the_rest_as_another_parcel() -> None:
    """A person ships one of two: the other is planned beside it."""
    before = planned()
    asked = Asked(PERSON, NOW, units={A: 1})
    after = plan(labels.request(before, first(before).shipment_id, asked, MANUAL), MANUAL, NOW, ids())
    assert [(one.state, one.units(A)) for one in after.shipments] == [(State.LABEL_PENDING, 1), (State.PLANNED, 1)]
    assert plan(after, MANUAL, NOW, ids()) == after


def test_a_short_order_ships_what_is_reserved() -> None:
    """Two ordered, one reserved: one may leave, two may not."""
    known = order()
    before = planned(MANUAL, fulfilment(known, reservation=reservation(known, short=1)))
    parcel = first(before).shipment_id
    with pytest.raises(NotPossible) as refusal:
        labels.request(before, parcel, Asked(PERSON, NOW), MANUAL)
    assert refusal.value.code == "short_stock"
    after = plan(labels.request(before, parcel, Asked(PERSON, NOW, units={A: 1}), MANUAL), MANUAL, NOW, ids())
    assert [(one.state, one.reason) for one in after.shipments] == [
        (State.LABEL_PENDING, None),
        (State.PLANNED, "short_stock"),
    ]


@pytest.mark.parametrize(
    ("asked", "terms", "code"),
    [
        (Asked(PERSON, NOW, units={A: 3}), MANUAL, "units"),
        (Asked(PERSON, NOW, units={A: 0}), MANUAL, "units"),
        (Asked(PERSON, NOW, units={B: 1}), MANUAL, "units"),
        (Asked(PERSON, NOW, units={A: 1}), replace(MANUAL, splitting=ONE_PARCEL), "one_parcel"),
    ],
)
def test_a_parcel_holds_what_is_left_and_the_marketplace_allows(asked: Asked, terms: Terms, code: str) -> None:
    """Too many units, none, strange lines, or a split where orders are not split: refused."""
    before = planned()
    with pytest.raises(NotPossible) as refusal:
        labels.request(before, first(before).shipment_id, asked, terms)
    assert refusal.value.code == code


def test_a_cancellation_request_is_a_persons_decision() -> None:
    """Held even when asked for by hand, unless the person says so; the word holds for this version of the order."""
    before = planned(MANUAL, fulfilment(order(cancel_requested=True)))
    parcel = first(before).shipment_id
    with pytest.raises(NotPossible):
        labels.request(before, parcel, Asked(PERSON, NOW), MANUAL)
    going = plan(
        labels.request(before, parcel, Asked(PERSON, NOW, despite_cancellation=True), MANUAL), MANUAL, NOW, ids()
    )
    assert first(going).state is State.LABEL_PENDING
    again = order(cancel_requested=True, version=2)
    held = plan(replace(going, order=again, reservation=reservation(again)), MANUAL, NOW, ids())
    assert (first(held).state, first(held).reason) == (State.PLANNED, "cancel_requested")


def test_a_request_that_no_longer_fits_is_given_back() -> None:
    """Units were cancelled after a person asked: the parcel is planned anew and waits for the person again."""
    smaller = order(line(cancelled=1), version=2)
    after = plan(replace(requested(), order=smaller, reservation=reservation(smaller)), MANUAL, NOW, ids())
    assert [(one.state, one.reason, one.units(A)) for one in after.shipments] == [(State.PLANNED, "channel_manual", 1)]


def test_what_a_far_side_counts_of_ours_is_not_taken_off_twice() -> None:
    """One of three is ours and shown there: two are left; one more by hand: one is left."""
    known = order(line(ordered=3))
    partial = labels.request(planned(MANUAL, fulfilment(known)), FIRST, Asked(PERSON, NOW, units={A: 1}), MANUAL)
    told = sent(sending(labelled(in_flight(partial))))
    mine = Package("123456789", told.shipments[0].tracking_number, ((A, 1),))
    seen = shown(told, mine, lines=(line(ordered=3, fulfilled=1),), version=2)
    assert rest(seen) == 2
    by_hand = shown(told, mine, Package("9", "X", ((A, 1),)), lines=(line(ordered=3, fulfilled=2),), version=2)
    assert rest(by_hand) == 1


def rest(of: Fulfilment) -> int:
    assert of.order is not None
    after = plan(replace(of, reservation=reservation(of.order)), MANUAL, NOW, ids())
    return sum(one.units(A) for one in after.shipments if one.open)


@given(
    ordered=st.integers(1, 6),
    cancelled=st.integers(0, 6),
    reserved=st.integers(0, 6),
    wishes=st.lists(st.integers(1, 4), max_size=4),
    automatic=st.booleans(),
)
def test_no_unit_is_ever_in_two_parcels(
    ordered: int, cancelled: int, reserved: int, wishes: list[int], automatic: bool
) -> None:
    """Whatever is asked for, in whatever order things change: live parcels never hold more than the order wants."""
    terms, made = (AUTOMATIC if automatic else MANUAL), ids()
    known = order(line(ordered=ordered))
    state = plan(fulfilment(known, reservation=limited(known, reserved)), terms, NOW, made)
    for wish in wishes:
        waiting = [one for one in state.shipments if one.state is State.PLANNED]
        if waiting:
            state = wished(state, waiting[0].shipment_id, wish, terms)
        state = plan(state, terms, NOW, made)
        assert sum(one.units(A) for one in state.shipments if one.live) == ordered
        assert sum(one.units(A) for one in state.shipments if one.state is State.LABEL_PENDING) <= reserved
        assert sum(one.state is State.PLANNED for one in state.shipments) <= 1
    smaller = order(line(ordered=ordered, cancelled=min(cancelled, ordered)), version=2)
    state = plan(replace(state, order=smaller, reservation=limited(smaller, reserved)), terms, NOW, made)
    assert sum(one.units(A) for one in state.shipments if one.live) == max(0, ordered - cancelled)


def limited(known: Any, reserved: int) -> Reservation:
    full = reservation(known)
    lines = tuple(replace(one, reserved=min(one.wanted, reserved)) for one in full.lines)
    return replace(full, lines=lines)


def wished(state: Fulfilment, parcel: UUID, units: int, terms: Terms) -> Fulfilment:
    try:
        return labels.request(state, parcel, Asked(PERSON, NOW, units={A: units}), terms)
    except NotPossible:
        return state


def test_a_voided_label_is_followed_by_one_made_by_hand() -> None:
    """After a person voided a label nothing is made by itself, in an automatic channel either."""
    voided = labels.void(labelled(), FIRST, NOW)
    after = plan(voided, AUTOMATIC, NOW, ids())
    assert first(after).write_back is not None
    assert first(after).write_back.state is Told.RELEASED  # type: ignore[union-attr]
    assert [(one.state, one.reason) for one in after.shipments] == [
        (State.VOIDED, "voided_by_person"),
        (State.PLANNED, "label_voided"),
    ]


def test_units_in_anothers_parcel_are_not_planned_before_the_marketplace_counts_them() -> None:
    """Its parcels and its counts come apart: no second label meanwhile. Counted, what is really left is planned."""
    state = sent()
    elsewhere = state.with_shipment(write_back.shipped_elsewhere(first(state)))
    assert plan(elsewhere, AUTOMATIC, NOW, ids()).shipments == elsewhere.shipments
    assert elsewhere.order is not None
    counted = order(replace(elsewhere.order.lines[0], fulfilled=1), version=2)
    after = plan(replace(elsewhere, order=counted, reservation=reservation(counted)), AUTOMATIC, NOW, ids())
    assert [one.lines[0].quantity for one in after.shipments if one.open] == [1]
