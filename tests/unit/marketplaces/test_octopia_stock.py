"""Quantities told to Octopia by offer packages: every line is told once in the end, whatever is lost on the way."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.http.messages import Answer, Request
from shared.kernel.budgets import Budgets, Rate
from shared.kernel.errors import ConsentLost, OutcomeUnknown, Refused, Throttled, Unavailable
from shared.kernel.ports import TooLate
from shared.marketplaces.listings import StockLine, StockOutcome
from shared.marketplaces.octopia.operations import OPERATIONS
from shared.marketplaces.octopia.stock import OctopiaStock
from shared.marketplaces.octopia.wire import OctopiaApi
from tests.unit.marketplaces.far_side import StoppedClock, answer
from tests.unit.marketplaces.octopia_side import ACCOUNT, API_URLS, TOKEN, budgets, intent, problem
from tests.unit.marketplaces.offer_packages import OPEN, OfferPackages

_MOST_STEPS = 600


def lines(count: int) -> tuple[StockLine, ...]:
    return tuple(StockLine(f"SKU-{number}", number) for number in range(count))


def quantities(count: int) -> dict[str, int]:
    return {line.sku: line.quantity for line in lines(count)}


@dataclass
class Told:
    """A submission that is driven to its end, its state kept as JSON between calls; `crashes` loses that of a step."""

    far: OfferPackages
    outcomes: dict[str, StockOutcome] = field(default_factory=dict)
    waited_seconds: float = 0.0

    async def all(self, told: tuple[StockLine, ...], crashes: Iterable[bool] = ()) -> "Told":
        lost = iter(crashes)
        stock = OctopiaStock(OctopiaApi(self.far, API_URLS, StoppedClock()))
        state = json.dumps(stock.begin("CDISFR", told))
        endless = Budgets({operation.name: Rate(1.0, 100_000) for operation in OPERATIONS})
        for _ in range(_MOST_STEPS):
            step = await stock.advance(ACCOUNT, intent(json.loads(state)), TOKEN, endless)
            if next(lost, False):
                continue
            self.outcomes |= {one.sku: one for one in step.outcomes}
            self.waited_seconds += step.wait_seconds
            if step.state is None:
                return self
            state = json.dumps(step.state)
        raise AssertionError("it must come to an end")

    @property
    def shown(self) -> dict[str, int]:
        return {sku: one.shown for sku, one in self.outcomes.items() if one.shown is not None}


async def tell(far: OfferPackages, count: int) -> Told:
    return await Told(far).all(lines(count))


async def test_quantities_are_told_by_one_package() -> None:
    """Looked for, made, filled a hundred at a time, made ready once all is taken in, and read line by line."""
    far = OfferPackages()
    told = await tell(far, 250)
    assert told.shown == far.offers == quantities(250)
    assert [len(json.loads(request.body or b"")) for request in far.asked("uploadOfferRequests")] == [100, 100, 50]
    made = far.asked("createOfferPackage")
    assert [json.loads(request.body or b"") for request in made] == [{"packageType": "Update"}]
    assert [json.loads(request.body or b"") for request in far.asked("submitOfferPackage")] == [{"state": "Ready"}]
    names = [request.operation.rpartition(".")[2] for request in far.requests]
    assert names[:2] == ["listOfferPackages", "createOfferPackage"]
    assert names.index("getOfferPackage") < names.index("submitOfferPackage")
    assert told.waited_seconds < 20
    writes = [request for request in far.requests if request.method != "GET"]
    assert all(request.send_before_monotonic == 1234.5 for request in writes)


async def test_a_withdrawn_offer_is_told_zero() -> None:
    """Quantity 0 is a quantity; the last one told of a reference counts, as a repetition would reject both."""
    far = OfferPackages()
    told = await Told(far).all((StockLine("A", 5), StockLine("B", 1), StockLine("A", 0)))
    assert far.offers == told.shown == {"A": 0, "B": 1}


async def test_results_are_read_page_by_page() -> None:
    """A line refused has a code of ours and Octopia's words; the others are taken."""
    far = OfferPackages(unknown=frozenset({"SKU-1"}), page=2)
    told = await tell(far, 5)
    assert len(far.asked("getOfferResults")) == 3
    assert dict(far.asked("getOfferResults")[0].params) == {"limit": "1000"}
    assert told.outcomes["SKU-1"] == StockOutcome("SKU-1", reason="product_unknown", detail="4001: Unknown product")
    assert told.shown == far.offers == {sku: left for sku, left in quantities(5).items() if sku != "SKU-1"}


