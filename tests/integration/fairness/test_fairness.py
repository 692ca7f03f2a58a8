"""One very large seller beside small ones, in virtual time, through a loop of one place: the worst there can be."""

from sqlalchemy.engine import make_url

from tests.fairness.reading import read
from tests.fairness.sellers import Size
from tests.fairness.telling import tell
from tests.fairness.virtual_time import prepare, run
from tests.infrastructure import DatabaseServer, MakeDatabase

# A turn, the call it is in, and those of the others who wait too.
_BOUND_SECONDS = 15.0


def test_small_sellers_are_read_while_a_big_one_is(
    migrated_database: MakeDatabase, database_server: DatabaseServer
) -> None:
    """
    Beyond its burst the big one waits for its quota alone, and nothing is refused.

    Seen red with a call more than the burst in our budgets.
    """
    url = _prepared(migrated_database("orders"), database_server)
    waits = run(lambda engine: read(engine, Size(small=3, orders=115, page=5, places=1)), url)
    assert max(waits.small) < _BOUND_SECONDS
    assert waits.big > 2 / 0.0056
    assert waits.refused == 0


def test_small_sellers_are_told_while_a_big_one_is(
    migrated_database: MakeDatabase, database_server: DatabaseServer
) -> None:
    """
    Whoever is owed a call waits for no more than a turn of the big one, and nothing is refused.

    Seen red with the newest due first.
    """
    url = _prepared(migrated_database("labels"), database_server)
    waits = run(lambda engine: tell(engine, Size(small=3, orders=60, places=1)), url)
    assert max(waits.small) < _BOUND_SECONDS
    assert waits.big > 50 / 2.0
    assert waits.refused == 0


def _prepared(url: str, server: DatabaseServer) -> str:
    prepare(server, str(make_url(url).database))
    return url
