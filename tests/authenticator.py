"""An authenticator in software, as WebAuthn describes one: what a phone or a security key does for a browser."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def text_of(content: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(content).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One device with one credential; `verifies`: it asks for its person's finger. Everything can be made to lie."""

    verifies: bool = True
    origin: str = "http://localhost:8080"
    sign_count: int = 0
    step: int = 1
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes = b""
    site: str = "localhost"

    def create(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.create` gives, JSON."""
        self.user_handle, self.site = bytes_of(options["user"]["id"]), options["rp"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(_ATTESTED) + attested}
        told = self._client_data("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": text_of(told), "attestationObject": text_of(cbor2.dumps(statement))})

    def get(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.get` gives, JSON."""
        self.sign_count += self.step
        told, data = self._client_data("webauthn.get", options["challenge"]), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(told).digest(), ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": text_of(told),
                "authenticatorData": text_of(data),
                "signature": text_of(signature),
                "userHandle": text_of(self.user_handle),
            }
        )

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, str]) -> str:
        of = {"id": text_of(self.id), "rawId": text_of(self.id), "type": "public-key"}
        return json.dumps(of | {"response": response, "clientExtensionResults": {}})
