"""`make run`: the whole product until Ctrl-C, with a demo seller in the sandbox the first time."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local.demo import Demo
from deploy.local.errors import CannotRun
from deploy.local.folder import RunFolder
from deploy.local.options import Options, read_options
from deploy.local.ports import port_is_taken
from deploy.local.processes import end_with_parent
from deploy.local.stack import Stack
from deploy.local.supervisor import Supervisor


def run(environment: Mapping[str, str], folder: Path) -> None:
    """Returns after an orderly stop. Raises `CannotRun`."""
    started_at = float(environment.get("RUN_STARTED_AT") or time.time())
    if "MAKELEVEL" in environment:
        end_with_parent()  # a killed `make` must not leave us
    options = read_options(environment)
    run_folder = RunFolder(folder)
    with run_folder.locked():
        _check_ports(options)
        asyncio.run(_run(options, run_folder, started_at))


async def _run(options: Options, folder: RunFolder, started_at: float) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    supervisor = Supervisor(folder.logs, folder.pids, _say)
    stack = Stack(folder, options, supervisor, _say)
    working = asyncio.create_task(_work(stack, started_at))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working  # raises what went wrong; otherwise there is nothing left to do but to run
            await stopping
    finally:
        _say("Stopping ...")
        await _ended(working)
        await stack.stop()
        _say("Stopped; nothing is left running. The data is kept in .run/ (`make clean` removes it).")


async def _work(stack: Stack, started_at: float) -> None:
    _say(
        "Starting PostgreSQL, Kafka, the services" + (" and the sandbox ..." if stack.options.with_sandbox else " ...")
    )
    demo = Demo(stack, started_at, _say) if stack.options.with_sandbox else None
    prepared = asyncio.create_task(demo.prepare()) if demo else None
    await stack.start()
    _say(f"ready {stack.origin}")
    if demo and prepared:
        await prepared
        await demo.show()
    else:
        _say(f"No demo without the sandbox: sign up at {stack.options.public_url}/signup")
    _say("Running; Ctrl-C stops everything.")


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


def _check_ports(options: Options) -> None:
    wanted = {"PORT": options.port} | ({"SANDBOX_PORT": options.sandbox_port} if options.with_sandbox else {})
    taken = [
        f"Port {port} is taken: choose another with {name}=." for name, port in wanted.items() if port_is_taken(port)
    ]
    if taken:
        raise CannotRun("\n".join(taken))


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def main() -> None:
    run(os.environ, Path.cwd() / ".run")
