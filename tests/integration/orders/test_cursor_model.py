"""The poller's cursor against a model: late, reordered and repeated orders, and pages that fail anywhere."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import text

from services.orders.adapters import tables
from services.orders.usecases.poll import poll
from shared.crypto.keyring import DataKey, KeyRing
from shared.db.engine import make_engine
from shared.db.unit_of_work import transaction
from shared.kernel.budgets import Budgets
from shared.kernel.errors import FarSideError, Refused, RoleMissing, Throttled, Unavailable, Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.models import MarketplaceOrder, OrderPage, OrdersQuery
from shared.marketplaces.ports import DataRefused, FarAccount, PageTokenRefused
from tests.infrastructure import MakeDatabase
from tests.integration.orders.service import OrdersService
from tests.unit.orders.builders import CONNECTION_ID, NOW, PACE, FakeOrders, connection, order, page

_MODELS = settings.get_profile("models")
_LATEST = timedelta(minutes=9)
_ERRORS = (Throttled, Unavailable, Unreadable, Refused, RoleMissing, DataRefused, PageTokenRefused)


class Died(Exception):
    """The process, in the middle of something."""


class DyingKeys(KeyRing):
    """The process dies while the page is being stored."""

    def new_at_hand(self, context: bytes) -> DataKey:
        raise Died

    def at_hand(self, wrapped: bytes, context: bytes) -> DataKey:
        raise Died


@dataclass
class FarSide(FakeOrders):
    """
    Pages by a token that is bound to its question, over orders that show late and change while they are read.

    `answered`: questions and answers, until somebody has looked at them.
    """

    page_size: int = 2
    dies_after: bool = False
    repeats: bool = False
    answered: list[tuple[OrdersQuery, OrderPage]] = field(default_factory=list)

    async def read_page(
        self, account: FarAccount, query: OrdersQuery, token: AccessToken, budgets: Budgets
    ) -> OrderPage:
        self._asked(query)
        told = await super().read_page(account, query, token, budgets)
        if self.dies_after:
            raise Died
        self.answered.append((query, told))
        return told

    def answer(self, query: OrdersQuery) -> OrderPage:
        after = query.page_token.split("|")[1] if query.page_token else ""
        found = sorted((one for one in self.orders.values() if self._fits(one, query)), key=lambda one: one.id)
        left = [one for one in found if one.id > after]
        shown = left[: self.page_size]
        token = f"{self._bound(query)}|{shown[-1].id}" if len(left) > len(shown) else None
        twice = (*shown, *shown[:1]) if self.repeats else tuple(shown)
        return page(*twice, next_token=token, covered_until=query.updated_before or query.placed_before)

    def _asked(self, query: OrdersQuery) -> None:
        """Never outside the window, and a token only with the question it was given for."""
        assert (query.updated_after is None) != (query.placed_after is None)
        after, before = query.updated_after or query.placed_after, query.updated_before or query.placed_before
        assert after is not None
        assert before is not None
        assert NOW - timedelta(days=366) < after < before <= self.latest_before(self.clock.now())
        assert query.page_token is None or query.page_token.startswith(self._bound(query) + "|")

    def _bound(self, query: OrdersQuery) -> str:
        return repr(replace(query, page_token=None, data=()))


class Cursor(RuleBasedStateMachine):
    """`orders`: the newest of each as the marketplace has it. `whole_until`: read without a hole up to there."""

    def __init__(self, service: OrdersService, runner: asyncio.Runner) -> None:
        super().__init__()
        self.service = service
        self.runner = runner
        self.service.clock.at = NOW
        self.far_side = service.far_side = FarSide(service.clock)
        self.whole_until: datetime | None = None
        self.connection = connection()

    @initialize(numbers=st.lists(st.integers(0, 7), min_size=2, max_size=6))
    def begins(self, numbers: list[int]) -> None:
        names = ", ".join(tables.metadata.tables)
        self._run(self._execute(f"truncate {names} cascade"))
        self._connect()
        for number in numbers:
            status = "UNSHIPPED" if number % 3 else "SHIPPED"
            self.far_side.tell(order(number, updated_at=NOW - timedelta(hours=1 + number), status_text=status))

    @rule(number=st.integers(0, 7), late=st.integers(0, 9), ago=st.integers(0, 9), open_=st.booleans())
    def changes(self, number: int, late: int, ago: int, open_: bool) -> None:
        """An order is new or changed, and shows late: perhaps long after one that changed after it."""
        at = self.service.clock.now() - timedelta(minutes=min(ago, late))
        known = self.far_side.orders.get(order(number).id)
        if known is not None and known.updated_at >= at:
            return
        told: MarketplaceOrder = order(number, updated_at=at, status_text="UNSHIPPED" if open_ else "SHIPPED")
        self.far_side.tell(told)
        self.far_side.visible_from[told.id] = at + timedelta(minutes=late)

    @rule(minutes=st.sampled_from([0.5, 1, 2, 5, 7, 200, 1500]))
    def time_passes(self, minutes: float) -> None:
        self.service.clock.move(minutes=minutes)

    @rule(size=st.integers(1, 4), repeats=st.booleans())
    def pages_are_cut_otherwise(self, size: int, repeats: bool) -> None:
        self.far_side.page_size, self.far_side.repeats = size, repeats

    @rule(times=st.integers(1, 4))
    def reads(self, times: int) -> None:
        for _ in range(times):
            self._run(self._poll())

    @rule(error=st.sampled_from(_ERRORS))
    def is_refused(self, error: type[Exception]) -> None:
        self.far_side.errors = [error()]
        self._run(self._poll())
        self.far_side.errors.clear()

    @rule()
    def dies_with_the_page_in_hand(self) -> None:
        self.far_side.dies_after = True
        self._run(self._poll())
        self.far_side.dies_after = False

    @rule()
    def dies_while_the_page_is_stored(self) -> None:
        self._run(self._poll(keys=DyingKeys.parse("test:" + "A" * 43 + "=")))

    @rule()
    def consents_anew(self) -> None:
        """Ended and given again: what was read under way is discarded, the cursor stays."""
        self._run(self.service.revoke(self.connection))
        self._run(self._poll())
        self.connection = replace(self.connection, consent_version=self.connection.consent_version + 1)
        self._connect()

    def teardown(self) -> None:
        self.comes_to_rest()

    @rule()
    def comes_to_rest(self) -> None:
        """Nobody changes anything any more: everything is there, at its newest."""
        self.service.clock.move(minutes=15)
        for _ in range(60):
            self._run(self._poll())
            progress = self._run(self.service.progress())
            if progress.changes is None and progress.cursor_at and progress.cursor_at >= self._quiet_since():
                break
            self.service.clock.move(minutes=0.5)
        rows = self._run(self.service.rows("marketplace_order"))
        assert {row.marketplace_order_id: row.updated_at for row in rows} == {
            one.id: one.updated_at for one in self.far_side.orders.values()
        }
        self._check_events()

    def _quiet_since(self) -> datetime:
        """Read beyond what the last change may be late by."""
        newest = max((one.updated_at for one in self.far_side.orders.values()), default=NOW)
        return newest + _LATEST + timedelta(minutes=1)

    def _check_events(self) -> None:
        """However often an order came, it was told once per version."""
        versions: dict[str, list[int]] = {}
        for body in self._run(self.service.events()):
            versions.setdefault(body.marketplace_order_id, []).append(body.order_version)
        assert all(told == sorted(set(told)) for told in versions.values())

    async def _poll(self, **changes: Any) -> None:
        async with self.service.claims().lease_of("poll", CONNECTION_ID) as lease:
            if lease is None:
                return
            try:
                await poll(lease, polling=self.service.polling(**changes))
            except (FarSideError, Died):
                self.far_side.answered.clear()
        await self.service.rested()
        await self._check_cursor()

    async def _check_cursor(self) -> None:
        """
        The cursor never leads what was answered to the last page, and each window begins before it: no hole.

        Said from the answers alone, whatever the progress says.
        """
        for query, told in self.far_side.answered:
            if query.updated_after is None or query.updated_before is None:
                continue
            if self.whole_until is None:
                assert query.updated_after == query.updated_before - PACE.first
            else:
                assert query.updated_after <= self.whole_until - PACE.overlap
            if told.next_token is None:
                self.whole_until = max(self.whole_until or query.updated_before, query.updated_before)
        self.far_side.answered.clear()
        cursor = (await self.service.progress()).cursor_at
        assert cursor is None or (self.whole_until is not None and cursor <= self.whole_until)

    async def _execute(self, statement: str) -> None:
        async with transaction(self.service.engine) as connection:
            await connection.execute(text(statement))

    def _connect(self) -> None:
        self.service.tokens.consent_version = self.connection.consent_version
        self._run(self.service.connect(self.connection))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)


def test_the_cursor(migrated_database: MakeDatabase) -> None:
    """
    Completeness 100 %: once it is quiet every order is stored at its newest, and told once per version, whatever
    failed, came late, again or in another order; and nothing outside the window was asked.

    Seen red with: windows without overlap, a cursor that moves with every page, a window that reaches further with
    each page, and a page that is settled though storing it failed.
    """
    with asyncio.Runner() as runner:
        engine = make_engine(migrated_database("orders"), "tests")
        service = OrdersService(engine)
        walks = settings(_MODELS, max_examples=_MODELS.max_examples // 4, stateful_step_count=20)

        class Walk(Cursor):
            def __init__(self) -> None:
                super().__init__(service, runner)

        run_state_machine_as_test(Walk, settings=walks)
        runner.run(engine.dispose())
