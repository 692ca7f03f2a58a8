"""
The only code that sees a refresh token or a signing key in clear.

Everything it gives out is either short-lived (access tokens) or sealed.
"""
