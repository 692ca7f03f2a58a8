"""
Labels' kinds of work, and what of each is due now. What calls out: of connections that are active, or whose consent
expired while it may still be good, for what was taken on before. Erasing calls nobody: of all.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, select

from services.labels.adapters.erasures import due_erasures
from services.labels.adapters.tables import connection, shipment, write_back
from shared.db.claims import Kind
from shared.events.auth import MAY_FINISH
from shared.kernel.budgets import Rate

LABEL = "label"
WRITE_BACK = "write_back"
ERASE = "erase"


def kinds(rates: Mapping[str, Rate]) -> Mapping[str, Kind]:
    """`rates`: of the operations that belong to the write-back."""
    return {
        LABEL: Kind(due=_due(shipment, shipment.c.label_due_at)),
        WRITE_BACK: Kind(due=_due(write_back, write_back.c.due_at), lease_seconds=60, margin_seconds=25, rates=rates),
        ERASE: Kind(due=due_erasures(), lease_seconds=60),
    }


def _due(table: Table, due_at: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            table.c.connection_id.label("subject"), connection.c.marketplace.label("far_side"), due_at.label("due_at")
        )
        .join(connection, connection.c.connection_id == table.c.connection_id)
        .where(connection.c.state.in_(MAY_FINISH), due_at <= func.statement_timestamp())
    )
