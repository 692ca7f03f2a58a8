"""A weight that a person gives is of the units it was given for, and of no others."""

from dataclasses import replace

import pytest

from services.labels.domain import labels
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.holds import Hold
from services.labels.domain.labels import Asked, NotPossible
from services.labels.domain.planning import plan
from services.labels.domain.reasons import Reason
from services.labels.domain.shipment import State
from tests.unit.labels.builders import FIRST, MANUAL, NOW, PERSON, A, first, ids, order, planned, reservation


def asked(units: int | None = None, weight_grams: int | None = None) -> Asked:
    return Asked(PERSON, NOW, units=None if units is None else {A: units}, weight_grams=weight_grams)


def held_back(units: int | None) -> Fulfilment:
    """150 g were given for so many of two units of 400 g; then their address was found incomplete."""
    state = plan(labels.request(planned(), FIRST, asked(units, 150), MANUAL), MANUAL, NOW, ids())
    held = labels.held_back(first(state), 1, Hold(Reason.ADDRESS_MISSING))
    return plan(state.with_shipment(held), MANUAL, NOW, ids())


def test_a_weight_goes_when_its_parcel_is_merged_with_what_was_left() -> None:
    """
    Given for one unit; held back, both units are one parcel again: it weighs what they weigh.

    Seen red: 150 g were printed on the label of 800 g.
    """
    merged = held_back(1)
    assert (first(merged).state, first(merged).units(A), first(merged).weight_grams) == (State.PLANNED, 2, 800)
    mended = merged.with_shipment(replace(first(merged), problem=None))
    assert first(labels.request(mended, FIRST, asked(), MANUAL)).weight_grams == 800


def test_a_weight_of_other_units_is_none_where_the_skus_is_missing() -> None:
    """
    The merged parcel waits for it, by hand and by itself.

    Seen red: it went out with the weight of one unit.
    """
    merged = held_back(1)
    changed = order(version=2)
    state = replace(merged, order=changed, reservation=reservation(changed, weight_grams=None))
    again = plan(state, replace(MANUAL, automatic=True), NOW, ids())
    assert (first(again).state, first(again).reason) == (State.PLANNED, "weight_missing")
    with pytest.raises(NotPossible) as refusal:
        labels.request(again, FIRST, asked(), MANUAL)
    assert refusal.value.code == "weight_missing"


def test_a_weight_stays_with_its_units() -> None:
    """Asked for again, or tried again, without a word about the weight; also when a unit's own weight is another."""
    state = held_back(None)
    assert first(state).weight_grams == 150
    assert first(labels.retried(state, FIRST, asked(), MANUAL)).weight_grams == 150
    changed = order(version=2)
    state = plan(replace(state, order=changed, reservation=reservation(changed, weight_grams=500)), MANUAL, NOW, ids())
    assert first(labels.request(state, FIRST, asked(), MANUAL)).weight_grams == 150
    assert first(labels.request(state, FIRST, asked(weight_grams=90), MANUAL)).weight_grams == 90


def test_a_request_for_fewer_units_does_not_take_their_parcels_weight() -> None:
    """
    Unless it gives one: it is the sum of the SKUs'.

    Seen red: one unit weighed what had been given for two.
    """
    state = held_back(None)
    assert first(labels.request(state, FIRST, asked(1), MANUAL)).weight_grams == 400
    assert first(labels.request(state, FIRST, asked(1, 90), MANUAL)).weight_grams == 90
