"""This site as a relying party of WebAuthn: what browsers are told, and what their answers are worth."""

import ipaddress
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.auth.domain.account import Account
from services.auth.domain.passkey import Created, Passkey, PasskeyRefused
from services.auth.usecases.passkey_ports import RelyingParty

_NAME = "Passerelle"
# What reading a stranger's JSON and CBOR may end in, beside the library's own errors.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError)


class WebAuthnParty:
    """See `usecases.passkey_ports.RelyingParty`."""

    def __init__(self, host: str, origin: str) -> None:
        self._host = host
        self._origin = origin

    @property
    def origin(self) -> str:
        return self._origin

    def creation_options(self, account: Account, known: Sequence[Passkey], challenge: bytes) -> str:
        options = webauthn.generate_registration_options(
            rp_id=self._host,
            rp_name=_NAME,
            user_id=account.id.bytes,
            user_name=account.email,
            challenge=challenge,
            exclude_credentials=_described(known),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
        )
        return webauthn.options_to_json(options)

    def request_options(self, known: Sequence[Passkey], challenge: bytes) -> str:
        wanted = UserVerificationRequirement.PREFERRED if known else UserVerificationRequirement.REQUIRED
        options = webauthn.generate_authentication_options(
            rp_id=self._host, challenge=challenge, allow_credentials=_described(known), user_verification=wanted
        )
        return webauthn.options_to_json(options)

    def created(self, answer: str, challenge: bytes) -> Created:
        try:
            made = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
            )
        except _UNREADABLE:
            raise PasskeyRefused from None
        return Created(made.credential_id, made.credential_public_key, made.sign_count)

    def named(self, answer: str) -> tuple[bytes, bytes | None]:
        try:
            told: Any = json.loads(answer)
            handle = told["response"].get("userHandle")
            return base64url_to_bytes(told["rawId"]), base64url_to_bytes(handle) if handle else None
        except _UNREADABLE:
            raise PasskeyRefused from None

    def sign_count(self, answer: str, passkey: Passkey, challenge: bytes, *, verified: bool) -> int:
        try:
            signed = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=0,  # what a count that went back means is not for the library
                require_user_verification=verified,
            )
        except _UNREADABLE:
            raise PasskeyRefused from None
        return signed.new_sign_count


def relying_party(public_url: str) -> RelyingParty | None:
    """
    None: browsers know passkeys of names only, and the address is a number. This machine's has one: localhost.
    """
    address = urlsplit(public_url)
    host, port = address.hostname or "", f":{address.port}" if address.port else ""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return WebAuthnParty(host, f"{address.scheme}://{host}{port}")
    return WebAuthnParty("localhost", f"{address.scheme}://localhost{port}") if number.is_loopback else None


def _described(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=each.credential_id) for each in known]
