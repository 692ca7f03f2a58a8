"""An OpenID provider that is not ours: oidc-provider-mock, its own process, over HTTP."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from deploy.local.ports import port_is_taken
from tests.ports import free_port

_STARTS_WITHIN_SECONDS = 30.0


@contextmanager
def running_openid_provider(host: str) -> Iterator[str]:
    """Its issuer, at a name of this machine, once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    environment = dict(os.environ) | {"AUTHLIB_INSECURE_TRANSPORT": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + _STARTS_WITHIN_SECONDS
            while not port_is_taken(port):
                assert time.monotonic() < until, "the OpenID provider does not start"
                time.sleep(0.1)
            yield f"http://{host}:{port}"
        finally:
            process.terminate()


async def tell_user(issuer: str, name: str, **claims: Any) -> None:
    """What the provider says of whoever signs in there under this name."""
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.put(f"{issuer}/users/{name}", json=claims)).status_code == 204
