"""Accounts brought from an older interface: what a table may look like, and what is said of each bad line."""

from dataclasses import replace

import pytest

from services.auth.domain.brought import (
    CHANNELS,
    LINES_MOST,
    NAME,
    SELLER,
    BadLine,
    Brought,
    BroughtProblem,
    Market,
    bring,
    read_one,
    read_table,
)
from services.auth.domain.connection import ConnectionState
from shared.kernel.ids import new_id
from tests.unit.auth.builders import connection

FR, DE, US, JP = "A13V1IB3VIYZZH", "A1PA6795UKMFR9", "ATVPDKIKX0DER", "A1VC38T7YXB528"
UK = "A1F83G8C2ARO7P"
MARKETS = {
    FR: Market("FR", "eu", True),
    DE: Market("DE", "eu", True),
    UK: Market("GB", "eu", True),
    US: Market("US", "na", True),
    JP: Market("JP", "fe", False),
}
TOKEN = "amzn.mws.4ea38b7b-f563-7709-4bae-87aea15c"


@pytest.mark.parametrize(
    "text",
    [
        f"name,merchant_id,marketplace_ids\nShop,A1,{FR} {DE}",
        f"Name;Merchant ID;Marketplaces\nShop;A1;{FR}|{DE}\n",
        f"merchant_id\tmarketplace_ids\tname\tmws_token\nA1\tFR de\tShop\t{TOKEN}",
        'name,seller_id,marketplaces\n\n"Shop","A1","FR / DE"\n\n',
    ],
)
def test_one_account_in_many_spellings(text: str) -> None:
    """Commas, semicolons or tabs; columns in any order; ids or countries; empty lines count for nothing."""
    table = read_table(text, MARKETS)
    assert table.bad == ()
    assert table.accounts == (Brought("Shop", "A1", "eu", "FR", frozenset({FR, DE})),)


def test_a_token_is_in_nothing_that_was_read() -> None:
    """Neither in what is kept nor in what is shown again."""
    table = read_table(f"mws_token,name,merchant_id,marketplace_ids\n{TOKEN},Shop,A1,XX", MARKETS)
    assert table.rows == (("Shop", "A1", "XX"),)
    assert TOKEN not in repr(table)


def test_an_account_of_several_regions_is_several() -> None:
    """Each region has its own consent; the country of each is that of its first marketplace."""
    table = read_one("", "A1", "UK US FR", MARKETS)
    assert table.accounts == (
        Brought("A1", "A1", "eu", "GB", frozenset({UK, FR})),
        Brought("A1", "A1", "na", "US", frozenset({US})),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", BroughtProblem.EMPTY),
        ("   \n ", BroughtProblem.EMPTY),
        ("name,merchant_id,marketplace_ids", BroughtProblem.EMPTY),
        ("name,merchant_id\nShop,A1", BroughtProblem.COLUMN_MISSING),
        ("name,name,merchant_id,marketplace_ids\na,b,A1,FR", BroughtProblem.COLUMN_MISSING),
        ("Shop,A1,FR", BroughtProblem.COLUMN_MISSING),
        ('name,merchant_id,marketplace_ids\n"Shop"x,A1,FR', BroughtProblem.NOT_A_TABLE),
        ("name,merchant_id,marketplace_ids\n" + "Shop,A1,FR\n" * (LINES_MOST + 1), BroughtProblem.TOO_MANY),
    ],
)
def test_what_is_no_table_is_told_once(text: str, problem: BroughtProblem) -> None:
    """Of the first line, and nothing is read."""
    table = read_table(text, MARKETS)
    assert (table.accounts, table.bad) == ((), (BadLine(1, None, problem),))


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("x" * 81 + ",A1,FR", NAME, BroughtProblem.NAME_INVALID),
        ("Shop,,FR", SELLER, BroughtProblem.SELLER_INVALID),
        ("Shop,A 1,FR", SELLER, BroughtProblem.SELLER_INVALID),
        ("Shop,A1", CHANNELS, BroughtProblem.CHANNELS_UNKNOWN),
        ("Shop,A1,FR XX", CHANNELS, BroughtProblem.CHANNELS_UNKNOWN),
        ("Shop,A1,JP", CHANNELS, BroughtProblem.NOT_OFFERED),
        ("Shop,FIRST,DE", SELLER, BroughtProblem.REPEATED),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_column(line: str, column: str, problem: BroughtProblem) -> None:
    """Beside lines that are good."""
    table = read_table(f"name,merchant_id,marketplace_ids\nShop,FIRST,FR\n\n{line}\nShop,LAST,US", MARKETS)
    assert table.bad == (BadLine(4, column, problem),)


def test_what_is_brought_waits_for_consent() -> None:
    """
    Nothing is asked of it, nobody is told of it, no claim is made; an ended connection keeps what it is. Seen red: an
    application of one's own that it was once reached by, to which its button led.
    """
    ended = replace(connection(state=ConnectionState.DISCONNECTED), grant_id=None, consent_version=4, app_id=new_id())
    change = bring(ended, Brought("Old name", ended.seller_id, "eu", "FR", frozenset({FR})))
    waiting = change.connection
    assert change.happened is None
    assert (waiting.id, waiting.consent_version, waiting.state) == (ended.id, 4, ConnectionState.UNPROVEN)
    assert (waiting.name, waiting.country, waiting.chosen) == ("Old name", "FR", frozenset({FR}))
    assert (waiting.is_claimed, waiting.may_be_probed, waiting.probe_due_at) == (False, False, None)
    assert (waiting.app_id, waiting.remind_at) == (None, None)
