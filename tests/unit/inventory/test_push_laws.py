"""Whatever happens between levels, channels and workers that die: in the end every channel shows what it should."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.inventory.domain.submission import Submission
from services.inventory.usecases.settle_submission import Outcome
from shared.kernel.errors import Refused, Throttled, Unavailable
from tests.unit.inventory.channels import Channels
from tests.unit.inventory.far_sides import LOST, FarStock, Packages, Singly, offer

CODES = ("mug", "cup")
FAULTS = (Throttled("too fast"), Unavailable("down"), LOST, Refused("no", code="package_refused"))


@dataclass
class Course:
    """One run: `late` are outcomes of calls whose worker died or was stopped before it could settle them."""

    channels: Channels
    late: deque[tuple[Submission, Outcome]] = field(default_factory=deque)

    async def happen(self, what: str, data: st.DataObject) -> None:
        await getattr(self, "_" + what)(data)

    async def _counted(self, data: st.DataObject) -> None:
        await self.channels.count(data.draw(st.sampled_from(CODES)), data.draw(st.integers(0, 12)))

    async def _told(self, data: st.DataObject) -> None:
        await self.channels.step()

    async def _died_before_the_call(self, data: st.DataObject) -> None:
        await self.channels.begin()

    async def _died_after_the_call(self, data: st.DataObject) -> None:
        submission = await self.channels.begin()
        if submission is not None:
            self.late.append((submission, await self.channels.call(submission)))

    async def _came_back_late(self, data: st.DataObject) -> None:
        if self.late:
            await self.channels.settle(*self.late.popleft())

    async def _failed(self, data: st.DataObject) -> None:
        self.channels.stock.answers.append(data.draw(st.sampled_from(FAULTS)))

    async def _was_refused(self, data: st.DataObject) -> None:
        self.channels.stock.refused ^= {data.draw(st.sampled_from(CODES))}

    async def _sold(self, data: st.DataObject) -> None:
        """The channel sells before our orders know; the order comes later, or never."""
        if not self.channels.shows:
            return
        place = data.draw(st.sampled_from(sorted(self.channels.shows)))
        self.channels.stock.shows[place] = max(0, self.channels.shows[place] - 1)

    async def _chosen(self, data: st.DataObject) -> None:
        listing = self.channels.listing("FR", data.draw(st.sampled_from(CODES)))
        mapped = [{"sku": code} for code in CODES]
        ways: list[dict[str, Any]] = [{"follow": False}, {"follow": True}, {"buffer": 2}, {"maximum": 3}, {"sku": None}]
        given = data.draw(st.sampled_from([*ways, *mapped]))
        if given.get("sku") is None or given["sku"] in {sku.code for sku in self.channels.skus.rows.values()}:
            await self.channels.choose(listing, **given)

    async def _time_passed(self, data: st.DataObject) -> None:
        self.channels.clock.move(data.draw(st.sampled_from([1, 5, 40, 1000])))

    async def _listings_read(self, data: st.DataObject) -> None:
        await self.channels.discover()


STEPS = [name.removeprefix("_") for name in vars(Course) if name.startswith("_") and not name.startswith("__")]


@pytest.mark.parametrize("kind", [Singly, Packages])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_last_value_told_is_the_last_desired(kind: Callable[[], FarStock], data: st.DataObject) -> None:
    """
    In any interleaving of changes, calls, faults, deaths and late outcomes: a channel is never told twice at once, only
    what is ours to tell is told, and at rest each channel shows what it is to show.
    """
    asyncio.run(_course(kind, data))


async def _course(kind: Callable[[], FarStock], data: st.DataObject) -> None:
    channels = Channels(kind())
    offers = [offer("mug"), offer("cup"), offer("fba", marketplace_fulfilled=True), offer("unknown")]
    channels.far.offers = {"FR": offers, "DE": offers[:1]}
    await channels.discover()
    await channels.count("fba", 5)
    course = Course(channels)
    for what in data.draw(st.lists(st.sampled_from(STEPS), max_size=40)):
        await course.happen(what, data)
        check_always(channels)
    channels.stock.answers.clear()
    channels.stock.refused.clear()
    await channels.come_to_rest()
    while course.late:
        await channels.settle(*course.late.popleft())
    check_always(channels)
    await retried(channels)
    check_at_rest(channels)


async def retried(channels: Channels) -> None:
    """What was refused is tried again in the end."""
    channels.clock.move(100_000)
    for target in channels.targets.rows.values():
        if target.due_at is not None:
            channels.targets.rows[target.id] = target.asked_again(channels.clock.now())
    await channels.come_to_rest()


def check_always(channels: Channels) -> None:
    assert channels.stock.twice == set()
    assert {sku for _, sku, _ in channels.stock.told} <= set(CODES)
    begun = [line.target_id for one in channels.submissions.rows.values() for line in one.lines]
    assert len(begun) == len(set(begun))
    sending = {one.id for one in channels.targets.rows.values() if one.submission_id is not None}
    assert sending == set(begun)


def check_at_rest(channels: Channels) -> None:
    for target in channels.targets.rows.values():
        if target.active and target.desired is not None:
            sku = channels.skus.rows[target.sku_id]
            left = max(0, sku.available - target.buffer)
            assert target.desired == (left if target.maximum is None else min(left, target.maximum))
            assert (target.told, target.shown) == (target.desired, target.desired)
            told = [
                quantity for scope, code, quantity in channels.stock.told if (scope, code) == (target.scope, target.sku)
            ]
            assert told[-1] == target.desired
    pushed = {(one.scope, one.sku) for one in channels.listings.rows.values() if one.pushed}
    assert {(one.scope, one.sku) for one in channels.targets.rows.values() if one.active} == pushed