async def test_somebodys_open_package_is_waited_for_and_then_closed() -> None:
    """Our lines are not put among others; theirs are not lost either."""
    far = OfferPackages()
    theirs = far.made(("THEIRS", 7))
    told = await tell(far, 2)
    assert told.shown == quantities(2)
    assert told.waited_seconds > 55
    assert far.packages[theirs].state == "Ready"


async def test_an_open_package_of_another_channel_is_nothing_to_us() -> None:
    """Nor is one that is no longer open, should a list tell of them all the same."""
    far = OfferPackages()
    rows = [{"packageId": "A", "salesChannelId": "RAKUTFR"}, {"packageId": "B", "state": "Ready"}, {"state": OPEN}]
    listed = iter([answer(200, {"items": rows})])
    far.before = lambda request: next(listed, None) if request.operation == "octopia.listOfferPackages" else None
    told = await tell(far, 2)
    assert told.shown == quantities(2)
    assert told.waited_seconds < 20


async def test_an_open_package_that_cannot_be_closed_is_empty_and_ours_to_fill() -> None:
    """As a crash after making one leaves it."""
    far = OfferPackages()
    left = far.made()
    told = await tell(far, 2)
    assert told.shown == quantities(2)
    assert set(far.packages) == {left}


@pytest.mark.parametrize("effect", ["before", "after"])
@pytest.mark.parametrize("operation", ["createOfferPackage", "uploadOfferRequests", "submitOfferPackage"])
async def test_a_lost_outcome_does_no_harm(operation: str, effect: str) -> None:
    """Whether it happened or not, each line is told once in the end, and none twice in one package."""
    far, lost = OfferPackages(), iter([True])

    def lose(request: Request) -> None:
        if request.operation == f"octopia.{operation}" and next(lost, False):
            raise OutcomeUnknown("no answer in time")

    if effect == "before":
        far.before = lose
    else:
        far.after = lose
    told = await tell(far, 150)
    assert told.shown == far.offers == quantities(150)
    assert all(len(dict(package.lines)) == len(package.lines) for package in far.packages.values())


@settings(max_examples=60, deadline=None)
@example(count=101, losses=[""] * 5 + ["before"], crashes=[False, *[True] * 3, *[False] * 6, True])
@given(
    count=st.integers(1, 230),
    losses=st.lists(st.sampled_from(["", "", "", "before", "after"]), max_size=25),
    crashes=st.lists(st.booleans(), max_size=25),
)
def test_whatever_is_lost_every_line_is_told(count: int, losses: list[str], crashes: list[bool]) -> None:
    """Answers of writes lost and states lost in any order: what is reported as shown is shown, nothing is left out."""
    far, writes = OfferPackages(), iter(losses)
    now = ""

    def before(request: Request) -> None:
        nonlocal now
        now = next(writes, "") if request.method != "GET" else ""
        if now == "before":
            raise OutcomeUnknown("no answer in time")

    def after(_: Request) -> None:
        if now == "after":
            raise OutcomeUnknown("no answer in time")

    far.before, far.after = before, after
    told = asyncio.run(Told(far).all(lines(count), crashes))
    assert set(told.outcomes) == set(quantities(count))
    assert {sku: far.offers[sku] for sku in told.shown} == told.shown
    assert {one.reason for one in told.outcomes.values()} <= {None, "not_taken"}


async def test_a_package_rejected_as_a_whole_took_nothing() -> None:
    """Said of the submission, not of a line."""
    with pytest.raises(Refused) as caught:
        await tell(OfferPackages(rejects_whole=1), 2)
    assert caught.value.code == "package_rejected"


