"""Mail servers that do not take a mail: one whose certificate nobody signed, one that does not know our address."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class TlsServer:
    """`seen`: passwords and mails that reached it."""

    port: int = 0
    seen: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        self.seen.append("mail")
        return "250 kept"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, how: str, what: object) -> AuthResult:
        assert isinstance(what, LoginPassword)
        self.seen.append(what.password.decode())
        return AuthResult(success=True)


class RefusingSenders:
    async def handle_MAIL(  # noqa: N802 - aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        return "550 not from here"


@asynccontextmanager
async def refusing_server() -> AsyncIterator[int]:
    """Its port."""
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(RefusingSenders()), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def tls_server(folder: Path) -> AsyncIterator[TlsServer]:
    """On a free port, with STARTTLS."""
    served = TlsServer()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(_certificate(folder))
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(served, tls_context=context, authenticator=served.authenticate), "127.0.0.1", 0
    )
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()


def _certificate(folder: Path) -> Path:
    """Key and certificate in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path
