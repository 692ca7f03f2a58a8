"""What else goes wrong while processes are killed: far sides, frozen processes, a database without room."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from deploy.local.stack import Stack
from shared.db.engine import make_engine
from tests.faults.schedule import OURS
from tests.full_disk import full_disk
from tests.sandbox.faults import KINDS
from tests.shop import Shop

# What passes by itself; the others want a person or a quarter of an hour, and have proofs of their own.
_PASSING = (
    "throttle", "server_error", "html_502", "timeout", "slow", "timeout_after_effect", "dropped_204", "late_order",
    "late_visibility", "repeated_page_token", "refused_page_token",
)  # fmt: skip
_FAULTS = [(operation, kind) for operation in sorted(KINDS) for kind in _PASSING if kind in KINDS[operation]]
_FAULT_SECONDS = 3.0
_SERVICES = ("auth", "orders", "inventory", "labels")
_LOOK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Trouble:
    """`what`: a fault of a far side (`whom`: operation and kind), a frozen process, a database that is full."""

    what: str
    whom: tuple[str, ...]
    seconds: float


def troubles(count: int, seed: int) -> list[Trouble]:
    """So many, half of them of far sides; the same for the same seed."""
    draw = random.Random(f"troubles {seed}")
    return [_trouble(draw) for _ in range(count)]


def _trouble(draw: random.Random) -> Trouble:
    # Longer than the shortest lease and than the relay's lock; a full disk long enough to be met.
    frozen = Trouble("frozen", (draw.choice(OURS),), draw.uniform(2, 20))
    full = Trouble("full disk", (draw.choice(_SERVICES),), draw.uniform(1, 4))
    far = Trouble("far side", draw.choice(_FAULTS), _FAULT_SECONDS)
    return draw.choice((far, far, frozen, full))


@dataclass
class Befalling:
    """Troubles under way; `close` returns when all are over."""

    stack: Stack
    shops: Sequence[Shop]
    counted: Counter[str] = field(default_factory=Counter)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def begin(self, trouble: Trouble) -> None:
        self.counted[trouble.what] += 1
        act = {"far side": self._far_side, "frozen": self._frozen, "full disk": self._full}[trouble.what]
        self._tasks.append(asyncio.create_task(act(trouble)))

    async def close(self) -> None:
        """Waits for what is under way, ends what has not struck yet, and says what there was."""
        await asyncio.gather(*self._tasks)
        await self.shops[0].sandbox.clear_faults()
        print("befell: " + ", ".join(f"{what} {count}" for what, count in sorted(self.counted.items())), flush=True)

    async def _far_side(self, trouble: Trouble) -> None:
        operation, kind = trouble.whom
        await self.shops[0].sandbox.fault(operation, kind, 1, seconds=trouble.seconds)

    async def _frozen(self, trouble: Trouble) -> None:
        """SIGSTOP, then SIGCONT where it is still the same process."""
        pid = self.stack.supervisor.pid(*trouble.whom)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(trouble.seconds)
        if self.stack.supervisor.pid(*trouble.whom) == pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    async def _full(self, trouble: Trouble) -> None:
        """The server may be killed meanwhile: there is room again when the last trigger is gone."""
        engine = make_engine(self.stack.environments.database_urls[trouble.whom[0]], "test")
        with suppress(SQLAlchemyError, OSError):
            async with full_disk(engine):
                await asyncio.sleep(trouble.seconds)
        while True:
            with suppress(SQLAlchemyError, OSError):
                async with engine.begin() as connection:
                    await connection.execute(text("drop function if exists no_space_left cascade"))
                break
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        await engine.dispose()