async def test_lines_refused_as_a_whole_took_nothing() -> None:
    """A 400 about what was said is final, one about the state of the package is not."""
    far = OfferPackages()
    refusals = iter([problem(400, state="not WaitingForCompletion"), problem(400, quantity="must be positive")])
    far.before = lambda request: next(refusals) if request.operation == "octopia.uploadOfferRequests" else None
    with pytest.raises(Refused) as caught:
        await tell(far, 2)
    assert caught.value.code == "lines_refused"
    assert len(far.asked("uploadOfferRequests")) == 2


async def test_what_was_accepted_and_never_arrived_is_told_again() -> None:
    """An upload that was taken and dropped leaves an empty package, or one without some lines: all are told."""
    far = OfferPackages()
    dropped = iter([True, False, True, False, False])

    def drop(request: Request) -> Answer | None:
        return answer(202) if request.operation == "octopia.uploadOfferRequests" and next(dropped, False) else None

    far.before = drop
    told = await tell(far, 150)
    assert told.shown == far.offers == quantities(150)


async def test_a_package_that_is_still_being_integrated_is_waited_for() -> None:
    """No other can be made beside it; none of our lines is given up for that."""
    far = OfferPackages()
    refusals = iter([problem(409, "A package is not integrated yet.")] * 5)
    far.before = lambda request: next(refusals, None) if request.operation == "octopia.createOfferPackage" else None
    told = await tell(far, 2)
    assert told.shown == quantities(2)
    assert len(far.asked("createOfferPackage")) == 6


@pytest.mark.parametrize("operation", ["listOfferPackages", "getOfferPackage", "getOfferResults"])
async def test_an_answer_that_cannot_be_read_is_asked_for_again(operation: str) -> None:
    """A moment's trouble of theirs costs no line its outcome."""
    far, bad = OfferPackages(), iter([answer(200, "unavailable"), answer(200, b"<html>")])
    far.before = lambda request: next(bad, None) if request.operation == f"octopia.{operation}" else None
    assert (await tell(far, 2)).shown == quantities(2)


async def test_a_package_that_vanished_is_made_again() -> None:
    """And given up after several that took nothing."""
    far = OfferPackages()
    far.before = lambda request: problem(404) if request.operation == "octopia.getOfferPackage" else None
    far.after = lambda _: far.packages.clear() if far.asked("uploadOfferRequests") else None
    told = await tell(far, 2)
    assert {one.reason for one in told.outcomes.values()} == {"not_taken"}
    assert len(far.asked("createOfferPackage")) == 4


async def test_a_package_that_never_moves_is_refused() -> None:
    """Nobody waits for ever."""
    with pytest.raises(Refused) as caught:
        await tell(OfferPackages(looks_to_integrate=10_000), 2)
    assert caught.value.code == "package_stuck"


@pytest.mark.parametrize(
    ("scripted", "error"),
    [
        (answer(429), Throttled),
        (answer(403), ConsentLost),
        (answer(502), Unavailable),
        (problem(400), Refused),
        (TooLate(), TooLate),
    ],
)
async def test_trouble_leaves_the_state_as_it_was(scripted: Answer | Exception, error: type[Exception]) -> None:
    """Raised, so that the same is done again later; nothing was sent."""
    far = OfferPackages()

    def before(_: Request) -> Answer:
        if isinstance(scripted, Exception):
            raise scripted
        return scripted

    far.before = before
    stock = OctopiaStock(OctopiaApi(far, API_URLS, StoppedClock()))
    with pytest.raises(error):
        await stock.advance(ACCOUNT, intent(stock.begin("CDISFR", lines(1))), TOKEN, budgets())


def test_what_a_submission_may_hold() -> None:
    """Five thousand lines, one at a time, told for all channels at once."""
    limits = OctopiaStock(OctopiaApi(OfferPackages(), API_URLS, StoppedClock())).limits
    assert (limits.lines, limits.open_at_once, limits.shared) == (5000, 1, True)
