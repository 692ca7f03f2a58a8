"""What the poller does with refusals: shown with why and since when, and reading goes on where it stood."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from services.orders.usecases.poll import poll
from shared.db.claim_loop import ClaimLoop
from shared.kernel.errors import ConsentLost, RoleMissing, Throttled, TokenRejected, Unavailable
from shared.marketplaces.ports import DataRefused, PageTokenRefused
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import NOW, connection, order


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Throttled("slow down", retry_after_seconds=30), "throttled"),
        (Throttled("ours", code="budget_empty", retry_after_seconds=30), "budget_empty"),
        (Unavailable("502"), "unavailable"),
        (Unavailable("502", code="server_error"), "unavailable"),
        (RoleMissing("no role"), "role_missing"),
        (ConsentLost("revoked"), "consent_lost"),
    ],
)
async def test_what_the_far_side_refuses_is_shown_and_work_resumes(
    orders: OrdersService, error: Exception, code: str
) -> None:
    """The code is kept for the page with the time it began, the window stays, and the next success clears it."""
    orders.far_side.tell(order())
    await orders.connect()
    orders.far_side.errors = [error, error]
    for _ in range(2):
        with pytest.raises(type(error)):
            await orders.poll()
        orders.clock.move(seconds=10)
    row = await orders.one("poll")
    assert (row.waits_code, row.waits_since) == (code, NOW)
    assert orders.tokens.lost == ([1, 1] if code == "consent_lost" else [])
    await orders.poll()
    assert (await orders.one("poll")).waits_code is None
    assert len(await orders.rows("marketplace_order")) == 1


async def test_auth_that_does_not_answer_is_shown_too(orders: OrdersService) -> None:
    """No token, no page: the reason is kept like the far side's."""
    await orders.connect()
    orders.tokens.error = Unavailable("auth answered 503", code="far_side_unavailable")
    with pytest.raises(Unavailable):
        await orders.poll()
    assert (await orders.one("poll")).waits_code == "unavailable"


async def test_a_rejected_token_is_renewed_once(orders: OrdersService) -> None:
    """The token, not the consent: asked for again, and the page is read in the same turn."""
    orders.far_side.tell(order())
    await orders.connect()
    orders.far_side.errors = [TokenRejected("expired")]
    await orders.poll()
    assert len(await orders.rows("marketplace_order")) == 1
    assert orders.tokens.lost == []


async def test_a_throttled_connection_rests_and_keeps_its_budget(orders: OrdersService) -> None:
    """The loop pauses it for as long as told; what is left in the bucket is saved with the lease."""
    await orders.connect()
    orders.far_side.errors = [Throttled("slow down", retry_after_seconds=60)]
    stop = asyncio.Event()
    loop = ClaimLoop(orders.claims(), "poll", partial(poll, polling=orders.polling()), idle_seconds=0.05, concurrency=1)
    running = asyncio.create_task(loop.run(stop))
    async with asyncio.timeout(60):
        while not [row for row in await orders.rows("lease") if row.not_before]:
            await asyncio.sleep(0.02)
    stop.set()
    await running
    lease = await orders.one("lease")
    assert lease.budgets["amazon.searchOrders"]["tokens"] == 19
    assert len(orders.far_side.queries) == 1


async def test_a_refused_set_of_data_is_left_out(orders: OrdersService) -> None:
    """Rule 16: the same window with less, the cursor untouched; the list page says so."""
    orders.far_side.tell(order())
    await orders.connect()
    orders.far_side.errors = [DataRefused("403")]
    await orders.poll(2)
    assert [query.data for query in orders.far_side.queries] == [("ALL", "RECIPIENT"), ("ALL",)]
    progress = await orders.progress()
    assert (progress.data_set, progress.lean) == (1, True)
    assert len(await orders.rows("marketplace_order")) == 1


async def test_a_role_that_was_missing_for_everything_is_not_about_the_data(orders: OrdersService) -> None:
    """Refused with the smallest set too; once the role is there, the next window asks for everything at once."""
    orders.far_side.tell(order())
    await orders.connect()
    orders.far_side.errors = [DataRefused("403"), RoleMissing("403")]
    await orders.poll()
    with pytest.raises(RoleMissing):
        await orders.poll()
    await orders.poll(2)
    assert [query.data for query in orders.far_side.queries][1:] == [("ALL",), ("ALL",), ("ALL", "RECIPIENT")]
    assert (await orders.progress()).data_set == 0


async def test_a_refused_page_token_starts_the_window_again(orders: OrdersService) -> None:
    """What was read stays; the same span is read anew after a rest, and the page says why."""
    orders.far_side.page_size = 2
    orders.far_side.tell(*(order(number) for number in range(3)))
    await orders.connect()
    await orders.poll()
    orders.far_side.errors = [PageTokenRefused("expired")]
    await orders.poll()
    assert (await orders.one("poll")).waits_code == "page_token_refused"
    assert (await orders.progress()).open is None
    orders.clock.move(seconds=5)
    await orders.poll(2)
    assert len(await orders.rows("marketplace_order")) == 3
    assert (await orders.progress()).swept_at is not None
    assert (await orders.one("poll")).waits_code is None


async def test_a_far_side_that_goes_in_circles_is_not_followed(orders: OrdersService) -> None:
    """A token that comes again ends the round: a rest, and it is shown."""
    orders.far_side.repeat_token = True
    await orders.connect()
    await orders.poll(10)
    assert len(orders.far_side.queries) == 2
    assert (await orders.one("poll")).waits_code == "page_token_refused"


@pytest.mark.parametrize(
    ("changes", "code"), [({"channels": ()}, "no_channels"), ({"marketplace": "elsewhere"}, "marketplace_unknown")]
)
async def test_a_connection_that_cannot_be_read_says_why(
    orders: OrdersService, changes: dict[str, object], code: str
) -> None:
    """Nothing is asked; it looks again after an interval."""
    await orders.connect(connection(**changes))
    await orders.poll()
    row = await orders.one("poll")
    assert (row.waits_code, row.due_at) == (code, NOW + timedelta(minutes=5))
    assert orders.far_side.queries == []
