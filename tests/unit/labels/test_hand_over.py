"""When a number comes due where its channel tells at the hand-over: then, and before ship-by at the latest."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.labels.domain import labels, write_back
from services.labels.domain.actions import Action, possible
from services.labels.domain.changes import order_seen
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.hand_over import HOURS_BEFORE_SHIP_BY, UNDO_SECONDS, followed, hand_over, undo
from services.labels.domain.labels import Asked, NotPossible
from services.labels.domain.planning import plan
from services.labels.domain.shipment import State, Told, WriteBack
from tests.unit.labels.builders import (
    FIRST,
    MANUAL,
    NOW,
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
    ours,
    planned,
    sending,
    sent,
    shown,
    theirs,
)

AT_HAND_OVER = replace(MANUAL, at_hand_over=True)
LATEST = NOW + timedelta(days=1, hours=-HOURS_BEFORE_SHIP_BY)
MINUTE = timedelta(minutes=1)


def waiting() -> Fulfilment:
    """Its label is made; its ship-by is a day ahead."""
    return followed(labelled(), AT_HAND_OVER, NOW)


def handed() -> Fulfilment:
    return hand_over(waiting(), FIRST, PERSON, NOW + MINUTE)


def told(of: Fulfilment) -> WriteBack:
    found = first(of).write_back
    assert found is not None
    return found


def test_a_labelled_parcel_waits_until_some_hours_before_ship_by() -> None:
    """Where its channel tells at the hand-over; elsewhere its number is owed at once."""
    assert (told(waiting()).state, told(waiting()).due_at) == (Told.TO_HAND_OVER, LATEST)
    at_label = told(followed(labelled(), MANUAL, NOW))
    assert (at_label.state, at_label.due_at) == (Told.OWED, NOW)


def test_a_parcel_without_ship_by_waits_for_its_hand_over_alone() -> None:
    """Nothing says when it would be late."""
    one = followed(shown(labelled(), ship_by=None), AT_HAND_OVER, NOW)
    assert (told(one).state, told(one).due_at) == (Told.TO_HAND_OVER, None)
    owed = told(hand_over(one, FIRST, PERSON, NOW))
    assert owed.due_at == NOW + timedelta(seconds=UNDO_SECONDS)


def test_a_label_made_too_late_is_due_at_once() -> None:
    """Ship-by is an hour ahead, or over."""
    for ship_by in (NOW + timedelta(hours=1), NOW - timedelta(hours=1)):
        due = told(followed(shown(labelled(), ship_by=ship_by), AT_HAND_OVER, NOW)).due_at
        assert due is not None
        assert due < NOW


def test_a_hand_over_makes_the_number_due_in_a_moment() -> None:
    """It says when and who; said again, the first one counts."""
    one = handed()
    assert (told(one).state, told(one).due_at) == (Told.OWED, NOW + MINUTE + timedelta(seconds=UNDO_SECONDS))
    assert (first(one).handed_over_at, first(one).handed_over_by) == (NOW + MINUTE, PERSON)
    assert hand_over(one, FIRST, None, NOW + 2 * MINUTE) is one
    assert followed(one, AT_HAND_OVER, NOW + 2 * MINUTE) == one


def test_ship_by_comes_first_where_it_is_earlier() -> None:
    """A hand-over makes nothing later than it was."""
    late = hand_over(waiting(), FIRST, PERSON, LATEST - timedelta(seconds=UNDO_SECONDS - 1))
    assert told(late).due_at == LATEST


def test_a_hand_over_is_undone_until_it_is_told() -> None:
    """It waits again, until ship-by; what was not handed over stays as it is."""
    assert followed(undo(handed(), FIRST), AT_HAND_OVER, NOW + 2 * MINUTE) == waiting()
    assert undo(waiting(), FIRST) == waiting()
    for gone in (sending(handed()), sent(sending(handed()))):
        with pytest.raises(NotPossible, match="too late to undo"):
            undo(gone, FIRST)


def test_what_the_marketplace_was_told_is_not_handed_over() -> None:
    """Nor is what is told with its label, a parcel without one, and one that was taken back."""
    voided = labels.void(waiting(), FIRST, NOW)
    for one in (labelled(), sending(waiting()), sent(sending(waiting())), voided):
        with pytest.raises(NotPossible, match="does not wait to be handed over"):
            hand_over(one, FIRST, PERSON, NOW)


def test_actions_say_what_can_be_done() -> None:
    """Handed over, or that undone; voided as long as nothing was sent."""
    assert possible(first(waiting())) == (Action.HAND_OVER, Action.VOID)
    assert possible(first(handed())) == (Action.UNDO_HAND_OVER, Action.VOID)
    assert possible(first(sending(handed()))) == ()


def test_a_changed_setting_goes_for_what_was_not_told() -> None:
    """Both ways; what was handed over, or of which an attempt was made, is left alone."""
    back = told(followed(waiting(), MANUAL, NOW + MINUTE))
    assert (back.state, back.due_at) == (Told.OWED, NOW + MINUTE)
    for terms in (MANUAL, AT_HAND_OVER):
        for one in (handed(), sending(), sending(waiting()), sent()):
            assert followed(one, terms, NOW + MINUTE) == one
    unsent = labelled()
    throttled = sending(unsent).with_shipment(write_back.not_sent(first(sending(unsent)), NOW, None))
    assert told(throttled).state is Told.OWED
    assert followed(throttled, AT_HAND_OVER, NOW) == throttled


def test_another_ship_by_moves_what_waits() -> None:
    """The marketplace gave more time, or less."""
    moved = followed(shown(waiting(), ship_by=NOW + timedelta(days=3)), AT_HAND_OVER, NOW)
    assert told(moved).due_at == NOW + timedelta(days=3, hours=-HOURS_BEFORE_SHIP_BY)


@pytest.mark.parametrize(
    ("packages", "changes", "state", "told_state"),
    [
        ((), {"status": "cancelled"}, State.VOIDED, Told.RELEASED),
        ((), {"cancel_requested": True}, State.LABEL_CREATED, Told.NEEDS_PERSON),
        ((), {"recipient_digest": "digest-2"}, State.OUTDATED, Told.RELEASED),
        ((theirs(),), {}, State.LABEL_CREATED, Told.SHIPPED_ELSEWHERE),
    ],
)
def test_a_parcel_that_must_not_leave_waits_no_more(
    packages: Any, changes: dict[str, Any], state: State, told_state: Told
) -> None:
    """Seen as soon as the order says so, not when its time comes: somebody still has the parcel in the house."""
    news = order_seen(shown(waiting(), *packages, **changes), NOW)
    one = followed(news, AT_HAND_OVER, NOW)
    assert (first(one).state, told(one).state) == (state, told_state)
    assert told(one).due_at is None


@pytest.mark.parametrize("counted", [0, 1])
def test_a_parcel_of_which_others_shipped_a_part_is_shown_to_a_person(counted: int) -> None:
    """Whether the marketplace counts it yet or not; when its label is voided all that is left is planned."""
    asked = labels.request(planned(of=fulfilment(order(line(A), line(B)))), FIRST, Asked(PERSON, NOW), MANUAL)
    one = followed(labelled(in_flight(asked)), AT_HAND_OVER, NOW)
    lines = (line(A, fulfilled=counted), line(B))
    news = followed(order_seen(shown(one, theirs(((A, 1),)), lines=lines), NOW), AT_HAND_OVER, NOW)
    assert (first(news).state, told(news).state) == (State.OUTDATED, Told.RELEASED)
    now = shown(labels.void(news, FIRST, NOW), theirs(((A, 1),)), lines=(line(A, fulfilled=1), line(B)))
    left = plan(now, AT_HAND_OVER, NOW, ids()).shipments[-1]
    assert (left.units(A), left.units(B)) == (1, 2)


def test_a_number_entered_by_hand_at_the_marketplace_is_confirmed() -> None:
    """The seller told it there: nothing is to be handed over or sent."""
    typed = replace(ours(waiting()), reference=None)
    assert told(order_seen(shown(waiting(), typed), NOW)).state is Told.CONFIRMED


def test_a_withdrawn_cancellation_waits_for_the_hand_over_again() -> None:
    """As it stood before."""
    asked = followed(order_seen(shown(waiting(), cancel_requested=True), NOW), AT_HAND_OVER, NOW)
    again = followed(order_seen(shown(asked, cancel_requested=False), NOW), AT_HAND_OVER, NOW)
    assert (told(again).state, told(again).due_at) == (Told.TO_HAND_OVER, LATEST)
