"""Each change of what a token is given by is told to who listens: processes keep it in memory (decision 0038)."""

from typing import cast

from alembic import op as alembic_op
from alembic.operations import Operations

revision = "0026"
down_revision = "0025"

# Alembic's module has the methods of the Operations it stands for, which only its stubs do not say.
op = cast(Operations, alembic_op)

_TELLS = """
    create function tell_token_change() returns trigger language plpgsql as $$
    begin
        perform pg_notify('auth_token_change', old.id::text);
        return null;
    end $$
"""
_READ_OF = {
    "connection": ("state", "consent_version", "grant_id"),
    "access_grant": (
        "wrapped_key",
        "sealed_refresh_token",
        "sealed_access_token",
        "token_version",
        "token_expires_at",
        "failure",
        "retry_at",
    ),
}


def upgrade() -> None:
    op.execute(_TELLS)
    for table, columns in _READ_OF.items():
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("old", "new"))
        op.execute(
            f"create trigger tell_update after update on {table} for each row"
            f" when (({old}) is distinct from ({new})) execute function tell_token_change()"
        )
        op.execute(
            f"create trigger tell_delete after delete on {table} for each row execute function tell_token_change()"
        )
