"""
A queue of AWS SQS. Credentials come from where AWS's SDK finds them: a pod's role, an instance's, or the environment.

A message is ours for a while; what is not deleted by then comes again, to whichever process asks.
"""

import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from services.auth.usecases.secret_ports import Message
from shared.kernel.errors import Unavailable

WAIT_SECONDS = 10
# Longer than keeping takes: a key service may be asked meanwhile.
_OURS_SECONDS = 120
_AT_ONCE = 10
_LIMITS = AioConfig(
    connect_timeout=2, read_timeout=WAIT_SECONDS + 5, retries={"total_max_attempts": 2, "mode": "standard"}
)
_REGION = re.compile(r"sqs\.([a-z0-9-]+)\.")

log = structlog.get_logger()


class SqsQueue:
    """See `usecases.secret_ports.SecretQueue`. Its address says where SQS is, and in which region."""

    def __init__(self, url: str, *, ours_seconds: int = _OURS_SECONDS) -> None:
        self._url = url
        self._ours_seconds = ours_seconds
        self._opened = AsyncExitStack()
        self._client: Any = None

    async def receive(self) -> Sequence[Message]:
        asked = {
            "MaxNumberOfMessages": _AT_ONCE,
            "WaitTimeSeconds": WAIT_SECONDS,
            "VisibilityTimeout": self._ours_seconds,
        }
        answer = await self._call("receive_message", asked)
        return [Message(each["ReceiptHandle"], each["Body"].encode()) for each in answer.get("Messages", ())]

    async def delete(self, message: Message) -> None:
        await self._call("delete_message", {"ReceiptHandle": message.receipt})

    async def close(self) -> None:
        await self._opened.aclose()
        self._client = None

    async def _call(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            client = await self._opened_client()
            answer: dict[str, Any] = await getattr(client, operation)(QueueUrl=self._url, **asked)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            log.warning("secret_queue.refuses", operation=operation, code=code)
            raise Unavailable("the queue refuses us", code="secret_queue_refuses") from error
        except (BotoCoreError, OSError, TimeoutError) as error:
            log.warning("secret_queue.away", operation=operation, error=type(error).__name__)
            raise Unavailable("the queue does not answer", code="secret_queue_away") from error
        return answer

    async def _opened_client(self) -> Any:
        if self._client is None:
            parts = urlsplit(self._url)
            region = _REGION.search(parts.netloc)
            making = get_session().create_client(
                "sqs",
                region_name=region.group(1) if region else None,
                endpoint_url=f"{parts.scheme}://{parts.netloc}",
                config=_LIMITS,
            )
            self._client = await self._opened.enter_async_context(making)
        return self._client
