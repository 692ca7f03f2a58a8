"""Connections to Kafka that are lost, on the loop our processes run on."""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any

import uvloop
from aiokafka.client import AIOKafkaClient
from aiokafka.structs import BrokerMetadata

from shared.messaging.kafka import KafkaSettings

_RESET_WHEN_CLOSED = struct.pack("ii", 1, 0)


class Between:
    """Passes on what a client and Kafka say, and resets the client's connection when told to."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._host, _, port = kafka.bootstrap_servers.partition(":")
        self._port = int(port)
        self._client: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._client = writer
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        with suppress(ConnectionError):
            await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))

    def reset(self) -> None:
        assert self._client is not None
        its: socket.socket = self._client.get_extra_info("socket")
        its.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_WHEN_CLOSED)
        self._client.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while some := await reader.read(65536):
        writer.write(some)
    writer.close()


async def _learns_again(kafka: KafkaSettings) -> tuple[bool, bool]:
    """What becomes of asking where partitions are as the connection is lost, and of asking once more."""
    between = Between(kafka)
    client: Any = AIOKafkaClient(**kafka.connection())
    await client.bootstrap()
    get = client._get_conn

    async def lost(*arguments: Any) -> Any:
        client._get_conn = get
        connection = await get(*arguments)
        between.reset()
        await connection._closed_fut
        return connection

    async with await asyncio.start_server(between.serve, "127.0.0.1", 0) as server, asyncio.timeout(20):
        host, port = server.sockets[0].getsockname()
        client.cluster.broker_metadata = lambda node_id: BrokerMetadata(node_id, host, port, None)
        client._get_conn = lost
        learnt = await client.force_metadata_update(), await client.force_metadata_update()
        await client.close()
        return learnt


def test_a_connection_that_is_lost_as_it_is_used_is_made_anew(kafka: KafkaSettings) -> None:
    """Seen red: what uvloop raises ended the task that asks, and who waits for its answer waits for ever."""
    assert uvloop.run(_learns_again(kafka)) == (False, True)
