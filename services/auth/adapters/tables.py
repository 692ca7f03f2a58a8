"""auth's tables. Columns named sealed or wrapped hold what only the vault can open."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.auth.adapters.account_tables import TIME as _TIME
from services.auth.adapters.account_tables import account as account
from services.auth.adapters.account_tables import account_link as account_link
from services.auth.adapters.account_tables import address as address
from services.auth.adapters.account_tables import farewell as farewell
from services.auth.adapters.account_tables import former_password as former_password
from services.auth.adapters.account_tables import invitation as invitation
from services.auth.adapters.account_tables import invitation_link as invitation_link
from services.auth.adapters.account_tables import metadata as metadata
from services.auth.adapters.account_tables import openid_state as openid_state
from services.auth.adapters.account_tables import organisation as organisation
from services.auth.adapters.account_tables import passkey as passkey
from services.auth.adapters.account_tables import passkey_challenge as passkey_challenge
from services.auth.adapters.account_tables import recovery_code as recovery_code
from services.auth.adapters.account_tables import second_factor as second_factor
from services.auth.adapters.account_tables import session as session
from services.auth.adapters.account_tables import sign_in_attempt as sign_in_attempt
from services.auth.adapters.account_tables import sign_in_lock as sign_in_lock
from services.auth.adapters.account_tables import support_look as support_look
from services.auth.adapters.account_tables import support_staff as support_staff
from services.auth.adapters.audit_tables import audit as audit
from services.auth.adapters.audit_tables import audit_link as audit_link
from shared.db.standard import inbox_table, lease_table, outbox_table

outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
lease = lease_table(metadata)

consent_state = Table(
    "consent_state",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("session", Text, nullable=False),
    Column("organisation_id", Uuid, ForeignKey("organisation.id"), nullable=False),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("marketplace", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("country", Text, nullable=False, server_default=text("''")),
    Column("name", Text, nullable=False),
    Column("connection_id", Uuid),
    Column("seller_id", Text),
    Column("expires_at", _TIME, nullable=False, index=True),
    Column("used_at", _TIME),
    Column("endpoint", Text, nullable=False, server_default=text("'production'")),
)

private_app = Table(
    "private_app",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey("organisation.id"), nullable=False),
    Column("marketplace", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("made_at", _TIME, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("sealed_former_secret", LargeBinary),
    Column("replaced_at", _TIME),
    Column("refused_at", _TIME),
    *(Column(name, _TIME) for name in ("refusal_told_at", "secret_ends_at", "warn_at")),
    UniqueConstraint("organisation_id", "marketplace", "client_id"),
)

# Of our own applications. Empty once it was destroyed; its digest stays, so that it is never taken for a new one.
client_secret = Table(
    "client_secret",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("began_at", _TIME, nullable=False),
    Column("ends_at", _TIME),
    Column("end_is_told", Boolean, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("warned_at_days", Integer),
    Column("asked_at", _TIME),
    UniqueConstraint("client_id", "digest"),
)

access_grant = Table(
    "access_grant",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("marketplace", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_refresh_token", LargeBinary),
    Column("sealed_access_token", LargeBinary, nullable=False),
    Column("token_version", BigInteger, nullable=False),
    Column("token_expires_at", _TIME, nullable=False),
    Column("failure", Text),
    Column("retry_at", _TIME),
    Column("app_id", Uuid, ForeignKey("private_app.id"), index=True),
    # Equal for the accounts of an application that share a refresh token.
    Column("token_digest", Text),
)
# Without a refresh token it is our application's own, one for all its sellers.
Index(
    "uq_access_grant_shared",
    access_grant.c.marketplace,
    access_grant.c.region,
    unique=True,
    postgresql_where=text("sealed_refresh_token is null"),
)

connection = Table(
    "connection",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey("organisation.id"), nullable=False, index=True),
    Column("marketplace", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("consent_version", BigInteger, nullable=False),
    Column("grant_id", Uuid, ForeignKey("access_grant.id"), index=True),
    Column("authorised_at", _TIME),
    Column("expires_at", _TIME),
    # Those the last probe told; of these the chosen ones, null = all.
    Column("channels", JSONB, nullable=False),
    Column("probe_due_at", _TIME),
    Column("probed_at", _TIME),
    Column("probe_outcome", Text),
    Column("suspected_at", _TIME),
    Column("event_sequence", BigInteger, nullable=False),
    Column("chosen_channels", JSONB(none_as_null=True)),
    Column("seller_state", Text),
    Column("orders_from", _TIME),
    Column("country", Text),
    Column("login", Text),
    Column("claimed_at", _TIME),
    Column("refused_at", _TIME),
    Column("contested", Boolean, nullable=False, server_default=text("false")),
    # No foreign key: what was disconnected remembers an application that is no longer here.
    Column("app_id", Uuid),
    Column("remind_at", _TIME),
    Column("erase_asked_at", _TIME),
    Column("endpoint", Text, nullable=False, server_default=text("'production'")),
    Column("professional", Boolean),
    Column("first_authorised_at", _TIME),
    Column("roles_told_at", _TIME),
    # Null while it lives.
    Column("ended_at", _TIME),
)
# A seller account belongs to one organisation while its connection lives; whoever only claims it, or reaches it by an
# application of their own, keeps nobody out.
Index(
    "uq_connection_consented_seller",
    connection.c.marketplace,
    connection.c.region,
    connection.c.seller_id,
    unique=True,
    postgresql_where=text("state not in ('disconnected', 'unproven') and app_id is null"),
)
Index(
    "uq_connection_private",
    connection.c.organisation_id,
    connection.c.marketplace,
    connection.c.region,
    connection.c.seller_id,
    connection.c.country,
    unique=True,
    postgresql_where=text("state <> 'disconnected' and app_id is not null"),
)
Index("ix_connection_remind_at", connection.c.remind_at, postgresql_where=text("remind_at is not null"))
Index(
    "uq_connection_claim",
    connection.c.organisation_id,
    connection.c.marketplace,
    connection.c.region,
    connection.c.seller_id,
    unique=True,
    postgresql_where=text("state = 'unproven'"),
)
Index("ix_connection_probe_due_at", connection.c.probe_due_at, postgresql_where=text("probe_due_at is not null"))

# Of our applications, asked for since; a consent of before does not hold it.
asked_role = Table(
    "asked_role",
    metadata,
    Column("marketplace", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("since", _TIME, nullable=False),
    Column("asked_at", _TIME, nullable=False),
)

mail = Table(
    "mail",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey("organisation.id"), nullable=False, index=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("connection_ids", ARRAY(Uuid), nullable=False),
    Column("made_at", _TIME, nullable=False),
    Column("due_at", _TIME),
    Column("sent_at", _TIME),
)
Index("ix_mail_due_at", mail.c.due_at, postgresql_where=text("due_at is not null"))

signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("public_key", JSONB, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_private_key", LargeBinary, nullable=False),
    Column("created_at", _TIME, nullable=False),
)

api_client = Table(
    "api_client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey("organisation.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    # For processes of the version before `api_client_secret`, which go on while tables change: the newest living one.
    Column("secret_digest", Text, nullable=False),
    Column("made_by", Uuid),
    Column("made_at", _TIME, nullable=False),
    Column("used_at", _TIME),
    Column("revoked_at", _TIME),
)

api_client_secret = Table(
    "api_client_secret",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", Text, ForeignKey("api_client.id"), nullable=False, index=True),
    Column("digest", Text, nullable=False),
    Column("made_by", Uuid),
    Column("made_at", _TIME, nullable=False),
    Column("used_at", _TIME),
    Column("ended_at", _TIME),
)

# Ids of tokens and of secrets, as tokens name them.
revoked_token = Table(
    "revoked_token",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, nullable=False, index=True),
    Column("until", _TIME, nullable=False),
)
