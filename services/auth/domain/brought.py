"""
Seller accounts that somebody brings from a marketplace's older interface, as a table: read line by line.

Comma, semicolon or tab; a first line that names the columns: `name`, `merchant_id`, `marketplace_ids` (several with
spaces or bars between, ids or country codes). Other columns, an old token's among them, are dropped here.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.auth.domain.connection import Change, Connection, ConnectionState, NameInvalid, clean_name

LINES_MOST = 200
NAME, SELLER, CHANNELS = COLUMNS = ("name", "merchant_id", "marketplace_ids")
_SPELLINGS = {"seller_id": SELLER, "merchant": SELLER, "marketplaces": CHANNELS, "marketplace_id": CHANNELS}
_SELLER_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BETWEEN = re.compile(r"[\s|/]+")
# Amazon writes it so; ISO 3166 does not.
_COUNTRIES = {"UK": "GB"}


class BroughtProblem(StrEnum):
    """What is wrong with a line, or with all."""

    EMPTY = "empty"
    NOT_A_TABLE = "not-a-table"
    TOO_MANY = "too-many"
    COLUMN_MISSING = "column-missing"
    NAME_INVALID = "name-invalid"
    SELLER_INVALID = "seller-invalid"
    CHANNELS_UNKNOWN = "channels-unknown"
    NOT_OFFERED = "not-offered"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class BadLine:
    """`line`: its number, 1 the first; `column` None: the line as a whole."""

    line: int
    column: str | None
    problem: BroughtProblem


@dataclass(frozen=True, slots=True)
class Brought:
    """One account in one region: where it sold, and the country of the first of these."""

    name: str
    seller_id: str
    region: str
    country: str
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class BroughtTable:
    """`rows`: the cells of the columns we know, in their order, to be shown again: nothing else of what was sent."""

    accounts: tuple[Brought, ...]
    bad: tuple[BadLine, ...]
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Market:
    """A channel one may bring: its country, and the region of that; `offered`: we have an application there."""

    country: str
    region: str
    offered: bool


def read_table(text: str, markets: Mapping[str, Market]) -> BroughtTable:
    """Never raises: a text that is no table has one bad line that says so. `markets`: by id."""
    lines = text.strip().splitlines()
    if not lines:
        return _only(BroughtProblem.EMPTY)
    if len(lines) > LINES_MOST + 1:
        return _only(BroughtProblem.TOO_MANY)
    try:
        records = list(
            csv.reader(io.StringIO("\n".join(lines)), delimiter=max(",;\t", key=lines[0].count), strict=True)
        )
    except csv.Error:
        return _only(BroughtProblem.NOT_A_TABLE)
    names = [_column(cell) for cell in records[0]]
    if any(names.count(column) != 1 for column in COLUMNS):
        return _only(BroughtProblem.COLUMN_MISSING)
    places = [names.index(column) for column in COLUMNS]
    rows = [
        (number, tuple(record[place].strip() if place < len(record) else "" for place in places))
        for number, record in enumerate(records[1:], start=2)
    ]
    return _read([row for row in rows if any(row[1])], markets)


def read_one(name: str, seller_id: str, channels: str, markets: Mapping[str, Market]) -> BroughtTable:
    """The same of one account's fields; its line is 2, as below a line of names."""
    return _read([(2, (name, seller_id, channels))], markets)


def bring(connection: Connection, account: Brought) -> Change:
    """The organisation says what it calls the account and where it sold; without consent nothing is asked of it."""
    waiting = replace(
        connection,
        state=ConnectionState.UNPROVEN,
        name=account.name,
        country=account.country,
        chosen=account.channels,
        claimed_at=None,
        probe_due_at=None,
        probe_outcome=None,
        app_id=None,
        remind_at=None,
    )
    return Change(waiting, None)


def _read(rows: Sequence[tuple[int, tuple[str, ...]]], markets: Mapping[str, Market]) -> BroughtTable:
    accounts: dict[tuple[str, str], Brought] = {}
    bad: list[BadLine] = []
    for number, row in rows:
        found = _accounts(number, row, markets)
        if isinstance(found, BadLine):
            bad.append(found)
            continue
        if any((each.region, each.seller_id) in accounts for each in found):
            bad.append(BadLine(number, SELLER, BroughtProblem.REPEATED))
        accounts |= {(each.region, each.seller_id): each for each in found}
    if not rows:
        return _only(BroughtProblem.EMPTY)
    return BroughtTable(tuple(accounts.values()), tuple(bad), tuple(row for _, row in rows))


def _accounts(number: int, row: Sequence[str], markets: Mapping[str, Market]) -> list[Brought] | BadLine:
    """One for each region of the line."""
    name, seller_id, told = row
    try:
        cleaned = clean_name(name or seller_id)
    except NameInvalid:
        return BadLine(number, NAME, BroughtProblem.NAME_INVALID)
    if not _SELLER_ID.fullmatch(seller_id):
        return BadLine(number, SELLER, BroughtProblem.SELLER_INVALID)
    by_country = {market.country: channel_id for channel_id, market in markets.items()}
    words = [_COUNTRIES.get(word.upper(), word.upper()) for word in _BETWEEN.split(told) if word]
    channels = [by_country.get(word, word) for word in words]
    if not channels or any(channel_id not in markets for channel_id in channels):
        return BadLine(number, CHANNELS, BroughtProblem.CHANNELS_UNKNOWN)
    if not all(markets[channel_id].offered for channel_id in channels):
        return BadLine(number, CHANNELS, BroughtProblem.NOT_OFFERED)
    by_region: dict[str, list[str]] = {}
    for channel_id in channels:
        by_region.setdefault(markets[channel_id].region, []).append(channel_id)
    return [
        Brought(cleaned, seller_id, region, markets[its[0]].country, frozenset(its))
        for region, its in by_region.items()
    ]


def _column(cell: str) -> str:
    """`Merchant ID` is `merchant_id`."""
    name = "_".join(cell.strip().lower().split())
    return _SPELLINGS.get(name, name)


def _only(problem: BroughtProblem) -> BroughtTable:
    return BroughtTable((), (BadLine(1, None, problem),))
