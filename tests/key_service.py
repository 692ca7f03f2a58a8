"""AWS KMS and SQS as tests have them: `moto`'s server, a real one over HTTP on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

from aiobotocore.session import get_session
from moto.server import ThreadedMotoServer

REGION = "eu-west-3"
# Nobody's: moto believes any.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@dataclass(frozen=True)
class KeyService:
    url: str

    async def new_key(self) -> str:
        """Its ARN."""
        arn: str = (await self._call("kms", "create_key"))["KeyMetadata"]["Arn"]
        return arn

    async def new_queue(self) -> str:
        """Its address."""
        url: str = (await self._call("sqs", "create_queue", QueueName=f"secrets-{uuid4()}"))["QueueUrl"]
        return url

    async def send(self, queue_url: str, body: str) -> None:
        await self._call("sqs", "send_message", QueueUrl=queue_url, MessageBody=body)

    async def waiting(self, queue_url: str) -> int:
        """How many messages there are, those that somebody has for now among them."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = await self._call("sqs", "get_queue_attributes", QueueUrl=queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    async def _call(self, of: str, operation: str, **asked: Any) -> dict[str, Any]:
        secrets = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        async with _session().create_client(of, region_name=REGION, endpoint_url=self.url, **secrets) as client:
            answer: dict[str, Any] = await getattr(client, operation)(**asked)
            return answer


@cache
def _session() -> Any:
    """Reads AWS's description of itself, which is large: once."""
    return get_session()


@contextmanager
def key_service() -> Iterator[KeyService]:
    """Runs while the block does."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield KeyService(f"http://{host}:{port}")
    finally:
        server.stop()
