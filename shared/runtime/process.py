"""
A process: its parts run side by side until it is told to stop, or one of them dies.

There is no part without which the rest should go on: a dead part ends the process with an error, and whoever
supervises starts it again. SIGTERM and SIGINT set the stop event that every part watches.
"""

import asyncio
import signal
from collections.abc import Sequence
from functools import partial

import structlog

from shared.runtime.logging import configure_logging
from shared.runtime.serve import Part, Ready, http_part, watch_app
from shared.runtime.settings import ServiceSettings
from shared.runtime.telemetry import configure_telemetry

# Kubernetes and our own supervisor kill after 30 s.
STOP_WITHIN_SECONDS = 25.0
_CANCEL_WITHIN_SECONDS = 2.0

log = structlog.get_logger()


async def run_process(
    *, service: str, process: str, settings: ServiceSettings, parts: Sequence[Part], ready: Ready | None
) -> int:
    """
    The exit status: 0 after an orderly stop, 1 when a part died or returned before it was told to stop.

    Sets up logs and traces, and serves health and metrics on `settings.metrics_port` meanwhile.
    """
    configure_logging(
        service, process, level=settings.log_level, format=settings.log_format, instance=settings.instance_id
    )
    provider = configure_telemetry(service, process, settings.otlp_endpoint)
    stop = asyncio.Event()
    _stop_on_signals(stop)
    watch_stop = asyncio.Event()
    watch = http_part(watch_app(ready, stop), settings.http_host, settings.metrics_port)
    watching = asyncio.create_task(_run(watch, watch_stop), name="watch")
    try:
        log.info("process.started", port=settings.metrics_port)
        status = await run_parts(parts, stop, also=watching)
    finally:
        watch_stop.set()
        await asyncio.wait([watching], timeout=_CANCEL_WITHIN_SECONDS)
        provider.shutdown()
    log.info("process.stopped", status=status)
    return status


async def run_parts(parts: Sequence[Part], stop: asyncio.Event, *, also: asyncio.Task[None] | None = None) -> int:
    """Runs the parts until `stop` is set or one ends (`also`: a task that must not end either). 0 or 1, see above."""
    tasks = [asyncio.create_task(_run(part, stop), name=_name(part)) for part in parts]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([*tasks, stopping, *([also] if also else [])], return_when=asyncio.FIRST_COMPLETED)
    early = [task for task in [*tasks, *([also] if also else [])] if task.done()] if not stop.is_set() else []
    stop.set()
    await stopping
    for task in early:
        log.error("process.part_ended", part=task.get_name(), exc_info=None if task.cancelled() else task.exception())
    late = await _end(tasks)
    died = [task for task in tasks if task not in early and task.done() and not task.cancelled() and task.exception()]
    for task in died:
        log.error("process.part_failed", part=task.get_name(), exc_info=task.exception())
    for task in late:
        log.warning("process.part_abandoned", part=task.get_name(), seconds=STOP_WITHIN_SECONDS)
    return 1 if early or died else 0


async def _end(tasks: Sequence[asyncio.Task[None]]) -> Sequence[asyncio.Task[None]]:
    """Waits for the parts, cancels those that take too long; gives these."""
    if not tasks:
        return []
    _, late = await asyncio.wait(tasks, timeout=STOP_WITHIN_SECONDS)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=_CANCEL_WITHIN_SECONDS)
    return [task for task in tasks if task in late]


async def _run(part: Part, stop: asyncio.Event) -> None:
    await part(stop)


def _name(part: Part) -> str:
    inner = part.func if isinstance(part, partial) else part
    return getattr(inner, "__name__", type(inner).__name__)


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
