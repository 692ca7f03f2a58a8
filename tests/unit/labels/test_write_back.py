"""Telling the marketplace: every way it can go, and that late outcomes change nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.labels.domain import labels, write_back
from services.labels.domain.actions import Action, possible
from services.labels.domain.changes import order_seen
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.labels import Asked
from services.labels.domain.order import Package
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import Shipment, State, Told, WriteBack
from services.labels.domain.write_back import MOST_REPEATS
from tests.unit.labels.builders import (
    FIRST,
    MANUAL,
    NOW,
    PERSON,
    TIMING,
    A,
    first,
    labelled,
    order,
    ours,
    sending,
    sent,
    shown,
    theirs,
)


def told(shipment: Shipment) -> WriteBack:
    assert shipment.write_back is not None
    return shipment.write_back


def read(state: Fulfilment, *packages: Package, seconds: float) -> Shipment:
    """What a read-back that long after the acceptance makes of the first shipment."""
    seen = shown(state, *packages)
    assert seen.order is not None
    return write_back.read_back(first(seen), seen.order, (), NOW + timedelta(seconds=seconds), TIMING)


def test_accepted_is_sent_and_read_back_later() -> None:
    """A 204 is no success yet."""
    parcel = first(sent())
    assert (told(parcel).state, told(parcel).due_at) == (Told.SENT, NOW + timedelta(seconds=30))


def test_our_own_number_there_is_success() -> None:
    """Only that is."""
    state = sent()
    seen = told(read(state, ours(state), seconds=30))
    assert (seen.state, seen.due_at, seen.confirmed_at) == (Told.CONFIRMED, None, NOW + timedelta(seconds=30))


def test_a_poll_that_shows_our_parcel_confirms_it_for_nothing() -> None:
    """Sent or still unknown: the order's packages are a read-back too."""
    for state in (sent(), sending()):
        assert told(first(order_seen(shown(state, ours(state)), NOW))).state is Told.CONFIRMED


def test_our_number_under_another_reference_is_not_this_parcel() -> None:
    """Two parcels of one order may carry one number: the reference tells them apart."""
    state = sent()
    other = replace(ours(state), reference="987")
    assert told(read(state, other, seconds=30)).state is not Told.CONFIRMED


@pytest.mark.parametrize(
    ("seconds", "state", "due"),
    [(30, Told.SENT, 120), (119, Told.SENT, 120), (121, Told.SENT, 600), (601, Told.OWED, 601)],
)
def test_a_dropped_acceptance_is_found_and_sent_again(seconds: int, state: Told, due: int) -> None:
    """Late for two minutes, missing for ten, then the same once more; read as rarely as that."""
    seen = told(read(sent(), seconds=seconds))
    assert (seen.state, seen.due_at) == (state, NOW + timedelta(seconds=due))
    assert seen.reason == Reason.NOT_SEEN_YET
    assert seen.reference == "123456789"


def test_what_is_accepted_again_and_again_but_never_shown_needs_a_person() -> None:
    """Repeats are counted and end."""
    state = sent()
    tired = state.with_shipment(first(state).telling(repeats=MOST_REPEATS))
    seen = told(read(tired, seconds=601))
    assert (seen.state, seen.reason, seen.due_at) == (Told.NEEDS_PERSON, Reason.NEVER_SEEN, None)


def test_already_done_is_success_only_with_our_number() -> None:
    """Ours there: confirmed. Another's: shipped elsewhere, at once, nothing is written again."""
    state = sending()
    done = state.with_shipment(write_back.already_done(first(state), NOW))
    assert told(read(done, ours(done), seconds=0)).state is Told.CONFIRMED
    assert told(read(done, theirs(), seconds=0)).state is Told.SHIPPED_ELSEWHERE
    assert told(read(done, seconds=0)).state is Told.SENT
    assert told(read(done, seconds=121)).state is Told.NEEDS_PERSON


def test_anothers_parcel_over_our_units_is_shipped_elsewhere_after_the_lag() -> None:
    """Accepted, not shown, and somebody else's number over the same units."""
    assert told(read(sent(), theirs(), seconds=30)).state is Told.SENT
    assert told(read(sent(), theirs(), seconds=121)).state is Told.SHIPPED_ELSEWHERE
    assert told(read(sent(), theirs(((A, 0),)), seconds=121)).state is Told.SENT
    bare = replace(ours(sent()), tracking_number=None)
    assert told(read(sent(), bare, seconds=121)).state is Told.SENT


def test_a_late_outcome_of_an_older_attempt_is_nobodys() -> None:
    """The fence: the newest attempt whose outcome is not known yet."""
    parcel = first(sending())
    assert write_back.awaits(parcel, 1)
    again = write_back.begun(parcel, "123456789", {"words": 1}, NOW)
    assert not write_back.awaits(again, 1)
    assert not write_back.awaits(write_back.accepted(again, NOW, TIMING), 2)


def test_doubt_outlives_an_attempt_that_was_not_sent() -> None:
    """A process died after its intent; the next one was throttled: the marketplace may still know."""
    again = write_back.begun(first(sending()), "123456789", {"words": 1}, NOW)
    throttled = write_back.not_sent(again, NOW, None)
    assert (told(throttled).state, told(throttled).may_have_left) == (Told.SENDING, True)
    never = write_back.not_sent(first(sending()), NOW, None)
    assert (told(never).state, told(never).may_have_left) == (Told.OWED, False)


