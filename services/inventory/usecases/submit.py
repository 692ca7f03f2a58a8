"""Put what is due into submissions, with the newest values, as far as each channel takes more at once."""

from datetime import datetime, timedelta

from services.inventory.domain.connection import Connection
from services.inventory.domain.submission import Line, Submission, batches
from services.inventory.usecases.ports import DueTarget, Store, UnderWay
from shared.kernel.ids import new_id
from shared.marketplaces.listings import StockLine
from shared.marketplaces.ports import StockPort

# No more than this many are begun ahead of the calls that send them: what waits keeps its newest value.
MOST_AHEAD = 10


async def begin_submissions(
    store: Store, connection: Connection, stock: StockPort, *, delay: timedelta, now: datetime
) -> None:
    """A target is in one submission at most: those that are in none and due are taken, sold out ones first."""
    channels = await store.targets.due_channels(connection.id, now, now - delay)
    if not channels:
        return
    under_way = await store.submissions.under_way(connection.id)
    for channel_id in channels:
        now_open = under_way.get(channel_id, UnderWay())
        room = min(stock.limits.open_at_once - now_open.begun, MOST_AHEAD - now_open.unsent)
        if room <= 0:
            continue
        lines = stock.limits.lines
        due = await store.targets.due(connection.id, channel_id, now, now - delay, room * lines)
        together = list(batches(due, lines))[:room]
        begun = [_submission(connection, channel_id, each, stock, now) for each in together]
        await store.submissions.add(begun)
        targets = [one.target.begun(each.id) for each, dues in zip(begun, together, strict=True) for one in dues]
        await store.targets.save(targets)


def _submission(
    connection: Connection, channel_id: str, due: list[DueTarget], stock: StockPort, now: datetime
) -> Submission:
    lines = tuple(_line(one) for one in due)
    told = tuple(StockLine(line.sku, line.quantity, one.facts) for line, one in zip(lines, due, strict=True))
    return Submission(
        id=new_id(),
        connection_id=connection.id,
        channel_id=channel_id,
        lines=lines,
        state=stock.begin(channel_id, told),
        due_at=now,
        begun_at=now,
        urgent=any(line.quantity == 0 for line in lines),
    )


def _line(due: DueTarget) -> Line:
    target = due.target
    return Line(target.id, target.sku, target.desired or 0, target.desired_version)
