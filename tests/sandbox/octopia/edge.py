"""
The front door of the seller API: paths, tokens, sellers, quotas, headers, and the faults all operations share.

No rate is published. Ours is a judgement: a bucket for each client and seller over all operations, 10 requests a
second with a burst of 200, refused with 429 and no Retry-After.
"""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.sandbox.calls import Call, odd_query
from tests.sandbox.clock import http_date, iso
from tests.sandbox.faults import BadGateway, Unanswered, hang
from tests.sandbox.octopia.context import Context, Reply
from tests.sandbox.octopia.errors import MEDIA_TYPE, Problem, forbidden, invalid
from tests.sandbox.octopia.models import Account
from tests.sandbox.octopia.operations import Operation, find_operation
from tests.sandbox.world import World

PREFIX = "/octopia/api/seller/v2"
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><center>502 Bad Gateway</center></body></html>"
GATEWAY_TIMEOUT = "<html><head><title>504 Gateway Time-out</title></head><body></body></html>"
_RATE, _BURST = 10.0, 200.0


class OctopiaEdge:
    """Serves `/octopia/api/…`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def serve(self, request: Request) -> Response:
        """Octopia's answer, or a fault's; the call is logged and the state saved before anything leaves."""
        found = find_operation(request.method, _raw_path(request).removeprefix(PREFIX))
        operation, item_id = found or (None, "")
        call = self._begin(request, operation)
        try:
            response = await self._answer(request, operation, item_id, call)
        except Unanswered as silence:
            self._world.save()
            await hang(request, silence.seconds)
            return HTMLResponse(GATEWAY_TIMEOUT, 504)
        response.headers["Date"] = http_date(self._now(call))
        self._world.faults.take(call.operation, call.seller_id, "clock_skew")
        self._world.save()
        call.status = response.status_code
        return response

    def _begin(self, request: Request, operation: Operation | None) -> Call:
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        name = operation.name if operation else "unknown"
        call = Call(f"octopia.{name}", None, iso(self._world.clock.now()))
        call.seller_id = request.headers.get("sellerid")
        call.query = dict(pairs)
        if operation is not None:
            call.deviations += odd_query(pairs, request.url.query, operation.parameters)
        return self._world.calls.add(call)

    async def _answer(self, request: Request, operation: Operation | None, item_id: str, call: Call) -> Response:
        body = await request.body()
        try:
            await self._world.faults.disturb(call)
            account = self._admit(request, operation, call)
            assert operation is not None
            reply = operation.handler(self._context(request, account, call, body, item_id))
        except BadGateway:
            return HTMLResponse(BAD_GATEWAY, 502)
        except Problem as problem:
            document = problem.body(_raw_path(request), self._world.draw("octopia.trace")[:32])
            return JSONResponse(document, problem.status, media_type=MEDIA_TYPE)
        return _response(reply)

    def _admit(self, request: Request, operation: Operation | None, call: Call) -> Account:
        """The seller's account, past the faults, the token, the delegation and the quota; raises Problem."""
        kinds = {"server_error": 500, "throttle": 429, "token_rejected": 401}
        if fault := self._world.faults.take(call.operation, call.seller_id, *kinds):
            call.fault = fault.kind
            raise Problem(kinds[fault.kind])
        bearer = self._world.octopia.bearers.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if bearer is None or bearer.expires_at <= self._world.clock.now():
            raise Problem(401, "The access token is missing, invalid or expired.")
        if not call.seller_id:
            raise invalid("SellerId", "The SellerId field is required.")
        if fault := self._world.faults.take(call.operation, call.seller_id, "revoked_grant"):
            call.fault = fault.kind
            raise forbidden()
        account = self._world.octopia.may(bearer.client_id, call.seller_id)
        if account is None:
            raise forbidden()
        if not self._world.quotas.allow(("octopia", bearer.client_id, call.seller_id), rate=_RATE, burst=_BURST):
            raise Problem(429)
        if operation is None:
            raise Problem(404)
        return account

    def _context(self, request: Request, account: Account, call: Call, body: bytes, item_id: str) -> Context:
        url = str(request.url.replace(query=""))
        return Context(self._world, call, account, call.query, request.headers, body, item_id, url)

    def _now(self, call: Call) -> float:
        fault = self._world.faults.peek(call.operation, call.seller_id, "clock_skew")
        return self._world.clock.now() + (fault.seconds or 0.0 if fault else 0.0)


def _response(reply: Reply) -> Response:
    if reply.body is None:
        return Response(status_code=reply.status, headers=dict(reply.headers))
    return JSONResponse(reply.body, reply.status, dict(reply.headers))


def _raw_path(request: Request) -> str:
    raw = request.scope.get("raw_path") or request.url.path.encode()
    return bytes(raw).split(b"?")[0].decode("latin-1")
