"""Orders that go to several addresses, and marketplaces that take an order or a line in one parcel."""

from dataclasses import replace
from typing import Any

import pytest

from services.labels.domain import labels
from services.labels.domain.carrier import CreatedLabel
from services.labels.domain.changes import order_seen, still_fits
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.labels import Asked, NotPossible
from services.labels.domain.order import OrderLine
from services.labels.domain.planning import plan
from services.labels.domain.shipment import State
from tests.unit.labels.builders import (
    AUTOMATIC,
    FIRST,
    FREELY,
    MANUAL,
    NOW,
    ONE_PARCEL,
    PERSON,
    WHOLE_LINES,
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
)

COMPLETE = replace(AUTOMATIC, splitting=ONE_PARCEL)
WHOLE = replace(AUTOMATIC, splitting=WHOLE_LINES)
TWO_ADDRESSES = order(line(), line(B, destination=1))


def changed(state: Fulfilment, *lines: OrderLine, **changes: Any) -> Fulfilment:
    """The order's next version has arrived with its reservation."""
    newer = order(*lines, version=2, **changes)
    return order_seen(replace(state, order=newer, reservation=reservation(newer)), NOW)


def test_lines_of_different_addresses_never_share_a_parcel() -> None:
    """One planned parcel for each address, with its lines; planned again, nothing changes."""
    state = planned(AUTOMATIC, fulfilment(TWO_ADDRESSES))
    assert [(one.destination, one.state, [each.line_id for each in one.lines]) for one in state.shipments] == [
        (0, State.LABEL_PENDING, [A]),
        (1, State.LABEL_PENDING, [B]),
    ]
    assert plan(state, AUTOMATIC, NOW, ids()) == state


def test_a_line_that_gets_another_address_leaves_its_parcel() -> None:
    """Planned: it moves. Asked for by a person: the parcel is theirs no more. Frozen: the label no longer fits."""
    before = fulfilment(order(line(), line(B)))
    moved = line(), line(B, destination=1)
    after = plan(changed(planned(MANUAL, before), *moved), MANUAL, NOW, ids())
    assert [(one.destination, one.units(A), one.units(B)) for one in after.shipments] == [(0, 2, 0), (1, 0, 2)]
    asked = labels.request(planned(MANUAL, before), FIRST, Asked(PERSON, NOW), MANUAL)
    given_up = plan(changed(asked, *moved), MANUAL, NOW, ids())
    assert [(one.state, one.destination) for one in given_up.shipments] == [(State.PLANNED, 0), (State.PLANNED, 1)]
    outdated = labels.created(changed(in_flight(asked), *moved), FIRST, CreatedLabel("X", "1", None), FREELY, NOW)
    assert first(outdated).state is State.OUTDATED


def test_one_parcel_to_two_addresses_needs_a_person() -> None:
    """Before a label is made, whoever asks; where only one address is left to ship to, it goes."""
    state = planned(COMPLETE, fulfilment(TWO_ADDRESSES))
    assert {(one.state, one.reason) for one in state.shipments} == {(State.PLANNED, "addresses_differ")}
    with pytest.raises(NotPossible, match="agree on one address") as refusal:
        labels.request(state, FIRST, Asked(PERSON, NOW), COMPLETE)
    assert refusal.value.code == "addresses_differ"
    cancelled = line(B, cancelled=2, decision="not_ours", code="cancelled", destination=1)
    (going,) = [one for one in plan(changed(state, line(), cancelled), COMPLETE, NOW, ids()).shipments if one.live]
    assert (going.state, going.destination) == (State.LABEL_PENDING, 0)


