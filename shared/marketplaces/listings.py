"""What sellers offer on a channel, and what a channel is told and tells of its stock, in our words. Pure."""

from dataclasses import dataclass, field
from typing import Any

# What weighs more is no parcel of ours, whoever says so.
HEAVIEST_GRAMS = 100_000


@dataclass(frozen=True, slots=True)
class PackageWeight:
    """
    What a listing tells that one unit of it weighs, packed: `grams`, rounded up. None: it cannot be, and `problem` says
    why (`unreadable`, `unit_unknown`, `not_positive`, `too_heavy`).
    """

    grams: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """
    An offer of the seller on one channel. `quantity` None: not told. `marketplace_fulfilled`: its units lie in the
    marketplace's warehouse, and its quantity is never ours to tell. `weight` None: not told, or not asked for.

    `facts`: what telling its quantity needs beside the SKU (Amazon: the product type), kept with it and handed back.
    """

    sku: str
    title: str | None
    active: bool
    marketplace_fulfilled: bool
    quantity: int | None
    facts: dict[str, str] = field(default_factory=dict)
    weight: PackageWeight | None = None


@dataclass(frozen=True, slots=True)
class ListingPage:
    """`next_token` None = the channel's last page. `unreadable`: reasons of records left out, without their data."""

    listings: tuple[Listing, ...]
    unreadable: tuple[str, ...]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class StockLimits:
    """
    `lines`: at most so many SKUs in one submission. `open_at_once`: so many submissions of a channel may be under way.
    `shared`: all channels of a connection show one quantity, told through any one of them.
    """

    lines: int
    open_at_once: int
    shared: bool


@dataclass(frozen=True, slots=True)
class StockLine:
    """How many of a SKU the channel is to show. `facts`: the listing's."""

    sku: str
    quantity: int
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StockOutcome:
    """
    What became of one line. `shown`: the quantity read back; None: not read.

    `reason`: why it was refused, a code of ours; `detail`: what the marketplace says of it, where it may be shown.
    """

    sku: str
    shown: int | None = None
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class StockStep:
    """
    A submission after a call: its next state (None: it has ended), when to go on, and lines known by now.

    `replaceable`: the channel took all lines that are left, and they are only waited for to be seen: one that is to
    show another quantity by now can be told it at once.
    """

    state: dict[str, Any] | None
    wait_seconds: float = 0.0
    outcomes: tuple[StockOutcome, ...] = ()
    replaceable: bool = False
