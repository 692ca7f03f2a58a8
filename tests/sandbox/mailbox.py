"""
The mail server, played: takes every mail, keeps it, and shows it to tests (`/control/mails`) and to people (`/mails`).

Told to (`POST /control/mails`), it answers the next ones with another code: 4xx, come again; 5xx, not at all.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from html import escape
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.sandbox.control import Json, control_route
from tests.sandbox.world import World

_KEPT_MOST = 1_000


@dataclass
class Mailbox:
    """`port` is known while it is open. `answers`: what the next mails get, in order."""

    port: int = 0
    mails: deque[Json] = field(default_factory=lambda: deque(maxlen=_KEPT_MOST))
    answers: deque[str] = field(default_factory=deque)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self.answers:
            return self.answers.popleft()
        message = message_from_bytes(cast(bytes, envelope.content), policy=policy.default)
        self.mails.append(
            {
                "to": list(envelope.rcpt_tos),
                "from": envelope.mail_from,
                # A long value may begin on the line after its name.
                "headers": {name.lower(): str(value).lstrip() for name, value in message.items()},
                "text": message.get_content(),
            }
        )
        return "250 kept"

    @asynccontextmanager
    async def open(self, host: str, port: int) -> AsyncIterator[None]:
        """Until the end of the block; `port` 0: a free one."""
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(self), host, port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()


def mail_routes(world: World, mailbox: Mailbox) -> list[Route]:
    def shown(world: World, request: Request, body: Json) -> tuple[int, Any]:
        to = request.query_params.get("to")
        return 200, {"port": mailbox.port, "mails": [mail for mail in mailbox.mails if to in (None, *mail["to"])]}

    def answer(world: World, request: Request, body: Json) -> tuple[int, Any]:
        mailbox.answers.extend([str(body["answer"])] * int(body.get("times", 1)))
        return 201, {}

    def forget(world: World, request: Request, body: Json) -> tuple[int, Any]:
        mailbox.mails.clear()
        mailbox.answers.clear()
        return 200, {}

    async def page(request: Request) -> Response:
        return HTMLResponse("".join(_shown(mail) for mail in reversed(mailbox.mails)) or "<p>No mail came yet.</p>")

    return [
        control_route(world, "/mails", "GET", shown),
        control_route(world, "/mails", "POST", answer),
        control_route(world, "/mails", "DELETE", forget),
        Route("/mails", page, methods=["GET"]),
    ]


def _shown(mail: Json) -> str:
    head = f"{escape(mail['headers']['subject'])} · {escape(', '.join(mail['to']))}"
    return f"<h2>{head}</h2><pre>{escape(mail['text'])}</pre>"
