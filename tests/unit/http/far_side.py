"""A far side of a few lines on a real socket, so that what left and what did not is what a network makes of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Behaviour = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class FarSide:
    """Reads a request's head, keeps it, and behaves as told."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.heads: list[bytes] = []
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self.base_url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                self.asked.set()
                await self.behave(head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.left.set()
            writer.close()


@asynccontextmanager
async def far_side(behave: Behaviour) -> AsyncIterator[FarSide]:
    side = FarSide(behave)
    server = await asyncio.start_server(side.serve, "127.0.0.1", 0)
    side.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield side
    finally:
        server.close()


def answering(status: str, body: bytes = b"{}", headers: str = "") -> Behaviour:
    async def behave(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body)
        await writer.drain()

    return behave


async def silent(_head: bytes, writer: asyncio.StreamWriter) -> None:
    """Never answers; ends when the other side hangs up."""
    while not writer.transport.is_closing():
        await asyncio.sleep(0.01)


async def hanging_up(_head: bytes, writer: asyncio.StreamWriter) -> None:
    """Takes the request and drops the connection."""
    writer.transport.abort()
