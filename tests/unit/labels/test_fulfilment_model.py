"""The units of an order's lines, walked against plain counts: parcels, cancellations, what others shipped."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.labels.domain import labels, write_back
from services.labels.domain.actions import may_be_voided
from services.labels.domain.carrier import CreatedLabel
from services.labels.domain.changes import order_seen, still_fits
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.labels import Asked, NotPossible
from services.labels.domain.order import Package
from services.labels.domain.planning import plan
from services.labels.domain.shipment import Shipment, State, Told
from tests.unit.labels.builders import (
    AUTOMATIC,
    FREELY,
    MANUAL,
    NOW,
    PERSON,
    SETTINGS,
    TIMING,
    A,
    B,
    fulfilment,
    ids,
    line,
    order,
    reservation,
)


class Units(RuleBasedStateMachine):
    """
    An order of two lines. By line: what is ordered, cancelled and shipped by others, as labels last heard of it.

    No unit is planned, labelled or told twice; none that is left is forgotten; a number is told only of units that the
    order still wants beside those told before.

    Seen red with: units of frozen parcels planned again, those of others not counted, a parcel that is told although
    the order shrank beneath it, and (mended) although a later one had left with the units that remained.
    """

    def __init__(self) -> None:
        super().__init__()
        self.new_id, self.numbers = ids(), iter(range(1000, 9000))
        self.ordered = {A: 0, B: 0}
        self.cancelled, self.elsewhere = {A: 0, B: 0}, {A: 0, B: 0}
        self.shown: set[str] = set()
        self.terms = MANUAL
        self.state = fulfilment()

    lines = st.sampled_from([A, B])
    picks = st.integers(0, 9)

    @initialize(a=st.integers(2, 5), b=st.integers(0, 3), automatic=st.booleans())
    def is_received(self, a: int, b: int, automatic: bool) -> None:
        self.ordered = {A: a, B: b}
        self.terms = AUTOMATIC if automatic else MANUAL
        self._heard(reserved=True)

    @rule(which=lines, cancelled=st.integers(0, 3), reserved=st.booleans())
    def buyer_cancels(self, which: object, cancelled: int, reserved: bool) -> None:
        """More, fewer, or none after all."""
        one = A if which == A else B
        self.cancelled[one] = min(cancelled, self.ordered[one])
        self._heard(reserved=reserved)

    @rule(which=lines, reserved=st.booleans())
    def somebody_ships_one(self, which: object, reserved: bool) -> None:
        """By hand at the marketplace, which counts and shows it."""
        one = A if which == A else B
        if self.elsewhere[one] + self.cancelled[one] + self._told(one) < self.ordered[one]:
            self.elsewhere[one] += 1
            self._heard(reserved=reserved)

    @rule()
    def is_polled(self) -> None:
        """By now the marketplace shows all that was told."""
        self.shown = {one.tracking_number for one in self.state.shipments if self._is_told(one) and one.tracking_number}
        self._heard(reserved=True)

    @rule(pick=picks, units=st.integers(1, 2), whole=st.booleans(), at_once=st.booleans())
    def person_asks(self, pick: int, units: int, whole: bool, at_once: bool) -> None:
        """For a label of some units, or all; perhaps it is made before anything else happens."""

        def ask(parcel: Shipment) -> Fulfilment:
            held = {one.line_id: min(units, one.quantity) for one in parcel.lines[: 1 + pick % 2]}
            asked = Asked(PERSON, NOW, units=None if whole else held)
            return labels.request(self.state, parcel.shipment_id, asked, self.terms)

        self._change(pick, lambda one: one.state is State.PLANNED, ask)
        if at_once:
            self.label_is_made(pick, "created")

    @rule(pick=picks, outcome=st.sampled_from(["created", "created", "not_created", "unknown"]))
    def label_is_made(self, pick: int, outcome: str) -> None:
        """From its intent to its outcome; meanwhile nothing happens, or else `in_flight` begins it."""
        self.label_begins(pick)
        self.label_comes(pick, outcome)

    @rule(pick=picks)
    def label_begins(self, pick: int) -> None:
        def begin(parcel: Shipment) -> Fulfilment:
            frozen = labels.frozen(self.state, parcel, SETTINGS, f"{next(self.numbers)}")
            return self.state.with_shipment(frozen)

        due = State.LABEL_PENDING
        self._change(pick, lambda one: one.state is due and one.label_due_at is not None and one.label_known, begin)

    @rule(pick=picks, outcome=st.sampled_from(["created", "created", "not_created", "unknown"]))
    def label_comes(self, pick: int, outcome: str) -> None:
        def come(parcel: Shipment) -> Fulfilment:
            if outcome == "created":
                label = CreatedLabel("Test Express", parcel.number or "bought", None)
                return labels.created(self.state, parcel.shipment_id, label, FREELY, NOW)
            after = (
                labels.not_created(parcel, NOW)
                if outcome == "not_created"
                else labels.outcome_unknown(parcel, NOW, blind=False)
            )
            return self.state.with_shipment(after)

        self._change(pick, lambda one: one.state is State.LABEL_PENDING and not one.label_known, come)

    @rule(pick=picks)
    def number_is_told(self, pick: int) -> None:
        """As the write-back's intent decides it, with what is known by then."""

        def tell(parcel: Shipment) -> Fulfilment:
            if not still_fits(self.state, parcel, FREELY):
                return self.state.with_shipment(labels.outdated(parcel))
            for one in (A, B):
                assert parcel.units(one) == 0 or self._told(one) + parcel.units(one) <= self._wanted(one)
            begun = write_back.begun(parcel, f"{next(self.numbers)}", {}, NOW)
            return self.state.with_shipment(write_back.accepted(begun, NOW, TIMING))

        self._change(pick, _is_owed, tell)

    @precondition(lambda self: any(may_be_voided(one) for one in self.state.shipments))
    @rule(pick=picks)
    def person_voids(self, pick: int) -> None:
        self._change(pick, may_be_voided, lambda one: labels.void(self.state, one.shipment_id, NOW))

    @invariant()
    def no_unit_is_covered_twice(self) -> None:
        """
        What is frozen stands, also when the order has shrunk since; beyond that all that is left is planned, no more.

        Until stock is reserved for the order as it is, nothing is due.
        """
        live = [shipment for shipment in self.state.shipments if shipment.live]
        if not self.state.reserved and any(self._wanted(one) for one in (A, B)):
            assert all(shipment.label_due_at is None for shipment in live if shipment.open)
            return
        for one in (A, B):
            frozen = sum(shipment.units(one) for shipment in live if not shipment.open)
            assert sum(shipment.units(one) for shipment in live) == max(frozen, self._wanted(one))

    def _wanted(self, one: object) -> int:
        which = A if one == A else B
        return max(0, self.ordered[which] - self.cancelled[which] - self.elsewhere[which])

    def _told(self, one: object) -> int:
        which = A if one == A else B
        return sum(shipment.units(which) for shipment in self.state.shipments if self._is_told(shipment))

    @staticmethod
    def _is_told(shipment: Shipment) -> bool:
        told = shipment.write_back
        return told is not None and told.may_have_left and shipment.state is not State.VOIDED

    def _heard(self, *, reserved: bool) -> None:
        """The marketplace's newest word; it counts the parcels it shows. Stock is reserved for it now, or later."""
        ours = [one for one in self.state.shipments if one.tracking_number in self.shown and one.write_back]
        packages = [
            Package(
                one.write_back.reference if one.write_back else None,
                one.tracking_number,
                tuple((each.line_id, each.quantity) for each in one.lines),
            )
            for one in ours
        ]
        theirs = tuple((one, units) for one, units in self.elsewhere.items() if units)
        packages += [Package("1", "SOMEBODY-ELSE", theirs)] if theirs else []
        told = [
            line(
                one,
                self.ordered[one],
                cancelled=self.cancelled[one],
                fulfilled=self.elsewhere[one] + sum(parcel.units(one) for parcel in ours),
            )
            for one in (A, B)
        ]
        version = self.state.order.version + 1 if self.state.order else 1
        heard = order(*told, version=version, packages=tuple(packages))
        held = reservation(heard) if reserved else self.state.reservation
        self.state = replace(self.state, order=heard, reservation=held)
        self.state = plan(order_seen(self.state, NOW), self.terms, NOW, self.new_id)

    def _change(self, pick: int, which: Callable[[Shipment], bool], change: Callable[[Shipment], Fulfilment]) -> None:
        fitting = [one for one in self.state.shipments if which(one)]
        if not fitting:
            return
        try:
            changed = change(fitting[pick % len(fitting)])
        except NotPossible:
            return
        self.state = plan(changed, self.terms, NOW, self.new_id)


def _is_owed(shipment: Shipment) -> bool:
    return shipment.write_back is not None and shipment.write_back.state is Told.OWED


_MODELS = settings.get_profile("models")
Units.TestCase.settings = settings(_MODELS, max_examples=4 * _MODELS.max_examples, stateful_step_count=40)
test_units = Units.TestCase
