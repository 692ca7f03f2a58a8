"""
rotateApplicationClientSecret (Application Management 2023-11-30): another secret, sent to the application's queue.

The answer comes first, the message after it. The old secret dies seven days later, the new one after 180. The queue
is one of a server that believes any credentials.
"""

import json
from dataclasses import replace
from functools import cache
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.sandbox.amazon import deviations
from tests.sandbox.amazon.edge import BAD_GATEWAY, GATEWAY_TIMEOUT
from tests.sandbox.amazon.errors import EXPIRED, MISSING, REJECTED, ApiError, denied, internal, invalid, throttled
from tests.sandbox.amazon.lwa import ROTATION_SCOPE
from tests.sandbox.calls import Call
from tests.sandbox.clock import iso
from tests.sandbox.faults import BadGateway, Unanswered, hang
from tests.sandbox.models import Application
from tests.sandbox.world import World

OPERATION = "amazon.rotateApplicationClientSecret"
PATH = "/applications/2023-11-30/clientSecret"
_DAY_SECONDS = 86_400
_NEW_DAYS = 180
_OLD_DAYS = 7
_RATE = 0.0167
_NOT_ENROLLED = (
    "Application is not enrolled for rotation notification. Please update application notification preference in "
    "Developer console."
)


class Rotation:
    """Serves the operation in every region: it is asked in no seller's name."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def serve(self, request: Request) -> Response:
        call = self._world.calls.add(Call(OPERATION, request.path_params["region"], iso(self._world.clock.now())))
        call.deviations += deviations.odd_headers(request)
        try:
            response = await self._answer(request, call)
        except Unanswered as silence:
            self._world.save()
            await hang(request, silence.seconds)
            return HTMLResponse(GATEWAY_TIMEOUT, 504)
        self._world.save()
        call.status = response.status_code
        response.headers["x-amzn-RequestId"] = self._world.draw("request")[:32]
        return response

    async def _answer(self, request: Request, call: Call) -> Response:
        try:
            await self._world.faults.disturb(call)
            app = self._admit(request.headers.get("x-amz-access-token", ""), call)
            message = self._rotate(app)
        except BadGateway:
            return HTMLResponse(BAD_GATEWAY, 502)
        except ApiError as error:
            return JSONResponse(error.body(), error.status)
        if fault := self._world.faults.take(OPERATION, None, "timeout_after_effect"):
            call.fault = fault.kind
            await _send(app.queue_url, message)
            raise Unanswered(fault.seconds)
        return Response(status_code=204, background=BackgroundTask(_send, app.queue_url, message))

    def _admit(self, token: str, call: Call) -> Application:
        if fault := self._world.faults.take(OPERATION, None, "server_error", "throttle"):
            call.fault = fault.kind
            raise internal() if fault.kind == "server_error" else throttled()
        known = self._world.tokens.get(token)
        if known is None:
            raise denied(REJECTED if token else MISSING)
        if known.expires_at <= self._world.clock.now():
            raise denied(EXPIRED)
        app = self._world.app_of_client(known.client_id)
        if known.scope != ROTATION_SCOPE or app is None:
            raise denied()
        if not self._world.quotas.allow((app.client_id, OPERATION), rate=_RATE, burst=1):
            raise throttled()
        if not app.queue_url:
            raise invalid(_NOT_ENROLLED)
        return app

    def _rotate(self, app: Application) -> str:
        now, secret = self._world.clock.now(), f"amzn1.oa2-cs.v1.{self._world.draw('secret')}"
        old_dies, new_dies = now + _OLD_DAYS * _DAY_SECONDS, now + _NEW_DAYS * _DAY_SECONDS
        dies_at = {one: min(app.dies_at.get(one, old_dies), old_dies) for one in app.client_secrets}
        secrets = (secret, *app.client_secrets)
        self._world.apps.put(
            app.application_id, replace(app, client_secrets=secrets, dies_at=dies_at | {secret: new_dies})
        )
        return json.dumps(
            _notification(
                app,
                now,
                {
                    "clientId": app.client_id,
                    "newClientSecret": secret,
                    "newClientSecretExpiryTime": iso(new_dies, fraction=True),
                    "oldClientSecretExpiryTime": iso(old_dies, fraction=True),
                },
            )
        )


def _notification(app: Application, now: float, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "notificationVersion": "1.0",
        "notificationType": "APPLICATION_OAUTH_CLIENT_NEW_SECRET",
        "payloadVersion": "2023-11-30",
        "eventTime": iso(now, fraction=True),
        "payload": {"applicationOAuthClientNewSecret": payload},
        "notificationMetadata": {
            "applicationId": app.application_id,
            "subscriptionId": "a275c00d-260c-4000-8000-000000000025",
            "publishTime": iso(now, fraction=True),
            "notificationId": f"{int(now * 1000):x}",
        },
    }


@cache
def _session() -> Any:
    """Reads AWS's description of itself, which is large: once, and only where a queue is."""
    from aiobotocore.session import get_session

    return get_session()


async def _send(queue_url: str, message: str) -> None:
    endpoint = queue_url.rsplit("/", 2)[0]
    secrets = {"aws_access_key_id": "amazon", "aws_secret_access_key": "amazon"}
    making = _session().create_client("sqs", region_name="eu-west-3", endpoint_url=endpoint, **secrets)
    async with making as client:
        await client.send_message(QueueUrl=queue_url, MessageBody=message)
