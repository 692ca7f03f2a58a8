"""Reading an uploaded table: every good line, and every bad one with its number and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inventory.domain.sku import StockRow
from services.inventory.domain.stock_import import LINES_MOST, BadLine, read_table


def read(text: str) -> tuple[list[StockRow], list[BadLine]]:
    table = read_table(text.encode())
    return list(table.rows), list(table.bad)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_spreadsheets_separate_with_is_taken(separator: str) -> None:
    """Comma, semicolon, tab; columns in any order; an empty cell says nothing; blank lines count for nothing."""
    lines = [["counted", "sku", "low_level"], ["5", "mug", ""], [], ["", "a b/é", "3"]]
    rows, bad = read("\r\n".join(separator.join(line) for line in lines))
    assert rows == [StockRow("mug", counted=5), StockRow("a b/é", low_level=3)]
    assert bad == []


def test_what_windows_writes_is_read() -> None:
    """With a byte-order mark, or in CP1252."""
    expected = (StockRow("café", counted=1),)
    assert read_table(b"\xef\xbb\xbf" + "sku,counted\ncafé,1".encode()).rows == expected
    assert read_table("sku,counted\ncafé,1".encode("cp1252")).rows == expected


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("mug,1", BadLine(3, "sku", "repeated")),
        (",1", BadLine(3, "sku", "empty")),
        ("cup,-1", BadLine(3, "counted", "not_a_number")),
        ("cup,1.5", BadLine(3, "counted", "not_a_number")),
        ("cup,1000001", BadLine(3, "counted", "not_a_number")),
        ("cup,", BadLine(3, None, "says_nothing")),
        ("cup", BadLine(3, None, "cells")),
        ("cup,1,2", BadLine(3, None, "cells")),
    ],
)
def test_a_bad_line_is_told_with_its_number(line: str, bad: BadLine) -> None:
    """The others are read."""
    rows, found = read(f"sku,counted\nmug,7\n{line}\npot,1")
    assert found == [bad]
    assert [row.code for row in rows] == ["mug", "pot"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"sku,counted\n\n", "empty"),
        (b"PK\x03\x04\0\0", "not_text"),
        (b'sku,counted\n"mug,1', "not_csv"),
        (b"code,counted\nmug,1", "no_sku_column"),
        (b"sku,price\nmug,1", "unknown_column"),
        (b"sku,counted,counted\nmug,1,1", "unknown_column"),
        (b"sku\nmug", "no_number_column"),
        (b"sku,counted\n" + b"mug,1\n" * (LINES_MOST + 1), "too_many_lines"),
    ],
)
def test_a_file_that_is_no_such_table_says_what_it_is(content: bytes, problem: str) -> None:
    """One bad line, the first, and nothing else."""
    table = read_table(content)
    assert (table.rows, [line.problem for line in table.bad]) == ((), [problem])


@given(st.binary(max_size=200))
def test_nothing_uploaded_is_an_exception(content: bytes) -> None:
    """Whatever it is, it is read or told; a SKU is never there twice."""
    table = read_table(content)
    assert table.rows or table.bad
    assert len({row.code for row in table.rows}) == len(table.rows)
