"""
A table of levels somebody uploads: read line by line, every line that cannot be read told with its number and why.

Comma, semicolon or tab; a first line that names the columns: `sku`, and any of `counted`, `weight_grams`, `low_level`.
An empty cell leaves what is there. UTF-8, or what spreadsheets write on Windows (CP1252).
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.inventory.domain.sku import (
    HEAVIEST_GRAMS,
    HIGHEST_COUNT,
    LIGHTEST_GRAMS,
    StockRow,
    problem_with_code,
)
from shared.kernel.ids import OrganisationId, UserId

LINES_MOST = 10_000
COLUMNS = ("sku", "counted", "weight_grams", "low_level")
_LIMITS = {
    "counted": (0, HIGHEST_COUNT),
    "weight_grams": (LIGHTEST_GRAMS, HEAVIEST_GRAMS),
    "low_level": (0, HIGHEST_COUNT),
}


@dataclass(frozen=True, slots=True)
class BadLine:
    """`line`: its number in the file, 1 the first. `problem`: a code. `column`: where there is one to blame."""

    line: int
    column: str | None
    problem: str


@dataclass(frozen=True, slots=True)
class ReadTable:
    rows: tuple[StockRow, ...]
    bad: tuple[BadLine, ...]


@dataclass(frozen=True, slots=True)
class StockImport:
    """`applied_at` None: only looked at so far."""

    id: UUID
    organisation_id: OrganisationId
    made_by: UserId | None
    made_at: datetime
    table: ReadTable
    applied_at: datetime | None = None


def read_table(content: bytes) -> ReadTable:
    """Never raises: a file that is no table has one bad line that says so."""
    text = _text(content)
    if text is None or "\0" in text:
        return _only("not_text")
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        return _only("empty")
    if len(lines) > LINES_MOST + 1:
        return _only("too_many_lines")
    try:
        cells = list(csv.reader(io.StringIO(text), delimiter=_delimiter(lines[0]), strict=True))
    except csv.Error:
        return _only("not_csv")
    names = [name.strip().lower() for name in cells[0]]
    if problem := _problem_with_columns(names):
        return _only(problem)
    return _read(names, cells[1:])


def _read(names: Sequence[str], records: Sequence[Sequence[str]]) -> ReadTable:
    rows: list[StockRow] = []
    bad: list[BadLine] = []
    first: dict[str, int] = {}
    for number, record in enumerate(records, start=2):
        if not any(cell.strip() for cell in record):
            continue
        found = _row(number, names, record)
        if isinstance(found, BadLine):
            bad.append(found)
        elif found.code in first:
            bad.append(BadLine(number, "sku", "repeated"))
        else:
            first[found.code] = number
            rows.append(found)
    return ReadTable(tuple(rows), tuple(bad)) if rows or bad else _only("empty")


def _row(number: int, names: Sequence[str], record: Sequence[str]) -> StockRow | BadLine:
    if len(record) != len(names):
        return BadLine(number, None, "cells")
    told = {name: cell.strip() for name, cell in zip(names, record, strict=True)}
    if problem := problem_with_code(told["sku"]):
        return BadLine(number, "sku", problem)
    numbers: dict[str, int] = {}
    for name, (lowest, highest) in _LIMITS.items():
        cell = told.get(name, "")
        if not cell:
            continue
        if not (cell.isascii() and cell.isdecimal() and len(cell) <= 9 and lowest <= int(cell) <= highest):
            return BadLine(number, name, "not_a_number")
        numbers[name] = int(cell)
    return StockRow(told["sku"], **numbers) if numbers else BadLine(number, None, "says_nothing")


def _problem_with_columns(names: Sequence[str]) -> str | None:
    if "sku" not in names:
        return "no_sku_column"
    if len(set(names)) != len(names) or not set(names) <= set(COLUMNS):
        return "unknown_column"
    return "no_number_column" if len(names) == 1 else None


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _text(content: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _only(problem: str) -> ReadTable:
    return ReadTable((), (BadLine(1, None, problem),))
