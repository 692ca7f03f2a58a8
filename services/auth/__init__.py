"""
Who may speak for which seller: accounts, sessions, consents, connections, and every long-lived secret.

`vault/` is the only code that sees a refresh token or a signing key in clear. What happens with orders, stock and
parcels is never here.
"""
