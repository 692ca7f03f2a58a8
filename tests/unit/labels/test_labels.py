"""A label's life: frozen at its intent, judged at its outcome, fenced by its attempt."""

from dataclasses import replace
from typing import Any

import pytest

from services.labels.domain import labels, write_back
from services.labels.domain.carrier import CreatedLabel
from services.labels.domain.changes import order_seen, still_fits
from services.labels.domain.holds import Hold
from services.labels.domain.labels import NotPossible
from services.labels.domain.planning import plan
from services.labels.domain.reasons import SENTENCES, Reason
from services.labels.domain.shipment import State, Told
from tests.unit.labels.builders import (
    AUTOMATIC,
    FIRST,
    FREELY,
    MANUAL,
    NOW,
    PERSON,
    SETTINGS,
    A,
    first,
    fulfilment,
    ids,
    in_flight,
    labelled,
    line,
    order,
    requested,
    reservation,
    sending,
    sent,
)

LABEL = CreatedLabel("Test Express", "095212340000000013", None)


def test_an_unchanged_order_gets_its_label_and_owes_its_number() -> None:
    """Label and debt to the marketplace come into being together."""
    parcel = first(labelled())
    assert (parcel.state, parcel.tracking_number) == (State.LABEL_CREATED, "095212340000000013")
    assert parcel.write_back is not None
    assert (parcel.write_back.state, parcel.write_back.due_at) == (Told.OWED, NOW)


@pytest.mark.parametrize(
    "news",
    [
        {"recipient_digest": "digest-2"},
        {"lines": (line(cancelled=1),)},
        {"lines": (line(decision="needs_person"),)},
        {"cancel_requested": True},
    ],
)
def test_an_order_that_changed_meanwhile_outdates_its_label(news: dict[str, Any]) -> None:
    """Seen at the outcome: shown to a person, nothing owed."""
    changed = order_seen(replace(in_flight(), order=order(version=2, **news)), NOW)
    parcel = first(labels.created(changed, FIRST, LABEL, FREELY, NOW))
    assert (parcel.state, parcel.reason, parcel.write_back) == (State.OUTDATED, "order_changed", None)
    assert parcel.order_version_seen == 2


def test_an_order_cancelled_meanwhile_voids_its_label() -> None:
    """Nobody has to look: nothing was told, nothing is owed."""
    cancelled = order_seen(replace(in_flight(), order=order(version=2, status="cancelled")), NOW)
    assert first(cancelled).cancel_seen
    assert first(labels.created(cancelled, FIRST, LABEL, FREELY, NOW)).state is State.VOIDED


def test_more_units_ordered_do_not_outdate_a_label() -> None:
    """The parcel still fits; what came on top is planned beside it."""
    more = order(line(ordered=5), version=2)
    grown = order_seen(replace(in_flight(), order=more, reservation=reservation(more)), NOW)
    made = plan(labels.created(grown, FIRST, LABEL, FREELY, NOW), MANUAL, NOW, ids())
    assert [(one.state, one.units(A)) for one in made.shipments] == [(State.LABEL_CREATED, 2), (State.PLANNED, 3)]


def test_what_is_frozen_does_not_follow_the_order() -> None:
    """Between intent and outcome planning leaves the parcel alone."""
    frozen = in_flight()
    changed = order(line(ordered=1), version=2)
    after = plan(replace(frozen, order=changed, reservation=reservation(changed)), AUTOMATIC, NOW, ids())
    assert first(after) == first(frozen)


def test_a_resumed_intent_keeps_number_and_frozen_facts() -> None:
    """The next holder goes on with the same number; only the attempt is new."""
    before = in_flight()
    changed = replace(before, order=order(version=2, recipient_digest="digest-2"))
    again = labels.frozen(changed, first(changed), SETTINGS, None)
    assert (again.number, again.recipient_digest, again.order_version) == ("095212340000000013", "digest-1", 1)
    assert (again.label_attempt, labels.awaits(again, 1), labels.awaits(again, 2)) == (2, False, True)


