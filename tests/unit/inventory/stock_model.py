"""
Stock, said again as a dictionary.

It hears the events that inventory hears and keeps only what is told of each line; everything else is worked out when
asked.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from shared.events.base import Event
from shared.kernel.ids import OrganisationId


@dataclass(frozen=True)
class Held:
    """A line as inventory keeps it. `sku` None: it names none."""

    sku: str | None
    ship_by: datetime | None
    wanted: int
    reserved: int

    def urgency(self, line_id: UUID) -> tuple[bool, float, UUID]:
        return self.ship_by is None, self.ship_by.timestamp() if self.ship_by else 0.0, line_id


@dataclass(frozen=True)
class Level:
    tracked: bool
    on_hand: int
    reserved: int
    short: int


@dataclass(frozen=True)
class Shown:
    """What inventory says of one organisation. `entries`: change and level, as written. `versions` by order."""

    levels: dict[str, Level]
    lines: dict[UUID, Held]
    entries: dict[str, list[tuple[int, int]]]
    versions: dict[UUID, int | None]
    events: Sequence[Event[Any]]


class House(Protocol):
    """Inventory, over whatever keeps it."""

    async def deliver(self, topic: str, events: Sequence[Event[Any]]) -> None:
        """As the consumer gets them: several of a subject, old ones, known ones."""
        ...

    async def count(self, organisation_id: OrganisationId, code: str, units: int) -> None: ...

    async def fold(self, organisation_id: OrganisationId, oldest: int) -> None:
        """So many entries of the ledger, the oldest of all SKUs together, are no longer kept."""
        ...

    async def shown(self, organisation_id: OrganisationId) -> Shown: ...


@dataclass
class Model:
    """By line: what is told of it. By SKU: the level, None while nobody counted."""

    words: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    levels: dict[str, int | None] = field(default_factory=dict)
    heard: dict[tuple[str, UUID], int] = field(default_factory=dict)
    versions: defaultdict[UUID, set[int]] = field(default_factory=lambda: defaultdict(set))

    def deliver(self, topic: str, events: Sequence[Event[Any]]) -> set[UUID]:
        """The orders of which something was news: a batch shows the newest of each."""
        newest = {event.subject: event for event in sorted(events, key=lambda event: event.sequence)}
        fresh = {one: event for one, event in newest.items() if event.sequence > self.heard.get((topic, one), 0)}
        for subject, event in fresh.items():
            self.heard[topic, subject] = event.sequence
            (self._order if topic == "orders.order.v1" else self._parcels)(event)
        return set(fresh)

    def count(self, code: str, units: int) -> None:
        self.levels[code] = units

    def wanted(self, line_id: UUID) -> int:
        word = self.words[line_id]
        left = word["ordered"] - word["cancelled"] - max(word["confirmed"], word["fulfilled"])
        return max(0, left) if word["reserve"] else 0

    def level(self, code: str) -> Level:
        wanted = sum(self.wanted(line_id) for line_id, word in self.words.items() if word["sku"] == code)
        on_hand = self.levels[code]
        if on_hand is None:
            return Level(tracked=False, on_hand=0, reserved=wanted, short=0)
        held = min(on_hand, wanted)
        return Level(tracked=True, on_hand=on_hand, reserved=held, short=wanted - held)

    def _order(self, event: Event[Any]) -> None:
        self.versions[event.subject].add(event.body.order_version)
        told = {line.line_id: line for line in event.body.lines}
        for line_id, word in self.words.items():
            if word["order"] == event.subject and line_id not in told:
                word |= {"ordered": 0, "cancelled": 0, "reserve": False}
        for line_id, line in told.items():
            word = self._word(event.subject, line_id)
            for name in ("ordered", "cancelled", "fulfilled", "fulfilled_before", "reserve"):
                word[name] = getattr(line, name)
            word["sku"] = line.sku or word["sku"]
            word["ship_by"] = event.body.ship_by
            word["ours"] |= line.reserve or line.code in ("already_shipped", "cancelled")
            if word["sku"]:
                self.levels.setdefault(word["sku"], None)
            self._leave(word)

    def _parcels(self, event: Event[Any]) -> None:
        units: defaultdict[UUID, int] = defaultdict(int)
        for one in event.body.shipments:
            for line in one.lines if one.write_back == "confirmed" else ():
                units[line.line_id] += line.quantity
        mine = {line_id for line_id, word in self.words.items() if word["order"] == event.subject}
        for line_id in mine | set(units):
            word = self._word(event.subject, line_id)
            word["confirmed"] = units[line_id]
            self._leave(word)

    def _leave(self, word: dict[str, Any]) -> None:
        """Units leave the shelf once, and never come back by themselves."""
        if word["sku"] is None:
            return
        theirs = word["fulfilled"] - word["fulfilled_before"] if word["ours"] else 0
        gone = max(word["gone"], word["confirmed"], theirs)
        on_hand = self.levels[word["sku"]]
        if on_hand is not None:
            self.levels[word["sku"]] = max(0, on_hand - (gone - word["gone"]))
        word["gone"] = gone

    def _word(self, order_id: UUID, line_id: UUID) -> dict[str, Any]:
        nothing = dict.fromkeys(("ordered", "cancelled", "fulfilled", "fulfilled_before", "confirmed", "gone"), 0)
        flags = {"reserve": False, "ours": False, "sku": None, "ship_by": None}
        return self.words.setdefault(line_id, {"order": order_id} | nothing | flags)
