"""The demo's orders on their way: a live table in a terminal, a line per change without one."""

import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # loaded when a terminal is there to draw on: a second start draws nothing
    from rich.console import Console
    from rich.table import Table

STAGES = ("received", "reserved", "labelled", "written back", "confirmed")
CONFIRMED = len(STAGES)


class Board(Protocol):
    """`update` takes, per order, how many of the stages it has reached (0 to 5); `tell` a sentence that stays."""

    def __enter__(self) -> "Board": ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def update(self, reached: Mapping[str, int]) -> None: ...
    def tell(self, sentence: str) -> None: ...


def make_board(started_at: float, say: Callable[[str], None]) -> Board:
    """The table that suits standard output."""
    return LiveTable(started_at) if sys.stdout.isatty() else Lines(started_at, say)


class Lines:
    """`12 s  902-…  reserved`, once per order and stage."""

    def __init__(self, started_at: float, say: Callable[[str], None]) -> None:
        self._started_at, self._say = started_at, say
        self._shown: dict[str, int] = {}

    def __enter__(self) -> "Lines":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def update(self, reached: Mapping[str, int]) -> None:
        passed = time.time() - self._started_at
        for order, stages in reached.items():
            for stage in STAGES[self._shown.get(order, 0) : stages]:
                self._say(f"{passed:5.0f} s  {order}  {stage}")
            self._shown[order] = max(stages, self._shown.get(order, 0))

    def tell(self, sentence: str) -> None:
        self._say(f"{time.time() - self._started_at:5.0f} s  {sentence}")


class LiveTable:
    """One row per order, one column per stage, drawn over itself."""

    def __init__(self, started_at: float, console: "Console | None" = None) -> None:
        from rich.live import Live

        self._started_at = started_at
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> "LiveTable":
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def update(self, reached: Mapping[str, int]) -> None:
        self._live.update(self._table(reached), refresh=True)

    def tell(self, sentence: str) -> None:
        self._live.console.print(f"{time.time() - self._started_at:5.0f} s  {sentence}")

    def _table(self, reached: Mapping[str, int]) -> "Table":
        from rich.table import Table

        table = Table(title=f"{time.time() - self._started_at:.0f} s", title_justify="left")
        table.add_column("order")
        for number, stage in enumerate(STAGES, 1):
            count = sum(stages >= number for stages in reached.values())
            table.add_column(f"{stage} {count}", justify="center")
        for order, stages in sorted(reached.items()):
            table.add_row(order, *("[green]●[/]" if number <= stages else "[dim]·[/]" for number in range(1, 6)))
        return table
