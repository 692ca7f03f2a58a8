"""A process that dies before or after the n-th step of a claim."""

from typing import Any

from services.labels.usecases.create_labels import create_labels
from services.labels.usecases.write_back import write_back_due
from tests.integration.labels.conftest import Labels

STEPS = ("read", "intend", "settle_write", "settle")


class Killed(BaseException):
    """The process is gone: nothing catches it."""


class Dying:
    """A lease whose holder dies before or after its n-th step."""

    def __init__(self, lease: Any, at: int, *, after: bool) -> None:
        self._lease, self._left, self._after = lease, at, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._lease, name)
        return self._dying(real) if name in STEPS else real

    def _dying(self, real: Any) -> Any:
        async def step(work: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Killed
            done = await real(work)
            if self._left == 0:
                raise Killed
            return done

        return step


async def die_at(labels: Labels, kind: str, at: int, *, after: bool) -> bool:
    """True: it died; False: it was done before that step."""
    work: Any = create_labels if kind == "label" else write_back_due
    tools: Any = labels.labelling if kind == "label" else labels.telling
    try:
        async with labels.claims.lease(kind) as lease:
            if lease is not None:
                await work(Dying(lease, at, after=after), tools=tools)
    except Killed:
        return True
    return False
