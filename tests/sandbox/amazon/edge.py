"""
The front door of the Selling Partner API in one region: paths, tokens, quotas, headers, and the faults all share.

Routing is on the raw path (a `%2F` is part of a segment), and whatever it does not know is 403, as at Amazon.
"""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.sandbox.amazon import access, deviations
from tests.sandbox.amazon.context import Context
from tests.sandbox.amazon.errors import ApiError, internal, throttled
from tests.sandbox.amazon.operations import Find, Operation, find_operation
from tests.sandbox.calls import Call, odd_query
from tests.sandbox.clock import http_date, iso
from tests.sandbox.faults import BadGateway, Unanswered, hang
from tests.sandbox.models import Seller
from tests.sandbox.world import World

BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
GATEWAY_TIMEOUT = "<html><head><title>504 Gateway Time-out</title></head><body></body></html>"
_RATE_SHOWN = (200, 201, 202, 204, 400, 404)


class Edge:
    """
    Serves `/amazon/{region}/…`; with `sandbox` `/amazon/sandbox/{region}/…`, Amazon's own test endpoint, which takes
    the same tokens. `find`: which operations there are.
    """

    def __init__(self, world: World, region: str, find: Find = find_operation, *, sandbox: bool = False) -> None:
        self._world = world
        self._region = region
        self._find = find
        self._sandbox = sandbox

    async def serve(self, request: Request) -> Response:
        """Amazon's answer, or a fault's; the call is logged and the state saved before anything leaves."""
        root = f"/amazon/sandbox/{self._region}" if self._sandbox else f"/amazon/{self._region}"
        found = self._find(request.method, _raw_path(request).removeprefix(root))
        operation, path = found or (None, {})
        call = self._begin(request, operation)
        try:
            response = await self._answer(request, operation, path, call)
        except Unanswered as silence:
            self._world.save()
            await hang(request, silence.seconds)
            return HTMLResponse(GATEWAY_TIMEOUT, 504)
        self._world.save()
        call.status = response.status_code
        return self._with_headers(response, operation, call)

    def _begin(self, request: Request, operation: Operation | None) -> Call:
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        name = operation.name if operation else "unknown"
        call = Call(f"amazon.{name}", self._region, iso(self._world.clock.now()))
        call.seller_id = access.seller_of(self._world, _token(request))
        call.query = dict(pairs)
        call.endpoint = "sandbox" if self._sandbox else "production"
        call.deviations += deviations.odd_headers(request)
        if operation is not None:
            call.deviations += odd_query(pairs, request.url.query, operation.parameters)
        return self._world.calls.add(call)

    async def _answer(
        self, request: Request, operation: Operation | None, path: dict[str, str], call: Call
    ) -> Response:
        body = await request.body()
        try:
            await self._world.faults.disturb(call)
            seller = self._admit(request, operation, call)
            assert operation is not None
            answer = operation.handler(self._context(seller, call, body, path, _token(request)))
        except BadGateway:
            return HTMLResponse(BAD_GATEWAY, 502)
        except ApiError as error:
            headers = {"x-amzn-ErrorType": error.error_type} if error.error_type else {}
            return JSONResponse(error.body(), error.status, headers)
        if isinstance(answer, Response):
            return answer
        return Response(status_code=204) if answer is None else JSONResponse(answer)

    def _admit(self, request: Request, operation: Operation | None, call: Call) -> Seller:
        """The calling seller, past the faults, the token and the quota; raises ApiError."""
        fault = self._world.faults.take(call.operation, call.seller_id, "server_error", "throttle")
        if fault is not None:
            call.fault = fault.kind
            raise internal() if fault.kind == "server_error" else throttled()
        token = _token(request)
        called = f"{request.method} {_raw_path(request).removeprefix(f'/amazon/{self._region}')}"
        seller = access.authorise(self._world, token, self._region, operation, call, called)
        assert operation is not None
        key = (access.client_of(self._world, token), seller.key, operation.name)
        if not self._world.quotas.allow(key, rate=operation.rate, burst=operation.burst):
            raise throttled()
        return seller

    def _context(self, seller: Seller, call: Call, body: bytes, path: dict[str, str], token: str) -> Context:
        now = self._world.clock.now() + self._skew(call)
        known = self._world.tokens.get(token)
        assert known is not None
        return Context(self._world, call, seller, now, call.query, body, path, known)

    def _skew(self, call: Call) -> float:
        fault = self._world.faults.peek(call.operation, call.seller_id, "clock_skew")
        return fault.seconds or 0.0 if fault else 0.0

    def _with_headers(self, response: Response, operation: Operation | None, call: Call) -> Response:
        response.headers["x-amzn-RequestId"] = _request_id(self._world.draw("request"))
        response.headers["Date"] = http_date(self._world.clock.now() + self._skew(call))
        self._world.faults.take(call.operation, call.seller_id, "clock_skew")
        if operation is not None and response.status_code in _RATE_SHOWN:
            response.headers["x-amzn-RateLimit-Limit"] = f"{operation.rate * self._world.quotas.scale:g}"
        return response


def _raw_path(request: Request) -> str:
    raw = request.scope.get("raw_path") or request.url.path.encode()
    return bytes(raw).split(b"?")[0].decode("latin-1")


def _token(request: Request) -> str:
    return request.headers.get("x-amz-access-token", "")


def _request_id(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"
