"""
Each place that is searched, whole, with a word that must be found there: an empty place proves nothing.

Each kind was seen red with a leak of its own: a city in an event's header (topic); the session id kept as the form's
token (database); headers and bodies printed, `log_statement`, a data folder named like a city (log); headers as a fact
of a span (traces) and in a label (metrics); the session id in the address after signing up, a city asked of far sides
(urls); a phone number printed (label, text and streams); the input of what was refused (refusals); an e-mail address
on the page (unreadable records); the environment printed (parked list, parked show); the query of a refused call kept
with its answer (refusals between services). A place without its word was seen red with the traces of a process that
makes none.
"""

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import httpx
import pypdfium2  # type: ignore[import-untyped]

from deploy.local.stack import Stack
from tests.e2e.searched import BUYERS, dumped, logged, published
from tests.leaks.between import Between
from tests.leaks.collector import Collector
from tests.leaks.heard import Heard
from tests.leaks.provoked import PARKED_NUMBER, operator
from tests.sandbox_client import Sandbox

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_SERVERS_SAY = {"postgres": b"ready to accept connections", "kafka": b"QuorumController"}
# Auth applies no events.
_PARKING = ("orders", "inventory", "labels")
_TRACE_ID = re.compile(rb'"trace_id": ?"([0-9a-f]{32})"')


@dataclass(frozen=True)
class Place:
    """`controls`: at least one of these is there, or the place was not really searched."""

    kind: str
    name: str
    content: bytes
    controls: tuple[bytes, ...]

    @property
    def is_searched(self) -> bool:
        return any(control in self.content for control in self.controls)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


async def all_places(
    stack: Stack,
    heard: Heard,
    collector: Collector,
    between: Between,
    servers: dict[str, bytes],
    parked: str,
    connection_id: str,
) -> list[Place]:
    """`servers`: logs of PostgreSQL and Kafka; `parked`: an event's subject; `connection_id`: one of this run."""
    ours = connection_id.encode()
    dumps, logs = await dumped(stack), logged(stack)
    places = [Place("topic", name, found, (b"ce_subject=",)) for name, found in (await published(stack)).items()]
    places += [Place("database", name, found, (ours,)) for name, found in dumps.items()]
    places += [Place("log", name, found, _of_log(name)) for name, found in logs.items()]
    places += [Place("log", name, found, (_SERVERS_SAY[name],)) for name, found in servers.items()]
    places += [*_traces(stack, collector, logs), *await _metrics(stack), *await _urls(stack, heard), *_labels(heard)]
    places.append(Place("refusals", "", _joined(heard.refusals), (b"application/problem+json",)))
    for service, refusals in between.refusals.items():
        places.append(
            Place("refusals", f"of {service} to our services", _joined(refusals), (b"urn:passerelle:problem:",))
        )
    places.append(Place("unreadable records", "", _joined(heard.unreadable), (b"Records that could not be read",)))
    return [*places, *await _parked(stack, parked)]


def _joined(parts: Iterable[bytes]) -> bytes:
    return b"\n".join(parts)


def _of_log(name: str) -> tuple[bytes, ...]:
    """The gateway logs nothing but what is no HTTP; each line of the others says whose it is."""
    service = name.partition("-")[0]
    return (b"Invalid HTTP request",) if name == "gateway" else (f'"service": "{service}"'.encode(),)


def _traces(stack: Stack, collector: Collector, logs: dict[str, bytes]) -> Iterator[Place]:
    """Of each process, with the trace of one of its log lines."""
    for service, process in stack.layout.watch:
        name = f"{service}-{process}"
        ids = tuple({bytes.fromhex(one.decode()) for one in _TRACE_ID.findall(logs[name])})
        yield Place("traces", name, collector.by_process.get(name, b""), ids)


async def _metrics(stack: Stack) -> list[Place]:
    """With the routes an API serves, or the calls a process makes, or what it published."""
    found = []
    async with httpx.AsyncClient(trust_env=False) as client:
        for (service, process), port in stack.layout.watch.items():
            answer = await client.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
            words = (b'route="/',) if process == "api" else (b'operation="', b"passerelle_outbox_published_total")
            found.append(Place("metrics", f"{service}-{process}", answer.content, words))
    return found


async def _urls(stack: Stack, heard: Heard) -> list[Place]:
    """What browsers asked for and were sent to, and what the far sides were asked."""
    async with Sandbox(stack.sandbox) as sandbox:
        asked = repr((await sandbox.calls())["calls"]).encode()
    return [
        Place("urls", "of browsers", _joined(heard.urls), (b"/api/orders/v1/orders",)),
        Place("urls", "of far sides", asked, (b"lastUpdatedAfter",)),
    ]


def _labels(heard: Heard) -> Iterator[Place]:
    """As a reader sees them, and their streams decompressed."""
    for marketplace, pdfs in heard.labels.items():
        city = next(value for name, value in BUYERS[marketplace].items() if name == "city").encode()
        yield Place("label", f"text of {marketplace}", _joined(map(_text, pdfs)), (city,))
        yield Place("label", f"streams of {marketplace}", _joined(s for pdf in pdfs for s in _streams(pdf)), (b" Tf ",))


def _text(pdf: bytes) -> bytes:
    pages = pypdfium2.PdfDocument(pdf)
    return "\n".join(str(page.get_textpage().get_text_range()) for page in pages).encode()


def _streams(pdf: bytes) -> Iterator[bytes]:
    """What is around the streams, and each of them as it is before its filters."""
    yield _STREAM.sub(b"", pdf)
    for stream in _STREAM.findall(pdf):
        packed = base64.a85decode(b"<~" + stream.strip(), adobe=True) if stream.strip().endswith(b"~>") else stream
        yield zlib.decompress(packed)


async def _parked(stack: Stack, subject: str) -> list[Place]:
    places = []
    for service in _PARKING:
        listed, nothing = await operator(stack, service, "list"), b"nothing is parked"
        places.append(Place("parked list", service, listed, (subject.encode(), nothing)))
    for service in ("inventory", "labels"):
        shown = await operator(stack, service, "show", subject)
        places.append(Place("parked show", service, shown, (PARKED_NUMBER.encode(),)))
    return places
