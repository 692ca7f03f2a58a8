"""Values handed to a statement as one array per column: any number of them is one statement, planned once."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Column, ColumnClause, ColumnElement, TableValuedAlias, any_, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY


def rows_of(columns: Sequence[ColumnClause[Any]], rows: Iterable[Any]) -> TableValuedAlias:
    """A relation with these columns; each row is an object that has an attribute by each column's name."""
    held = list(rows)
    arrays = [bindparam(None, [getattr(row, c.name) for row in held], ARRAY(c.type), unique=True) for c in columns]
    names = [column(c.name, c.type) for c in columns]
    return func.unnest(*arrays).table_valued(*names).render_derived()


def among(tested: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column holds one of the values."""
    return tested == any_(bindparam(None, list(values), ARRAY(tested.type), unique=True))
