"""An OpenID provider over HTTP: its metadata, its token endpoint, its keys; and states in PostgreSQL."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.adapters import tables
from services.auth.domain.openid import Identity, OpenIdFailed, OpenIdProblem, OpenIdState, shows_two_factors
from shared.http.messages import Answer, Request
from shared.http.outward import Outward
from shared.kernel.clock import Clock
from shared.kernel.errors import FarSideError

_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_SCOPE = "openid email"
_METADATA = "/.well-known/openid-configuration"
_LEEWAY_SECONDS = 60
_READ_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class OpenIdClient:
    """We, as the provider knows us. `two_factor_acr`: what it says of whom it has asked for two factors."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    redirect_uri: str
    two_factor_acr: frozenset[str] = frozenset()


class HttpOpenIdProvider:
    """See `usecases.openid_ports.OpenIdProvider`. Its metadata and keys are read anew each time: few people sign in."""

    def __init__(self, client: OpenIdClient, outward: Outward, clock: Clock) -> None:
        self._client = client
        self._outward = outward
        self._clock = clock

    @property
    def name(self) -> str:
        return self._client.name

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        metadata = await self._metadata()
        challenge = create_s256_code_challenge(verifier)  # type: ignore[no-untyped-call]
        return str(
            prepare_grant_uri(
                metadata["authorization_endpoint"],
                self._client.client_id,
                "code",
                redirect_uri=self._client.redirect_uri,
                scope=_SCOPE,
                state=state,
                nonce=nonce,
                code_challenge=challenge,
                code_challenge_method="S256",
            )
        )

    async def identity(self, code: str, *, issuer: str | None, nonce: str, verifier: str) -> Identity:
        if issuer not in {None, self._client.issuer}:
            raise OpenIdFailed(OpenIdProblem.INVALID)
        metadata = await self._metadata()
        token = await self._exchanged(metadata["token_endpoint"], code, verifier)
        keys = _object(await self._read(metadata["jwks_uri"], "openid_keys"))
        claims = self._checked(token, keys, nonce)
        amr, acr = claims.get("amr") or [], claims.get("acr")
        return Identity(
            email=str(claims.get("email") or ""),
            verified=claims.get("email_verified") is True,
            two_factors=shows_two_factors(amr, acr, self._client.two_factor_acr),
        )

    async def _metadata(self) -> Mapping[str, str]:
        """Of the issuer that it says to be (OpenID Connect Discovery 1.0, section 4.3)."""
        found = _object(await self._read(f"{self._client.issuer.rstrip('/')}{_METADATA}", "openid_metadata"))
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        scheme = self._client.issuer.partition("://")[0]
        if found.get("issuer") != self._client.issuer or not all(
            str(found.get(name, "")).startswith(f"{scheme}://") for name in wanted
        ):
            raise OpenIdFailed(OpenIdProblem.INVALID)
        return found

    async def _read(self, url: str, operation: str) -> Answer:
        return await self._called(Request("GET", url, operation, "read", timeout_seconds=_READ_SECONDS))

    async def _exchanged(self, url: str, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": verifier,
        }
        pair = f"{quote(self._client.client_id, safe='')}:{quote(self._client.client_secret, safe='')}"
        headers = {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        try:
            answer = await self._outward.post_form(
                url, form, operation="openid_token", effect="write", headers=headers, timeout_seconds=_READ_SECONDS
            )
        except FarSideError:
            raise OpenIdFailed(OpenIdProblem.AWAY) from None
        if answer.status != 200:
            raise OpenIdFailed(OpenIdProblem.REFUSED if answer.status < 500 else OpenIdProblem.AWAY)
        return str(_object(answer).get("id_token") or "")

    async def _called(self, request: Request) -> Answer:
        try:
            answer = await self._outward.call(request)
        except FarSideError:
            raise OpenIdFailed(OpenIdProblem.AWAY) from None
        if answer.status != 200:
            raise OpenIdFailed(OpenIdProblem.AWAY)
        return answer

    def _checked(self, token: str, keys: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """Signed by its issuer, for us, for this sign-in, and still good (OpenID Connect Core 1.0, section 3.1.3.7)."""
        try:
            read = jwt.decode(token, KeySet.import_key_set(cast(Any, keys)), algorithms=_ALGORITHMS)
            claims = CodeIDToken(
                read.claims,
                read.header,
                options={
                    "iss": {"essential": True, "value": self._client.issuer},
                    "aud": {"essential": True, "value": self._client.client_id},
                },
                params={"nonce": nonce, "client_id": self._client.client_id},
            )
            claims.validate(now=int(self._clock.now().timestamp()), leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError):
            raise OpenIdFailed(OpenIdProblem.INVALID) from None
        return claims


class SqlOpenIdStates:
    """See `usecases.openid_ports.OpenIdStates`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, state: OpenIdState) -> None:
        its = {"digest": state.digest, "holder": state.holder, "goal": state.goal, "expires_at": state.expires_at}
        await self._connection.execute(insert(tables.openid_state).values(**its))

    async def use(self, digest: str, holder: str, now: datetime) -> OpenIdState | None:
        its = tables.openid_state
        using = delete(its).where(its.c.digest == digest, its.c.holder == holder, its.c.expires_at > now)
        row = (await self._connection.execute(using.returning(its))).first()
        return OpenIdState(row.digest, row.holder, row.goal, row.expires_at) if row else None


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except FarSideError:
        raise OpenIdFailed(OpenIdProblem.INVALID) from None
    if not isinstance(found, dict):
        raise OpenIdFailed(OpenIdProblem.INVALID)
    return found
