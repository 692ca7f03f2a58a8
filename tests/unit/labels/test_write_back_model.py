"""Telling the marketplace, walked against the marketplace itself: any order of answers, losses and read-backs."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Literal, cast
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.labels.domain import labels
from services.labels.domain.actions import may_be_voided
from services.labels.domain.changes import order_seen
from services.labels.domain.fulfilment import Fulfilment
from services.labels.domain.labels import Asked
from services.labels.domain.order import Package
from services.labels.domain.shipment import Shipment, Told, WriteBack
from services.labels.domain.write_back import may_be_asked_again
from services.labels.usecases.groups import Groups
from services.labels.usecases.planner import Planner
from services.labels.usecases.ports import DueWriteBack, Store
from services.labels.usecases.read_back import read_back
from services.labels.usecases.send_tracking import send_tracking
from services.labels.usecases.telling import Place, Telling
from shared.kernel.errors import (
    FarSideError,
    Refused,
    RoleMissing,
    Throttled,
    Unavailable,
    Unreadable,
)
from shared.kernel.ids import ConnectionId
from shared.kernel.ports import Lease
from shared.marketplaces.models import MarketplacePackage
from shared.marketplaces.ports import Capabilities, FarAccount
from tests.unit.labels.builders import (
    BUILTIN,
    CONNECTION,
    FIRST,
    MANUAL,
    NOW,
    ORDER,
    PERSON,
    TIMING,
    A,
    B,
    fulfilment,
    ids,
    in_flight,
    labelled,
    line,
    order,
    planned,
    reservation,
)
from tests.unit.labels.telling_world import OUTCOMES, Died, FarSide, Memory, StandingClock

# A parcel shows within the read lag (120 s), at the latest.
_SHOWS_WITHIN_SECONDS = 100
_LINES = {f"far-{one.int}": one for one in (A, B)}
_ENDS = {Told.CONFIRMED, Told.SHIPPED_ELSEWHERE, Told.REFUSED, Told.NEEDS_PERSON, Told.RELEASED}


async def _never(_store: Store, _shipment_id: UUID, _seconds: float) -> None:
    """A row rests for a bug."""
    raise AssertionError


class Parcel(RuleBasedStateMachine):
    """
    One parcel of two lines, its number owed; processes that die, stall and are overtaken; a seller and a buyer who act
    beside us.

    Whatever comes: one package with our number at most, under one reference; nothing is sent that is known to be
    cancelled; when everybody is quiet it ends confirmed, shipped elsewhere, refused, or with a person. Shipped
    elsewhere are all its lines, so that none is forgotten.
    """

    write: ClassVar[Literal["keyed", "readable"]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = StandingClock()
        capabilities = Capabilities(write=self.write, read_lag_seconds=120)
        self.far_side = FarSide(self.clock, capabilities, before_sending=self._may_be_sent)
        self.memory = Memory(_of_two_lines())
        planner = Planner({"amazon": capabilities}, BUILTIN, self.clock, ids())
        tokens = cast(Any, self.memory)
        self.tools = Telling(planner, tokens, {"amazon": self.far_side}, lambda _: TIMING)
        self.place = Place(ConnectionId(CONNECTION), FarAccount("eu", "A1"), self.far_side, TIMING)

    @rule(
        outcomes=st.lists(st.sampled_from(["lost", "died_after", "ok", "dropped", *OUTCOMES]), min_size=2, max_size=4),
        delay=st.integers(0, _SHOWS_WITHIN_SECONDS),
    )
    def turns(self, outcomes: list[str], delay: int) -> None:
        """When it is due it is sent, with these outcomes, or read back."""
        for outcome in outcomes:
            self._wait()
            self.far_side.outcome, self.far_side.delay = outcome, delay
            self._run(self._turn())

    @rule(outcome=st.sampled_from(["lost", "dropped", "too_late", "lost_on_the_way", "refused", "away", "ok"]))
    def is_overtaken(self, outcome: str) -> None:
        """The process stalls with its request under way; the next holder works before its answer is known."""

        async def the_next_holder() -> None:
            self.clock.at += timedelta(seconds=31)
            await self._turn()

        self._wait()
        self.far_side.outcome, self.far_side.while_sending = outcome, the_next_holder
        self._run(self._turn())
        self.far_side.while_sending = None

    @precondition(lambda self: self.told.state is Told.SENT)
    @rule(
        error=st.sampled_from([Unreadable, Throttled, Unavailable, Refused, RoleMissing]),
        times=st.sampled_from([7, 1, 2]),
        again=st.booleans(),
    )
    def reading_fails(self, error: type[FarSideError], times: int, again: bool) -> None:
        """So often that it is a person's in the end, who perhaps has it sent again."""
        for _ in range(times):
            if self.told.state is Told.SENT:
                self._wait()
                self.far_side.read_error = error()
                self._run(self._turn())
                self.far_side.read_error = None
        if again and may_be_asked_again(self.shipment):
            self.person_asks_again()

    @precondition(lambda self: self.told.attempt > 0)
    @rule(asked=st.sampled_from([False, False, True, None]))
    def order_is_polled(self, asked: bool | None) -> None:
        """What the marketplace shows of it; whether the buyer asked for a cancellation, None: as before."""
        self._news(**({} if asked is None else {"cancel_requested": asked}))

    @precondition(lambda self: self.far_side.ours)
    @rule(really=st.sampled_from([False, False, True]))
    def is_cancelled(self, really: bool) -> None:
        if really:
            self._news(status="cancelled")

    @precondition(lambda self: self.told.attempt > 1 and len(self.far_side.parcels) < 2)
    @rule(lines=st.sampled_from([((A, 2), (B, 1)), ((A, 2),), ((A, 1),), ((B, 1),)]))
    def somebody_else_ships_it(self, lines: tuple[tuple[UUID, int], ...]) -> None:
        """All of it, or a part."""
        far = tuple((f"far-{line_id.int}", units) for line_id, units in lines)
        self.far_side.parcels.append((self.clock.at, MarketplacePackage("1", "X", "SOMEBODY-ELSE", "SHIPPED", far)))

    @precondition(lambda self: may_be_asked_again(self.shipment))
    @rule()
    def person_asks_again(self) -> None:
        asked = Asked(PERSON, self.clock.at)
        self.memory.one = labels.retried(self.memory.one, FIRST, asked, MANUAL)

    @precondition(lambda self: self.told.attempt > 0 and may_be_voided(self.shipment))
    @rule(really=st.sampled_from([False, False, True]))
    def person_voids(self, really: bool) -> None:
        if really:
            self.memory.one = labels.void(self.memory.one, FIRST, self.clock.at)

    def teardown(self) -> None:
        self.comes_to_rest()
        self.runner.close()

    def comes_to_rest(self) -> None:
        """The far side is well and nobody acts: it ends, and says *confirmed* only of what is there."""
        for _ in range(60):
            self._wait()
            self._run(self._turn())
        assert self.told.due_at is None
        assert self.told.state in _ENDS
        assert self.told.state is not Told.CONFIRMED or self.far_side.ours
        order = self.memory.one.order
        assert order is not None
        assert self.told.state is not Told.SHIPPED_ELSEWHERE or order.cancelled or self._by_others() == {A, B}

    @invariant()
    def one_package(self) -> None:
        assert len(self.far_side.ours) <= 1
        assert len(self.far_side.references) <= 1

    @invariant()
    def nothing_is_taken_back_that_is_there(self) -> None:
        """Neither voided, so that its units would leave once more, nor called refused."""
        assert not self.far_side.ours or self.told.state not in (Told.RELEASED, Told.REFUSED)

    @property
    def shipment(self) -> Shipment:
        return self.memory.one.shipment(FIRST)

    @property
    def told(self) -> WriteBack:
        assert self.shipment.write_back is not None
        return self.shipment.write_back

    def _may_be_sent(self) -> None:
        order = self.memory.one.order
        assert order is not None
        assert not order.cancelled
        assert not order.cancel_requested or self.shipment.despite_version == order.version

    def _by_others(self) -> set[UUID]:
        """Lines over which somebody else's parcels lie."""
        theirs = (one for _, one in self.far_side.parcels if one not in self.far_side.ours)
        return {_LINES[far_id] for one in theirs for far_id, _ in one.lines}

    def _wait(self) -> None:
        """Until it is due, where it is."""
        self.clock.at = max(self.clock.at, self.told.due_at or self.clock.at)

    async def _turn(self) -> None:
        told = self.told
        if told.due_at is None or told.due_at > self.clock.at:
            return
        row = DueWriteBack(ORDER, FIRST, "171-0000001-0000001", told.state, told.due_at)
        work = read_back if told.state is Told.SENT else send_tracking
        try:
            await work(Groups(cast(Lease[Store], self.memory), _never), [row], self.place, self.tools)
        except (FarSideError, Died):
            return

    def _news(self, **changes: Any) -> None:
        before = self.memory.one.order
        assert before is not None
        if before.cancelled:
            return
        packages = tuple(
            Package(one.reference, one.tracking_number, tuple((_LINES[far_id], units) for far_id, units in one.lines))
            for one in self.far_side.shown()
        )
        shipped = Counter[UUID]()
        for one in packages:
            shipped.update(dict(one.lines))
        order = replace(
            before,
            version=before.version + 1,
            packages=packages,
            lines=tuple(replace(one, fulfilled=min(one.ordered, shipped[one.line_id])) for one in before.lines),
            **changes,
        )
        heard = replace(self.memory.one, order=order, reservation=reservation(order))
        self.memory.one = order_seen(heard, self.clock.at)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)


def _of_two_lines() -> Fulfilment:
    received = planned(of=fulfilment(order(line(A), line(B, ordered=1))))
    return labelled(in_flight(labels.request(received, FIRST, Asked(PERSON, NOW), MANUAL)))


class KeyedParcel(Parcel):
    """
    The marketplace knows our reference again.

    Seen red with: a new reference for each attempt, a sending that goes on after a cancellation was asked for, doubt
    forgotten once the process that had it died, a refusal believed though an attempt before it had its effect, a parcel
    called shipped elsewhere for one of its lines, and one given up for it before the read lag was over.
    """

    write = "keyed"


class ReadableParcel(Parcel):
    """
    The marketplace knows nothing again: it is read before anything is repeated.

    Seen red with: what a process that died may have sent, sent again without a look.
    """

    write = "readable"


_MODELS = settings.get_profile("models")
for machine in (KeyedParcel, ReadableParcel):
    machine.TestCase.settings = settings(_MODELS, max_examples=2 * _MODELS.max_examples)
test_keyed_parcel = KeyedParcel.TestCase
test_readable_parcel = ReadableParcel.TestCase