def test_an_unknown_outcome_is_repeated_as_the_marketplace_allows() -> None:
    """Keyed: the same again; readable: read first; blind: a person."""
    parcel = first(sending())
    keyed = told(write_back.outcome_unknown(parcel, NOW, "keyed", TIMING))
    assert (keyed.state, keyed.body, keyed.reference) == (Told.SENDING, {"words": 1}, "123456789")
    readable = told(write_back.outcome_unknown(parcel, NOW, "readable", TIMING))
    assert (readable.state, readable.due_at) == (Told.SENT, NOW + timedelta(seconds=120))
    blind = told(write_back.outcome_unknown(parcel, NOW, "blind", TIMING))
    assert (blind.state, blind.due_at, blind.may_have_left) == (Told.NEEDS_PERSON, None, True)


def test_a_readable_write_not_seen_after_the_lag_is_sent_again() -> None:
    """It was never accepted: no ten minutes are waited."""
    state = sending()
    unknown = state.with_shipment(write_back.outcome_unknown(first(state), NOW, "readable", TIMING))
    assert told(read(unknown, seconds=121)).state is Told.OWED


def test_a_refusal_is_shown_and_a_retry_words_it_anew() -> None:
    """Refused with its sentence; the person's retry keeps the reference and drops the words."""
    refused = write_back.refused(first(sending()), "Unknown carrier.", NOW)
    assert (told(refused).state, told(refused).reason_detail) == (Told.REFUSED, "Unknown carrier.")
    assert possible(refused) == (Action.RETRY, Action.VOID)
    again = told(write_back.asked_again(refused, NOW))
    assert (again.state, again.body, again.reference) == (Told.OWED, None, "123456789")


@pytest.mark.parametrize(
    ("halt", "despite", "outweighs"),
    [("refused", False, False), ("refused", True, True), ("cancel_requested", False, True), ("lost", False, True)],
)
def test_a_retry_outweighs_a_cancellation_request_only_where_it_is_about_it(
    halt: str, despite: bool, outweighs: bool
) -> None:
    """
    It waits for that word, says it, or may have left anyway; mending a refusal is no word about a later request.

    Seen red: the retry of a refused number outweighed it.
    """
    state = shown(sending(), version=2, cancel_requested=True)
    parcel = {
        "refused": write_back.refused(first(state), "No.", NOW),
        "cancel_requested": first(labelled()).telling(state=Told.NEEDS_PERSON, reason=Reason.CANCEL_REQUESTED.value),
        "lost": write_back.outcome_unknown(first(state), NOW, "blind", TIMING),
    }[halt]
    asked = Asked(PERSON, NOW, despite_cancellation=despite)
    again = first(labels.retried(state.with_shipment(parcel), FIRST, asked, MANUAL))
    assert told(again).state is Told.OWED
    assert again.despite_version == (2 if outweighs else None)


def test_a_refusal_after_doubt_is_looked_for_first() -> None:
    """The attempt before it may have had its effect: till that is known the label cannot be voided, its units stay."""
    lost = write_back.outcome_unknown(first(sending()), NOW, "keyed", TIMING)
    again = write_back.begun(lost, "123456789", {"words": 1}, NOW)
    refused = write_back.refused(again, "No.", NOW)
    assert (told(refused).state, told(refused).due_at, told(refused).reason_detail) == (Told.SENT, NOW, "No.")
    assert Action.VOID not in possible(refused)
    state = sending()
    assert told(read(state.with_shipment(refused), ours(state), seconds=0)).state is Told.CONFIRMED
    missing = read(state.with_shipment(refused), seconds=121)
    assert (told(missing).state, possible(missing)) == (Told.NEEDS_PERSON, (Action.RETRY,))


def test_a_retry_after_doubt_sends_the_very_same() -> None:
    """Where it is there already, nothing changes."""
    doubtful = write_back.outcome_unknown(first(sending()), NOW, "blind", TIMING)
    assert possible(doubtful) == (Action.RETRY,)
    assert told(write_back.asked_again(doubtful, NOW)).body == {"words": 1}


def test_a_cancelled_order_takes_back_what_was_not_told() -> None:
    """Owed: voided and released. Sent: a person is told, and it is still read back."""
    cancelled = order(version=2, status="cancelled")
    released = first(order_seen(replace(labelled(), order=cancelled), NOW))
    assert (released.state, told(released).state, released.reason) == (State.VOIDED, Told.RELEASED, "order_cancelled")
    late = first(order_seen(replace(sent(), order=cancelled), NOW))
    assert (late.state, late.reason, told(late).state) == (State.NEEDS_PERSON, "cancelled_too_late", Told.SENT)


def test_a_withdrawn_cancellation_request_lets_the_number_go() -> None:
    """It waited for a person only because of the request."""
    state = labelled()
    held = state.with_shipment(
        first(state).telling(state=Told.NEEDS_PERSON, due_at=None, reason=Reason.CANCEL_REQUESTED.value)
    )
    freed = told(first(order_seen(replace(held, order=order(version=3)), NOW)))
    assert (freed.state, freed.due_at) == (Told.OWED, NOW)


def test_references_taken_are_the_marketplaces_and_ours() -> None:
    """A new parcel never edits one that is there."""
    state = shown(sending(), theirs())
    assert state.references() == {"123456789", "1"}
    assert state.shipment(FIRST) == first(state)
