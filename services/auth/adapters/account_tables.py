"""Tables of people: organisations, accounts, how they sign in. Only the vault can open what is named sealed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
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

from shared.db.metadata import new_metadata

metadata = new_metadata()
TIME = DateTime(timezone=True)

organisation = Table(
    "organisation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("reminded_at", TIME),
    Column("calendar_digest", Text, unique=True),
    Column("professional", Boolean, nullable=False, server_default=text("false")),
    Column("reviewed_at", TIME),
    Column("review_due_at", TIME, nullable=False, server_default=text("now() + interval '91 days'")),
    Column("closed_at", TIME),
)

# To those who were members of one that was closed: nothing else here has their addresses.
farewell = Table(
    "farewell",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("due_at", TIME, nullable=False, index=True),
)

# Where the organisation is; sealed.
address = Table(
    "address",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey("organisation.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_address", LargeBinary, nullable=False),
    UniqueConstraint("organisation_id", "kind"),
)

account = Table(
    "account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey("organisation.id"), nullable=False, index=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("email_confirmed_at", TIME),
    Column("password_changed_at", TIME, nullable=False, server_default=text("now()")),
    Column("disabled_at", TIME),
    Column("role", Text, nullable=False, server_default=text("'owner'")),
    Column("signed_in_at", TIME),
)

# `mail_due_at`: it is to be sent.
invitation = Table(
    "invitation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, ForeignKey("organisation.id"), nullable=False, index=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("made_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("mail_due_at", TIME),
    Column("mailed_at", TIME),
    UniqueConstraint("organisation_id", "email_key"),
)
Index("ix_invitation_mail_due_at", invitation.c.mail_due_at, postgresql_where=text("mail_due_at is not null"))

invitation_link = Table(
    "invitation_link",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("invitation_id", Uuid, ForeignKey("invitation.id", ondelete="CASCADE"), nullable=False, index=True),
)

# Those before the one in use, newest first by id.
former_password = Table(
    "former_password",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False, index=True),
    Column("password_hash", Text, nullable=False),
)

account_link = Table(
    "account_link",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("expires_at", TIME, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False, index=True),
    Column("csrf_token", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("seen_at", TIME, nullable=False),
    Column("browser", Text, nullable=False, server_default=text("''")),
    Column("pending", Boolean, nullable=False, server_default=text("false")),
    Column("two_factors", Boolean, nullable=False, server_default=text("false")),
    Column("way", Text, nullable=False, server_default=text("'password'")),
)

second_factor = Table(
    "second_factor",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id"), primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("confirmed_at", TIME),
    Column("last_step", BigInteger, nullable=False),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False, index=True),
)

# Neither the id nor the public key of a passkey is secret.
passkey = Table(
    "passkey",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("used_at", TIME),
)

# By the digest of the cookie that its answer must come with.
passkey_challenge = Table(
    "passkey_challenge",
    metadata,
    Column("holder", Text, primary_key=True),
    Column("ceremony", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("expires_at", TIME, nullable=False, index=True),
)

openid_state = Table(
    "openid_state",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("goal", Text, nullable=False),
    Column("expires_at", TIME, nullable=False, index=True),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("window_began", TIME, nullable=False),
)

# Of the operator, beside what they are in their own organisation.
support_staff = Table(
    "support_staff",
    metadata,
    Column("account_id", Uuid, ForeignKey("account.id"), primary_key=True),
    Column("granted_at", TIME, nullable=False),
    Column("secrets", Boolean, nullable=False, server_default=text("false")),
)

support_look = Table(
    "support_look",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), nullable=False),
    Column("organisation_id", Uuid, ForeignKey("organisation.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    # One person's, the newest first.
    Index("ix_support_look_account_id_id", "account_id", "id"),
)

# By e-mail, masked, whether somebody has it or not; without an account for one that nobody has.
sign_in_lock = Table(
    "sign_in_lock",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id"), index=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", TIME, nullable=False),
    Column("locked_until", TIME),
)