def test_a_failed_attempt_after_a_doubtful_one_stays_doubtful() -> None:
    """The first attempt may have made the label: it stays frozen until something is known."""
    again = labels.frozen(in_flight(), first(in_flight()), SETTINGS, None)
    failed = labels.not_created(again, NOW)
    assert not failed.open
    assert labels.not_created(first(in_flight()), NOW).open


def test_a_blind_carrier_is_never_asked_twice() -> None:
    """Its answer did not come: a person looks, and may void or have it made again."""
    doubtful = labels.outcome_unknown(first(in_flight()), NOW, blind=True)
    assert (doubtful.state, doubtful.label_due_at) == (State.NEEDS_PERSON, None)
    after = in_flight().with_shipment(doubtful)
    assert first(labels.void(after, doubtful.shipment_id, NOW)).state is State.VOIDED
    again = labels.retried(after, doubtful.shipment_id, labels.Asked(None, NOW), MANUAL)
    assert first(again).state is State.LABEL_PENDING


def test_a_keyed_carrier_is_asked_the_same_again() -> None:
    """It stays frozen and due."""
    unknown = labels.outcome_unknown(first(in_flight()), NOW, blind=False)
    assert (unknown.state, unknown.open) == (State.LABEL_PENDING, False)
    assert unknown.label_due_at is not None


def test_what_was_found_out_holds_until_the_order_changes_or_a_person_retries() -> None:
    """An incomplete address is not asked for again and again."""
    held = labels.held_back(first(requested()), 1, Hold(Reason.ADDRESS_MISSING, "street"))
    waiting = requested().with_shipment(held)
    assert first(plan(waiting, AUTOMATIC, NOW, ids())).reason == "address_missing"
    newer = order(version=2)
    freed = plan(replace(waiting, order=newer, reservation=reservation(newer)), AUTOMATIC, NOW, ids())
    assert first(freed).state is State.LABEL_PENDING
    retried = labels.retried(waiting, held.shipment_id, labels.Asked(None, NOW), MANUAL)
    assert first(retried).state is State.LABEL_PENDING


@pytest.mark.parametrize(
    ("state", "code"),
    [(requested(), "no_label"), (in_flight(), "no_label"), (sending(), "already_told"), (sent(), "already_told")],
)
def test_void_is_refused_without_a_label_and_from_sending_on(state: Any, code: str) -> None:
    """Once the marketplace may know, the label stands."""
    with pytest.raises(NotPossible) as refusal:
        labels.void(state, FIRST, NOW)
    assert refusal.value.code == code


def test_every_reason_has_its_sentence() -> None:
    """No code without words."""
    assert set(SENTENCES) == set(Reason)


def test_units_told_with_a_later_parcel_are_gone_for_an_earlier_one() -> None:
    """Two parcels of two; the second is told, then two units are cancelled: the first one no longer fits."""
    four = order(line(ordered=4))
    state = plan(fulfilment(four), MANUAL, NOW, ids(FIRST.int))
    half = labels.request(state, FIRST, labels.Asked(PERSON, NOW, units={A: 2}), MANUAL)
    one = plan(labelled(in_flight(half)), MANUAL, NOW, ids())
    second = one.shipments[1].shipment_id
    two = labels.request(one, second, labels.Asked(PERSON, NOW), MANUAL)
    made = labels.created(
        two.with_shipment(labels.frozen(two, two.shipment(second), SETTINGS, "2")), second, LABEL, FREELY, NOW
    )
    told = made.with_shipment(write_back.begun(made.shipment(second), "987654321", {}, NOW))
    assert still_fits(told, first(told), FREELY)
    shrunk = order_seen(replace(told, order=order(line(ordered=4, cancelled=2), version=2)), NOW)
    assert not still_fits(shrunk, first(shrunk), FREELY)
