"""What a token may do. A session may do what its member's role may (`roles.py`)."""

AUTH_TOKENS_USE = "auth.tokens:use"
AUTH_RESTRICTED_TOKENS_USE = "auth.restricted_tokens:use"
AUTH_SESSIONS_RESOLVE = "auth.sessions:resolve"
AUTH_CONNECTIONS_READ = "auth.connections:read"
AUTH_CONNECTIONS_WRITE = "auth.connections:write"
ORDERS_READ = "orders.orders:read"
ORDERS_WRITE = "orders.orders:write"
ORDERS_RECIPIENT_READ = "orders.recipient:read"
STOCK_READ = "inventory.stock:read"
STOCK_WRITE = "inventory.stock:write"
SHIPMENTS_READ = "labels.shipments:read"
SHIPMENTS_WRITE = "labels.shipments:write"

MEANINGS = {
    AUTH_TOKENS_USE: "Get access tokens of connections, report a lost consent, confirm an erasure.",
    AUTH_RESTRICTED_TOKENS_USE: "Get tokens of connections for calls that show buyers' data.",
    AUTH_SESSIONS_RESOLVE: "Ask whose session a cookie is, and which tokens were revoked.",
    AUTH_CONNECTIONS_READ: "Read connections and their channels.",
    AUTH_CONNECTIONS_WRITE: "Claim, set up and end connections.",
    ORDERS_READ: "Read orders, their lines and their timeline, without personal data.",
    ORDERS_WRITE: "Accept and refuse orders that wait for it, choose who does.",
    ORDERS_RECIPIENT_READ: "Read to whom an order goes; every read is audited.",
    STOCK_READ: "Read SKUs, levels, the ledger, listings and what channels are told.",
    STOCK_WRITE: "Set levels and weights, map listings and say how they follow the stock.",
    SHIPMENTS_READ: "Read shipments and their labels.",
    SHIPMENTS_WRITE: "Create and void labels, hand parcels over, repeat write-backs, change carrier and channels.",
}

# What each service's own OAuth client may ask for.
SERVICE_SCOPES = {
    "orders": (AUTH_TOKENS_USE, AUTH_SESSIONS_RESOLVE),
    "inventory": (AUTH_TOKENS_USE, AUTH_SESSIONS_RESOLVE),
    "labels": (AUTH_TOKENS_USE, AUTH_RESTRICTED_TOKENS_USE, AUTH_SESSIONS_RESOLVE, ORDERS_RECIPIENT_READ),
}

SELLER_SCOPES = frozenset(
    {
        AUTH_CONNECTIONS_READ,
        AUTH_CONNECTIONS_WRITE,
        ORDERS_READ,
        ORDERS_WRITE,
        ORDERS_RECIPIENT_READ,
        STOCK_READ,
        STOCK_WRITE,
        SHIPMENTS_READ,
        SHIPMENTS_WRITE,
    }
)