@pytest.mark.parametrize(
    ("sibling", "reason"),
    [
        (line(B, decision="wait", code="pending"), "lines_wait"),
        (line(B, decision="needs_person", code="sku_missing"), "lines_wait"),
        (line(B, fulfilled=2, decision="not_ours", code="already_shipped"), "partly_shipped"),
        (line(B, fulfilled=1), "partly_shipped"),
        (line(B, cancelled=1), None),
        (line(B, cancelled=2, decision="not_ours", code="cancelled"), None),
        (line(B, decision="not_ours", code="marketplace_fulfilled"), None),
        (line(B, fulfilled=2, decision="not_ours", code="marketplace_fulfilled"), None),
    ],
)
def test_an_order_in_one_parcel_leaves_complete_or_waits(sibling: OrderLine, reason: str | None) -> None:
    """Complete = every line the seller ships that is not cancelled; the marketplace's own lines go their own way."""
    parcel = first(planned(COMPLETE, fulfilment(order(line(), sibling))))
    assert (parcel.state, parcel.reason) == (State.PLANNED if reason else State.LABEL_PENDING, reason)


def test_a_short_line_holds_the_complete_order() -> None:
    """No part of it may be chosen instead."""
    known = order(line(), line(B))
    full = reservation(known)
    short = replace(full, lines=(full.lines[0], replace(full.lines[1], reserved=1)))
    state = planned(COMPLETE, fulfilment(known, reservation=short))
    assert (first(state).reason, first(state).reason_detail) == ("short_stock", "SKU-11")
    for units in ({A: 2, B: 1}, {A: 2}):
        with pytest.raises(NotPossible) as refusal:
            labels.request(state, FIRST, Asked(PERSON, NOW, units=units), COMPLETE)
        assert refusal.value.code == "one_parcel"


def test_a_line_added_after_a_request_joins_its_parcel() -> None:
    """A person asked for all of it: with more lines the parcel is planned anew, never two of them."""
    added = plan(changed(requested(), line(), line(B)), COMPLETE, NOW, ids())
    assert [(one.units(A), one.units(B), one.state) for one in added.shipments] == [(2, 2, State.LABEL_PENDING)]


def test_a_line_added_after_the_label_outdates_it() -> None:
    """A second parcel is not to be had: the label no longer fits, and what came on top is not labelled beside it."""
    for splitting, added in ((ONE_PARCEL, (line(), line(B))), (WHOLE_LINES, (line(ordered=3),))):
        terms = replace(AUTOMATIC, splitting=splitting)
        state = plan(changed(labelled(), *added), terms, NOW, ids())
        assert not still_fits(state, first(state), splitting)
        assert [one.reason for one in state.shipments if one.open] == ["partly_shipped"]
        made = labels.created(changed(in_flight(), *added), FIRST, CreatedLabel("X", "1", None), splitting, NOW)
        assert first(made).state is State.OUTDATED
        voided = plan(labels.void(made, FIRST, NOW), terms, NOW, ids())
        assert [one.reason for one in voided.shipments if one.open] == ["label_voided"]


def test_a_lines_units_are_spread_only_where_the_marketplace_takes_that() -> None:
    """A part of a line is refused with a sentence; whole lines may be chosen."""
    for splitting in (FREELY, WHOLE_LINES):
        terms = replace(MANUAL, splitting=splitting)
        state = planned(terms, fulfilment(order(line(), line(B))))
        after = plan(labels.request(state, FIRST, Asked(PERSON, NOW, units={A: 2}), terms), terms, NOW, ids())
        assert [(one.units(A), one.units(B)) for one in after.shipments] == [(2, 0), (0, 2)]
    part = Asked(PERSON, NOW, units={A: 2, B: 1})
    assert labels.request(state, FIRST, part, MANUAL).shipments[0].units(B) == 1
    with pytest.raises(NotPossible, match="choose all of them, or none") as refusal:
        labels.request(state, FIRST, part, terms)
    assert (refusal.value.code, refusal.value.detail) == ("whole_lines", "SKU-11")


def test_a_partly_reserved_line_waits_whole() -> None:
    """One of two units is there: none of them leaves."""
    known = order()
    state = planned(WHOLE, fulfilment(known, reservation=reservation(known, short=1)))
    assert first(state).reason == "short_stock"
    with pytest.raises(NotPossible) as refusal:
        labels.request(state, FIRST, Asked(PERSON, NOW, units={A: 1}), WHOLE)
    assert refusal.value.code == "whole_lines"
