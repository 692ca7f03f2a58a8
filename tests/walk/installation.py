"""One auth with a database in virtual time, its sellers in the sandbox, and what a day does there."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from services.auth.bootstrap import MAIL, PROBE
from services.auth.entrypoints.letters import CATALOGUES, Letters
from services.auth.usecases.send_mail import send_mail
from shared.kernel.errors import FarSideError
from tests.integration.auth.clock import StandingClock
from tests.integration.auth.conftest import PASSWORD, Running, Visitor
from tests.walk.table import Course

_PROBE_OPERATION = "amazon.getMarketplaceParticipations"
_LATER_SECONDS = 3600.0
_PLACES = 4


@dataclass
class Walked:
    """
    A connection on its course: `began`, the day of its consent; `events`, what was told of it today. `is_beside`: its
    organisation's mails are looked at with its first connection.
    """

    course: Course
    visitor: Visitor
    seller_id: str
    began: int
    id: str
    is_beside: bool = False
    state: str = ""
    events: list[str] = field(default_factory=list)


class Installation:
    """`clock`: auth's, and its database's."""

    def __init__(self, auth: Running, clock: StandingClock) -> None:
        self._auth, self.clock = auth, clock
        self._heard = 0
        self.walked: list[Walked] = []

    async def join(self, course: Course, visitor: Visitor, day: int, *, is_beside: bool = False) -> None:
        """A seller consents today."""
        if is_beside:
            await self._signed_in(visitor)
        seller_id = (await self._auth.sandbox.seller(region="eu", grant_days=course.grant_days))["seller_id"]
        await visitor.connect(seller_id)
        found = {one["seller_id"]: one for one in await visitor.connections()}
        self.walked.append(Walked(course, visitor, seller_id, day, found[seller_id]["id"], is_beside))

    async def visitor(self) -> Visitor:
        """Somebody with an organisation of their own."""
        return await self._auth.visitor().sign_up()

    async def day(self, day: int) -> None:
        """What is done, what is due, what is told: a day as the worker sees it."""
        for one in self.walked:
            if act := one.course.acts.get(day - one.began):
                await self._act(one, act)
        await self._auth.held.keep_house()
        await self._work_off(PROBE, self._auth.held.probe)
        await self._auth.held.keep_house()
        mailer = self._auth.held.mailer
        assert mailer is not None
        letters = Letters(CATALOGUES, self._auth.held.public_url, expired_goes_on=self._auth.held.expired_goes_on)
        await self._work_off(
            MAIL,
            partial(
                send_mail, mailer=mailer, write=letters, clock=self._auth.clock, new_secret=self._auth.held.new_secret
            ),
        )
        await self._look()

    async def _work_off(self, kind: str, work: Callable[[Any], Awaitable[None]]) -> None:
        """As many side by side as keep the database busy while we think."""
        async with asyncio.TaskGroup() as places:
            for _ in range(_PLACES):
                places.create_task(self._work_one_after_the_other(kind, work))

    async def _work_one_after_the_other(self, kind: str, work: Callable[[Any], Awaitable[None]]) -> None:
        while True:
            async with self._auth.held.claims.lease(kind) as lease:
                if lease is None:
                    return
                try:
                    await work(lease)
                except FarSideError:
                    lease.pause(_LATER_SECONDS)

    async def _act(self, one: Walked, act: str) -> None:
        sandbox = self._auth.sandbox
        match act:
            case "withdraw":
                await sandbox.revoke(one.seller_id)
            case "refuse":
                await sandbox.fault(_PROBE_OPERATION, "token_rejected", seller_id=one.seller_id)
            case "go down":
                await sandbox.fault(_PROBE_OPERATION, "server_error", seller_id=one.seller_id)
            case "let in" | "come back":
                await sandbox.clear_faults(one.seller_id)
            case "renew":
                await self._signed_in(one.visitor)
                await one.visitor.connect(one.seller_id)
            case _:
                await self._signed_in(one.visitor)
                await one.visitor.submit(f"/connections/{one.id}/{act}")

    async def _signed_in(self, visitor: Visitor) -> None:
        """Again: a session does not last that long."""
        visitor.client.cookies.clear()
        await visitor.submit("/signin", page="/signin", email=visitor.email, password=PASSWORD)

    async def _look(self) -> None:
        states = {str(row.id): row.state for row in await self._auth.rows("select id, state from connection")}
        events = await self._auth.events(self._heard)
        self._heard += len(events)
        for one in self.walked:
            one.state = states[one.id]
            one.events = _told(events, one.id)


def _told(events: Sequence[tuple[str, dict[str, Any]]], connection_id: str) -> list[str]:
    own = [kind for kind, body in events if body["connection_id"] == connection_id]
    return [kind.removeprefix("auth.connection.").removesuffix(".v1") for kind in own]
