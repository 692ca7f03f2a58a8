"""
Many proofs side by side: sellers do not meet, so each course has its own seller and goes through its cases in turn.

A course that fails in one case goes on with the next; its faults are taken away first.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from deploy.local.sandbox_apps import AMAZON
from deploy.local.stack import Stack
from tests.e2e.databases import Databases
from tests.e2e.scene import SKU, Scene
from tests.shop import Shop, label_when_known, open_shop

# Shops opened at a time: signing up costs what a password hash should cost.
_OPENING = 4


OpenShop = Callable[..., AbstractAsyncContextManager[Shop]]


@dataclass(frozen=True)
class Case:
    """`proof`: what the product does under this fault, what the seller sees, and that all catches up."""

    operation: str
    kind: str
    proof: Callable[[Scene], Awaitable[None]]

    @property
    def name(self) -> str:
        return f"{self.operation}-{self.kind}"


@dataclass(frozen=True)
class Account:
    """What came of a case: `shown` to the seller, in words; `connection_id` is None where there was none yet."""

    case: Case
    marketplace: str
    shown: Sequence[str]
    began: datetime
    ended: datetime
    connection_id: str | None

    @property
    def says(self) -> str:
        """The law of the proof."""
        proof = self.case.proof
        return str((proof.func if isinstance(proof, partial) else proof).__doc__)


@dataclass(frozen=True)
class Course:
    """
    `connected`: authorised and read to the end once before its first case; `listed`: its one SKU is sold there.

    `shared`: its faults strike what all sellers of its marketplace share, so it waits until their courses are over.
    """

    cases: Sequence[Case]
    region: str = "eu"
    connected: bool = True
    listed: bool = False
    marketplace: str = AMAZON
    shared: bool = False


class Proofs:
    """Runs courses, each in a shop that `open_shop` gives; what came of each case is awaited by its name."""

    def __init__(
        self,
        stack: Stack,
        databases: Databases,
        courses: Sequence[Course],
        wanted: Collection[str],
        *,
        open_shop: OpenShop = open_shop,
    ) -> None:
        self._stack, self._open_shop = stack, open_shop
        self.databases = databases
        self._opening = asyncio.Semaphore(_OPENING)
        self._outcomes: dict[str, asyncio.Future[Account]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        others = defaultdict[str, list[asyncio.Task[None]]](list)
        for course in sorted(courses, key=lambda course: course.shared):
            chosen = replace(course, cases=[case for case in course.cases if case.name in wanted])
            if chosen.cases:
                self._outcomes |= {case.name: asyncio.get_running_loop().create_future() for case in chosen.cases}
                before = list(others[course.marketplace]) if course.shared else []
                self._tasks.append(asyncio.create_task(self._run(chosen, before)))
                others[course.marketplace].append(self._tasks[-1])

    async def of(self, name: str) -> Account:
        """Returns when the case is proved; raises what disproved it."""
        return await self._outcomes[name]

    async def all_done(self) -> None:
        """Returns when every case was tried, whatever came of it."""
        await asyncio.wait(self._tasks)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for outcome in self._outcomes.values():
            if outcome.done() and not outcome.cancelled():
                outcome.exception()  # its test was not asked for, or has told it

    async def _run(self, course: Course, before: Collection[asyncio.Task[None]]) -> None:
        try:
            if before:
                await asyncio.wait(before)
            async with AsyncExitStack() as opened:
                async with self._opening:
                    shop = await opened.enter_async_context(
                        self._open_shop(
                            self._stack,
                            levels={SKU: 1000},
                            region=course.region,
                            connected=False,
                            marketplace=course.marketplace,
                            skus=[SKU] if course.listed else (),
                        )
                    )
                    scene = Scene(self._stack, shop, self.databases)
                    if course.connected:
                        await shop.connect()
                        await label_when_known(shop)
                        await scene.read_to_the_end()
                for case in course.cases:
                    await self._try(case, scene)
        except Exception as error:  # noqa: BLE001 - told by each test that waits for this course
            for case in course.cases:
                if not self._outcomes[case.name].done():
                    self._outcomes[case.name].set_exception(error)

    async def _try(self, case: Case, scene: Scene) -> None:
        outcome, began = self._outcomes[case.name], datetime.now(UTC)
        scene.shown.clear()
        try:
            await case.proof(scene)
            connections = await scene.connections()
            connection_id = connections[0]["id"] if connections else None
            shown, ended = tuple(scene.shown), datetime.now(UTC)
            outcome.set_result(Account(case, scene.shop.marketplace, shown, began, ended, connection_id))
        except Exception as error:  # noqa: BLE001 - told by the test of this case
            outcome.set_exception(error)
        finally:
            await scene.mend()
