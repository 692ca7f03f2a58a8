"""AWS KMS as tests have it: `moto`'s server, a real one over HTTP on this machine, with keys made in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

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
        arn: str = (await self._call("create_key"))["KeyMetadata"]["Arn"]
        return arn

    async def _call(self, operation: str, **asked: Any) -> dict[str, Any]:
        secrets = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        async with get_session().create_client("kms", region_name=REGION, endpoint_url=self.url, **secrets) as client:
            answer: dict[str, Any] = await getattr(client, operation)(**asked)
            return answer


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
