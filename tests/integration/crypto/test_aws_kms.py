"""Data keys wrapped by AWS KMS, and what becomes of them while it is away."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from shared.crypto import data_keys
from shared.crypto.aws_kms import AwsKms, calls
from shared.crypto.data_keys import DataKeys, WrappingKeys
from shared.crypto.errors import CannotOpen, UnknownKey
from shared.crypto.keyring import head_of
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Unavailable
from tests.key_service import CREDENTIALS, KeyService, key_service
from tests.ports import free_port

NOWHERE = "arn:aws:kms:eu-west-3:111122223333:key/0190b5a0-0000-7000-8000-000000000000"
LOCAL = "k1:" + base64.b64encode(b"1" * 32).decode()


class Hours(SystemClock):
    """Monotonic time as a test says."""

    at = 0.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture(scope="module")
def service() -> Iterator[KeyService]:
    with key_service() as running:
        yield running


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
async def arn(service: KeyService) -> str:
    return await service.new_key()


@asynccontextmanager
async def saying(said: list[str]) -> AsyncIterator[str]:
    """The address of a key service that answers everything with the error that is said."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
        body = json.dumps({"__type": said[0], "message": "no"})
        writer.write(f"HTTP/1.1 400 No\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


Made = list[DataKeys]


@pytest.fixture
async def made() -> AsyncIterator[Made]:
    keys: Made = []
    yield keys
    for each in keys:
        await each.close()


def ring(made: Made, setting: str, url: str, clock: SystemClock | None = None) -> DataKeys:
    made.append(DataKeys(WrappingKeys.parse(setting), clock or SystemClock(), url))
    return made[-1]


def asked(operation: str, outcome: str = "done") -> float:
    """Calls of the key service so far."""
    return float(calls.labels(operation, outcome)._value.get())


async def test_what_the_key_service_wraps_opens_for_its_context_only(service: KeyService, arn: str, made: Made) -> None:
    """In another process too; not for another context, nor altered, nor where the key is not in the setting."""
    setting = f"aws-kms:{arn},{LOCAL}"
    key = await ring(made, setting, service.url).new_at_hand(b"auth.grant:1")
    assert arn.encode() in key.wrapped, "one sees by what it is wrapped"
    assert key.bare not in key.wrapped
    sealed, other = key.seal(b"token"), ring(made, f"{LOCAL},aws-kms:{arn}", service.url)
    assert (await other.at_hand(key.wrapped, b"auth.grant:1")).open(sealed) == b"token"
    for wrapped, context in ((key.wrapped, b"auth.grant:2"), (key.wrapped[:-1] + b"x", b"auth.grant:1")):
        with pytest.raises(CannotOpen):
            await other.at_hand(wrapped, context)
    with pytest.raises(UnknownKey):
        await ring(made, LOCAL, service.url).at_hand(key.wrapped, b"auth.grant:1")


async def test_data_keys_move_to_the_key_service_and_back(service: KeyService, arn: str, made: Made) -> None:
    """By which of the two comes first; what was sealed opens at every step, and neither needs the other in the end."""
    start = ring(made, LOCAL, service.url)
    key = await start.new_at_hand(b"c")
    sealed = key.seal(b"token")
    there = ring(made, f"aws-kms:{arn},{LOCAL}", service.url)
    moved = await there.rewrap(key.wrapped, b"c")
    assert moved is not None
    assert moved.startswith(there.head)
    assert await there.rewrap(moved, b"c") is None
    without = ring(made, f"aws-kms:{arn},k9:" + base64.b64encode(b"9" * 32).decode(), service.url)
    assert (await without.at_hand(moved, b"c")).open(sealed) == b"token"
    back = await ring(made, f"{LOCAL},aws-kms:{arn}", service.url).rewrap(moved, b"c")
    assert back is not None
    assert (await start.at_hand(back, b"c")).open(sealed) == b"token"


async def test_the_key_service_is_asked_once_for_many(service: KeyService, arn: str, made: Made) -> None:
    """
    Two hundred at once cause one call, the next five minutes none, and then one again. Seen red without `_asking`: 200
    calls.
    """
    clock = Hours()
    setting = f"aws-kms:{arn},{LOCAL}"
    key = await ring(made, setting, service.url).new_at_hand(b"c")
    keys, before = ring(made, setting, service.url, clock), asked("decrypt")
    opened = await asyncio.gather(*(keys.at_hand(key.wrapped, b"c") for _ in range(200)))
    assert {each.bare for each in opened} == {key.bare}
    assert asked("decrypt") - before == 1
    for at, calls_so_far in ((299, 1), (301, 2)):
        clock.at = at
        await keys.at_hand(key.wrapped, b"c")
        assert asked("decrypt") - before == calls_so_far


async def test_memory_holds_so_many_and_no_more(
    service: KeyService, arn: str, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least used of them is forgotten, and asked for again."""
    monkeypatch.setattr(data_keys, "KEPT_AT_MOST", 2)
    keys = ring(made, f"aws-kms:{arn},{LOCAL}", service.url)
    first, _, _ = [await keys.new_at_hand(context) for context in (b"a", b"b", b"c")]
    before = asked("decrypt")
    await keys.at_hand(first.wrapped, b"a")
    assert asked("decrypt") - before == 1


# What AWS's reference of Encrypt and Decrypt names, and what comes of it.
TOLD = {
    "InvalidCiphertextException": CannotOpen,
    "IncorrectKeyException": CannotOpen,
    "DisabledException": "key_service_refuses",
    "KMSInvalidStateException": "key_service_refuses",
    "NotFoundException": "key_service_refuses",
    "AccessDeniedException": "key_service_refuses",
    "InvalidKeyUsageException": "key_service_refuses",
    "UnrecognizedClientException": "key_service_refuses",
    "ExpiredTokenException": "key_service_refuses",
    "KeyUnavailableException": "key_service_away",
    "DependencyTimeoutException": "key_service_away",
    "KMSInternalException": "key_service_away",
    "ThrottlingException": "key_service_away",
    "LimitExceededException": "key_service_away",
    "SomethingNewException": "key_service_away",
}


async def test_what_the_key_service_says_is_never_mistaken_for_a_lost_key(made: Made) -> None:
    """
    Only what says that these bytes never open by this key is CannotOpen; the rest may be mended, so it is Unavailable.
    Seen red with every error read as CannotOpen.
    """
    told: dict[str, object] = {}
    said = [""]
    async with saying(said) as url:
        keys = ring(made, f"aws-kms:{NOWHERE},{LOCAL}", url)
        for said[0] in TOLD:
            try:
                await keys.at_hand(head_of(NOWHERE) + bytes(60), b"c")
            except Unavailable as error:
                told[said[0]] = error.code
            except CannotOpen as error:
                told[said[0]] = type(error)
    assert told == TOLD


async def test_what_is_in_memory_opens_while_the_key_service_refuses(service: KeyService, arn: str, made: Made) -> None:
    """A key that is gone at AWS: what was opened before still opens, the rest is told as Unavailable."""
    setting = f"aws-kms:{arn},{LOCAL}"
    warm, cold = ring(made, setting, service.url), ring(made, setting, service.url)
    key = await warm.new_at_hand(b"c")
    async with saying(["KMSInvalidStateException"]) as url:
        for each in (warm, cold):
            await each.close()
            each._kms = AwsKms(url)
        assert (await warm.at_hand(key.wrapped, b"c")).bare == key.bare
        for refused in (cold.at_hand(key.wrapped, b"c"), warm.new_at_hand(b"d")):
            with pytest.raises(Unavailable):
                await refused
        await asyncio.gather(warm.close(), cold.close())


async def test_a_key_service_that_is_away_is_told_within_seconds(service: KeyService, arn: str, made: Made) -> None:
    """Nobody listens: Unavailable; keys of our own open all the same."""
    key = await ring(made, f"aws-kms:{arn},{LOCAL}", service.url).new_at_hand(b"c")
    alone = ring(made, f"{LOCAL},aws-kms:{arn}", f"http://127.0.0.1:{free_port()}")
    async with asyncio.timeout(8):
        with pytest.raises(Unavailable) as error:
            await alone.at_hand(key.wrapped, b"c")
    assert error.value.code == "key_service_away"
    own = await alone.new_at_hand(b"d")
    assert (await alone.at_hand(own.wrapped, b"d")).bare == own.bare
