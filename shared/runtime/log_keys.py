"""
The keys a log line may have. Anything else is dropped and counted: what nobody thought of must not be printed.

A key belongs here when no value it can have is personal data or a secret.
"""

_ALWAYS = {"event", "level", "timestamp", "service", "process", "instance", "trace_id", "span_id", "dropped_keys"}

_SUBJECTS = {
    "organisation_id", "user_id", "connection_id", "grant_id", "mail_id", "order_id", "line_id", "sku_id",
    "shipment_id", "event_id", "subject", "subjects", "signing_key_id", "kid", "client_id", "session_id", "channel_id",
    "marketplace", "region", "marketplace_order_id", "record_id", "sku",
}  # fmt: skip

_HTTP = {"method", "route", "status", "milliseconds", "operation", "host", "port", "request_id", "effect", "scope"}

_MESSAGING = {
    "topic", "topics", "applied", "partition", "partitions", "offset", "sequence", "event_type", "batch", "consumer",
    "group", "parked", "published", "stale", "unknown", "lag", "sequence_seen", "generation",
}  # fmt: skip

_WORK = {
    "kind", "attempt", "attempts", "state", "outcome", "reason", "code", "count", "counts", "rows", "pages",
    "page", "orders", "unreadable", "received", "changed", "unchanged", "seconds", "retry_after_seconds",
    "wait_seconds", "pause_seconds", "due_at", "not_before", "leased_until", "since", "until", "window_after",
    "window_before", "cursor_at", "data_set", "covered_until", "consent_version", "token_version",
    "order_version", "version", "write_back", "channels", "revision", "part", "parts", "signal", "command",
    "database", "level_name", "queue", "remaining", "per_second", "skew_seconds", "quantity", "shipments",
    "lines", "reserved", "short", "action", "result", "expires_at", "mode",
}  # fmt: skip

# `error` is an exception or its class name (see log_safety), `detail` a sentence of ours, `message` a library's.
_TROUBLE = {"error", "detail", "exception", "logger", "message", "constraint", "sqlstate"}

ALLOWED = frozenset(_ALWAYS | _SUBJECTS | _HTTP | _MESSAGING | _WORK | _TROUBLE)
