"""
Key-encryption keys that never leave AWS KMS: it wraps and unwraps data keys for us, bound to their context.

The context goes along as KMS's encryption context (`{"subject": "auth.grant:…"}`), so it is also in AWS's own trail of
who opened what; it is an id, and nothing that must not be read there. Credentials come from where AWS's SDK finds them:
a pod's role, an instance's, or the environment.
"""

import asyncio
from contextlib import AsyncExitStack
from functools import cache
from typing import Any

import structlog
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError
from prometheus_client import Counter

from shared.crypto.errors import CannotOpen
from shared.kernel.errors import Unavailable

# An answer takes milliseconds. The second try is botocore's own, after a pause: six seconds in all, which is less than
# whoever asks for a token waits.
_LIMITS = AioConfig(
    connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"}, max_pool_connections=20
)
# What was wrapped by another key or for another context, or is altered: the same again never helps.
_DOES_NOT_OPEN = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
# It understood, and does not do it: the key is disabled, is to be deleted, or is not ours to use. An operator can mend
# each of these, so nothing is given up for it.
_REFUSED = frozenset(
    {
        "AccessDeniedException", "DisabledException", "ExpiredTokenException", "InvalidKeyUsageException",
        "KMSInvalidStateException", "NotFoundException", "UnrecognizedClientException",
    }
)  # fmt: skip

log = structlog.get_logger()
calls = Counter("passerelle_key_service_calls_total", "Calls of AWS KMS, by outcome", ["operation", "outcome"])


class AwsKms:
    """Keys by ARN, in whichever region each is. `endpoint_url`: where KMS is, None for the region's own."""

    def __init__(self, endpoint_url: str | None) -> None:
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._making = asyncio.Lock()
        self._opened = AsyncExitStack()

    async def wrap(self, arn: str, key: bytes, context: bytes) -> bytes:
        """Raises Unavailable."""
        asked = {"KeyId": arn, "Plaintext": key, "EncryptionContext": _bound(context)}
        return await self._call("encrypt", arn, asked, "CiphertextBlob")

    async def unwrap(self, arn: str, wrapped: bytes, context: bytes) -> bytes:
        """Raises CannotOpen (altered, or of another context or key); Unavailable (away, or refuses us the key)."""
        asked = {"KeyId": arn, "CiphertextBlob": wrapped, "EncryptionContext": _bound(context)}
        return await self._call("decrypt", arn, asked, "Plaintext")

    async def close(self) -> None:
        await self._opened.aclose()
        self._clients.clear()

    async def _call(self, operation: str, arn: str, asked: dict[str, Any], wanted: str) -> bytes:
        try:
            client = await self._client(arn.split(":")[3])
            answer: bytes = (await getattr(client, operation)(**asked))[wanted]
        except ClientError as error:
            raise _told(operation, arn, error.response.get("Error", {}).get("Code", "")) from error
        except (BotoCoreError, OSError, TimeoutError) as error:
            calls.labels(operation, "away").inc()
            log.warning("key_service.away", operation=operation, error=type(error).__name__)
            raise Unavailable("the key service does not answer", code="key_service_away") from error
        calls.labels(operation, "done").inc()
        return answer

    async def _client(self, region: str) -> Any:
        async with self._making:
            if region not in self._clients:
                making = _session().create_client(
                    "kms", region_name=region, endpoint_url=self._endpoint_url, config=_LIMITS
                )
                self._clients[region] = await self._opened.enter_async_context(making)
            return self._clients[region]


@cache
def _session() -> Any:
    """Reads AWS's description of itself, which is large: once."""
    return get_session()


def _bound(context: bytes) -> dict[str, str]:
    return {"subject": context.decode()}


def _told(operation: str, arn: str, code: str) -> Exception:
    """What KMS's error means to who asked."""
    if code in _DOES_NOT_OPEN:
        calls.labels(operation, "does_not_open").inc()
        return CannotOpen("the data key does not open: altered, or of another context")
    if code in _REFUSED:
        calls.labels(operation, "refused").inc()
        log.error("key_service.refuses", operation=operation, kid=arn, code=code)
        return Unavailable("the key service refuses us the key", code="key_service_refuses")
    calls.labels(operation, "away").inc()
    log.warning("key_service.away", operation=operation, code=code)
    return Unavailable("the key service does not answer", code="key_service_away")
