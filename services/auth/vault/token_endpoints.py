"""
What may be asked about a token and done to it: introspection (RFC 7662), revocation (RFC 7009), by Authlib's classes.

As at the token endpoint there is no I/O here: the token is at hand, looked at before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

CLIENT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")
_TOLD = ("scope", "client_id", "exp", "iat", "sub", "aud", "iss", "jti", "organisation")


@dataclass
class HeldToken:
    """One of ours that has not ended. `claims`: what it says; `is_ended`: it is on the list of revoked ones."""

    claims: Mapping[str, Any]
    is_ended: bool
    was_revoked: bool = False

    def check_client(self, client: Any) -> bool:
        return bool(self.claims["client_id"] == client.get_client_id())

    def is_expired(self) -> bool:
        """Such a token is not held."""
        return False

    def is_revoked(self) -> bool:
        return self.is_ended


class _OfToken:
    """`token` None: it is none of ours, or has ended."""

    CLIENT_AUTH_METHODS = CLIENT_AUTH_METHODS

    def __init__(self, token: HeldToken | None) -> None:
        super().__init__()
        self._token = token

    def check_params(self, request: Any, client: Any) -> None:  # noqa: ARG002 - Authlib's signature
        """A hint of whatever kind may be ignored (RFC 7009, 2.1); Authlib refuses unknown ones, with 401."""
        if "token" not in request.form:
            raise InvalidRequestError

    def query_token(self, token_string: str, token_type_hint: str | None) -> HeldToken | None:  # noqa: ARG002 - Authlib's signature
        """The one that was sent, whatever kind the caller takes it for: there is one kind."""
        return self._token


class Introspection(_OfToken, IntrospectionEndpoint):
    """Our services ask about every token, a program about those of its organisation."""

    def check_permission(self, token: HeldToken, client: Any, request: Any) -> bool:  # noqa: ARG002 - Authlib's signature
        mine = client.organisation_id
        return mine is None or token.claims.get("organisation") == str(mine)

    def introspect_token(self, token: HeldToken) -> dict[str, Any]:
        said = {name: token.claims[name] for name in _TOLD if name in token.claims}
        return {"active": True, "token_type": "Bearer", **said}


class Revocation(_OfToken, RevocationEndpoint):
    """A client revokes its own tokens. That it may is decided here, that it is done is the caller's."""

    def revoke_token(self, token: HeldToken, request: Any) -> None:  # noqa: ARG002 - Authlib's signature
        token.was_revoked = True
