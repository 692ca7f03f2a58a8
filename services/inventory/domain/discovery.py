"""A pass over a connection's listings: channel by channel, page by page; how far it has come."""

from dataclasses import dataclass, replace
from datetime import datetime

# So often a channel is begun again in one pass before it is left out of it.
MOST_RESTARTS = 3


@dataclass(frozen=True, slots=True)
class Pass:
    """
    `channels`: those still to be read, the first one from `page_token` on. `skipped`: those that would not be read;
    nothing of them is taken for gone. `unreadable`: records left out so far.
    """

    started_at: datetime
    channels: tuple[str, ...]
    page_token: str | None = None
    skipped: tuple[str, ...] = ()
    unreadable: int = 0
    restarts: int = 0

    @property
    def channel_id(self) -> str:
        return self.channels[0]

    @property
    def ended(self) -> bool:
        return not self.channels

    def page_read(self, next_token: str | None, unreadable: int) -> "Pass":
        """A token that comes again would lead in a circle: the channel is begun anew."""
        counted = replace(self, unreadable=self.unreadable + unreadable)
        if next_token is None:
            return counted._next_channel()
        return counted.restarted() if next_token == self.page_token else replace(counted, page_token=next_token)

    def restarted(self) -> "Pass":
        if self.restarts >= MOST_RESTARTS:
            return self.channel_refused()
        return replace(self, page_token=None, restarts=self.restarts + 1)

    def channel_refused(self) -> "Pass":
        return replace(self, skipped=(*self.skipped, self.channel_id))._next_channel()

    def _next_channel(self) -> "Pass":
        return replace(self, channels=self.channels[1:], page_token=None, restarts=0)


@dataclass(frozen=True, slots=True)
class Discovery:
    """
    Of one connection. `current` None: no pass is under way. `read_at`: when the last pass ended, `unreadable`: how many
    records it left out. `waits_code`: what reading waits for. `weights`: what listings weigh is read, too.
    """

    due_at: datetime
    current: Pass | None = None
    read_at: datetime | None = None
    unreadable: int = 0
    waits_code: str | None = None
    waits_since: datetime | None = None
    weights: bool = False

    def taking_weights(self, taken: bool, now: datetime) -> "Discovery":
        """From now on, or no longer. A pass under way is of what was chosen when it began: it starts over."""
        return replace(self, weights=taken, current=None, due_at=now)

    def waiting(self, code: str, now: datetime) -> "Discovery":
        since = self.waits_since if self.waits_code == code else now
        return replace(self, waits_code=code, waits_since=since)

    def going_on(self, current: Pass, now: datetime) -> "Discovery":
        """Channels that would not be read are what it waits for, until a pass reads them."""
        if current.skipped:
            return replace(self, current=current, due_at=now).waiting("refused", now)
        return replace(self, current=current, due_at=now, waits_code=None, waits_since=None)

    def passed(self, done: Pass, due_at: datetime, now: datetime) -> "Discovery":
        after = replace(self.going_on(done, now), current=None, due_at=due_at, read_at=now)
        return replace(after, unreadable=done.unreadable)
