"""
The OAuth token endpoint: client credentials in, a signed JWT of ten minutes out. For our services, and for API clients
of organisations, whose tokens name their organisation and the secret they were asked for with. Beside it, what a client
may ask about a token and do to its own.

Authlib's generic server is synchronous; it is built for one request, with the clients and the signing key at hand, and
does no I/O. A scope a client may not have is refused (Authlib would trim it silently).
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import ClientCredentialsGrant, ClientMixin, InvalidClientError, InvalidScopeError
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from joserfc.jwk import ECKey, KeySet

from services.auth.domain.api_client import ApiClient
from services.auth.domain.signing import TOKEN_SECONDS
from services.auth.vault.token_endpoints import CLIENT_AUTH_METHODS, HeldToken, Introspection, Revocation
from shared.access.tokens import ALGORITHM, AUDIENCE
from shared.kernel.ids import OrganisationId

_ENDPOINTS = frozenset({"token", Introspection.ENDPOINT_NAME, Revocation.ENDPOINT_NAME})


@dataclass
class ServiceClient(ClientMixin):
    """
    One of our services, or an organisation's API client. `secrets`: SHA-256 in hex of random secrets of 32 bytes, each
    with its id if it has one. `used`: the id of the one that was given, once it was.
    """

    id: str
    secrets: Mapping[str, UUID | None] = field(repr=False)
    scopes: frozenset[str]
    organisation_id: OrganisationId | None = None
    used: UUID | None = None

    def get_client_id(self) -> str:
        return self.id

    def get_allowed_scope(self, scope: Collection[str] | str | None) -> str:
        """The scopes asked for. Raises InvalidScopeError where none is, or one of them is not allowed."""
        wished = scope.split() if isinstance(scope, str) else list(scope or ())
        if not wished or not self.scopes.issuperset(wished):
            raise InvalidScopeError
        return " ".join(wished)

    def check_client_secret(self, client_secret: str) -> bool:
        given = hashlib.sha256(client_secret.encode()).hexdigest()
        fitting = [kept for kept in self.secrets if hmac.compare_digest(given, kept)]
        self.used = self.secrets[fitting[0]] if fitting else None
        return bool(fitting)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint in _ENDPOINTS and method in CLIENT_AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == _Grant.GRANT_TYPE


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """`secret_id`: of the API client's secret that was given with a request that was answered well."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]
    secret_id: UUID | None = None

    def __repr__(self) -> str:
        return f"TokenAnswer(status={self.status})"


class ServiceTokenIssuer:
    """`issuer` is the public URL, which every token names."""

    def __init__(self, issuer: str, clients: Mapping[str, ServiceClient]) -> None:
        self._issuer = issuer
        self._clients = clients

    def names_api_client(self, form: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
        """The client id the request names, by HTTP Basic or in the form; None: one of our services, or no id at all."""
        named = _named(form, headers)
        return named if named and named.isprintable() and named not in self._clients else None

    def names_service(self, form: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether the client id the request names is one of our services'."""
        return _named(form, headers) in self._clients

    def issue(
        self, form: Mapping[str, str], headers: Mapping[str, str], key: ECKey, api_client: ApiClient | None = None
    ) -> TokenAnswer:
        """The answer of RFC 6749, token or error. `api_client`: the one `names_api_client` told the id of."""
        server, request = self._server(api_client), self._request("/oauth/token", form, headers)
        if not form.get("grant_type"):  # Authlib takes it for a grant that there is not
            missing: TokenAnswer = server.handle_error_response(request, InvalidRequestError("grant_type is missing"))
            return missing
        server.register_grant(_Grant)
        server.register_token_generator("default", _Generator(self._issuer, key))
        answer: TokenAnswer = server.create_token_response(request)
        return answer

    def introspect(
        self, form: Mapping[str, str], headers: Mapping[str, str], token: HeldToken | None, api_client: ApiClient | None
    ) -> TokenAnswer:
        """The answer of RFC 7662, section 2.2 or 2.3."""
        return self._answer(Introspection(token), self._request("/oauth/introspect", form, headers), api_client)

    def revoke(
        self, form: Mapping[str, str], headers: Mapping[str, str], token: HeldToken | None, api_client: ApiClient | None
    ) -> TokenAnswer:
        """The answer of RFC 7009, section 2.2; `token.was_revoked`: it is to be kept as such before it is given."""
        return self._answer(Revocation(token), self._request("/oauth/revoke", form, headers), api_client)

    def _answer(self, endpoint: Any, request: "_Request", api_client: ApiClient | None) -> TokenAnswer:
        server = self._server(api_client)
        server.register_endpoint(endpoint)
        answer: TokenAnswer = server.create_endpoint_response(endpoint.ENDPOINT_NAME, request)
        return answer

    def _server(self, api_client: ApiClient | None) -> Any:
        return _Server({**_of_api_client(api_client), **self._clients})

    def _request(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> "_Request":
        return _Request("POST", self._issuer + path, dict(form), _readable(headers))


def _of_api_client(client: ApiClient | None) -> Mapping[str, ServiceClient]:
    if client is None:
        return {}
    secrets = {secret.digest: secret.id for secret in client.living}
    return {client.id: ServiceClient(client.id, secrets, client.scopes, client.organisation_id)}


def _named(form: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """A client id, by HTTP Basic or in the form; empty: none."""
    kind, _, encoded = _readable(headers).get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        return unquote(base64.b64decode(encoded).decode().partition(":")[0])
    return form.get("client_id", "")


def _readable(headers: Mapping[str, str]) -> dict[str, str]:
    """Without credentials that are no base64 of UTF-8: Authlib falls over those, and they are nobody's."""
    kind, _, encoded = headers.get("Authorization", "").partition(" ")
    try:
        base64.b64decode(encoded).decode()
    except ValueError:
        return {}
    return {"Authorization": f"{kind} {encoded}"} if encoded else {}


class _Request(OAuth2Request):
    def __init__(self, method: str, uri: str, form: dict[str, str], headers: dict[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        self._form = form
        self.payload = BasicOAuth2Payload(form)

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Grant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTH_METHODS


class _Generator(JWTBearerTokenGenerator):
    def __init__(self, issuer: str, key: ECKey) -> None:
        super().__init__(issuer, alg=ALGORITHM, expires_generator=TOKEN_SECONDS)
        self._key = key

    def get_jwks(self) -> KeySet:
        """As a set: then the token's header names the key."""
        return KeySet([self._key])

    def get_extra_claims(self, client: ServiceClient, grant_type: Any, user: Any, scope: Any) -> dict[str, str]:  # noqa: ARG002 - Authlib's signature
        """Of a program of an organisation, whose, and with which secret it was asked for."""
        if client.organisation_id is None:
            return {}
        return {"organisation": str(client.organisation_id), "credential": str(client.used)}

    def get_audiences(self, client: Any, user: Any, scope: Any) -> str:  # noqa: ARG002 - Authlib's signature
        return AUDIENCE


class _Server(AuthorizationServer):
    def __init__(self, clients: Mapping[str, ServiceClient]) -> None:
        super().__init__()
        self._clients = clients
        self._secret_id: UUID | None = None

    def query_client(self, client_id: str) -> ServiceClient:
        client = self._clients.get(client_id)
        if client is None:
            raise InvalidClientError(status_code=401, description="Client authentication failed.")
        return client

    def save_token(self, token: Any, request: Any) -> None:  # noqa: ARG002 - Authlib's signature
        """A signed token needs no record; which secret it was asked for with does."""
        self._secret_id = request.client.used

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> TokenAnswer:
        return TokenAnswer(status, dict(body), dict(headers), self._secret_id)
