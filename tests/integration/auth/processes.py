"""auth's processes, as a deployment runs them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from services.auth.settings import Settings
from tests.ports import free_port

_START_SECONDS = 40


@dataclass
class Process:
    """One `python -m services.auth …`."""

    url: str
    running: asyncio.subprocess.Process

    def freeze(self) -> None:
        self.running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.running.send_signal(signal.SIGCONT)


def api_process(settings: Settings, *, start_seconds: float = _START_SECONDS) -> AbstractAsyncContextManager[Process]:
    """Started and ready; ended with the block, also when it is frozen."""
    return _process("api", settings, start_seconds)


def worker_process(settings: Settings) -> AbstractAsyncContextManager[Process]:
    return _process("worker", settings)


async def migrate(settings: Settings) -> None:
    """As a deployment does before anything starts."""
    command = [sys.executable, "-m", "services.auth", "migrate"]
    environment = os.environ | environment_of(settings)
    running = await asyncio.create_subprocess_exec(*command, env=environment)
    assert await running.wait() == 0


@asynccontextmanager
async def _process(name: str, settings: Settings, start_seconds: float = _START_SECONDS) -> AsyncIterator[Process]:
    port, metrics_port = free_port(), free_port()
    command = [sys.executable, "-m", "services.auth", name]
    environment = os.environ | environment_of(settings, port, metrics_port)
    running = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
    process = Process(f"http://127.0.0.1:{port}", running)
    try:
        await _until_ready(f"http://127.0.0.1:{metrics_port}/health/ready", running, start_seconds)
        yield process
    finally:
        if running.returncode is None:
            process.thaw()
            running.terminate()
        await running.wait()


def environment_of(settings: Settings, port: int = 1, metrics_port: int = 1) -> dict[str, str]:
    values: dict[str, Any] = settings.model_dump(mode="json", exclude_none=True)
    values |= {
        "database_url": settings.database_url.get_secret_value(),
        "key_encryption_keys": settings.key_encryption_keys.get_secret_value(),
        "http_port": port,
        "metrics_port": metrics_port,
    }
    for name, by_region in settings.apps.items():
        for region, app in by_region.items():
            values["apps"][name][region]["client_secret"] = app.client_secret.get_secret_value()
    return {
        f"AUTH_{name.upper()}": value if isinstance(value, str) else json.dumps(value) for name, value in values.items()
    }


async def _until_ready(address: str, running: asyncio.subprocess.Process, start_seconds: float) -> None:
    async with asyncio.timeout(start_seconds), httpx.AsyncClient(trust_env=False) as client:
        while True:
            if running.returncode is not None:
                raise RuntimeError(f"auth ended at its start with status {running.returncode}")
            try:
                if (await client.get(address)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
