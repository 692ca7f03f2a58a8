"""
`python -m tests.bench.bare_reader DSN CONNECTION_ID PORT`: the least that can answer a request with what is kept.

Reads a head as bytes, asks PostgreSQL for the connection's token as it is sealed and writes it back: no framework, no
check of who asks, nothing unsealed, no line logged. How long that takes is what the machine, the loop and one statement
take, whoever answers. Says `ready` once it listens.
"""

import asyncio
import sys
from uuid import UUID

import asyncpg
import uvloop

_AT_ONCE = 10
_SEALED = """
    select sealed_access_token from connection join access_grant on access_grant.id = grant_id where connection.id = $1
"""


async def main(dsn: str, connection_id: UUID, port: int) -> None:
    idle: asyncio.Queue[asyncpg.Connection] = asyncio.Queue()
    for _ in range(_AT_ONCE):
        idle.put_nowait(await asyncpg.connect(dsn))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(2)
                database = await idle.get()
                sealed = await database.fetchval(_SEALED, connection_id)
                idle.put_nowait(database)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(sealed) + sealed)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], UUID(sys.argv[2]), int(sys.argv[3])))
