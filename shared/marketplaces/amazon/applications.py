"""
Another client secret for our own application: asked for by a call, told by a message of a queue.

Sources: model `application_2023-11-30`, developer pages Rotate your application's client secret and Rotating your
app's LWA credentials (read 2026-11). A secret lives for 180 days; the one before goes on for seven days beside it. The
queue is named in the developer console, for which there is no call.
"""

from datetime import timedelta

from shared.kernel.budgets import Budgets, Rate
from shared.kernel.clock import Clock
from shared.kernel.errors import Refused, Unreadable
from shared.kernel.ports import AccessToken
from shared.marketplaces.amazon.oauth import AmazonOAuth
from shared.marketplaces.amazon.operations import ROTATE_SECRET
from shared.marketplaces.amazon.wire import Call, Spapi, refusal
from shared.marketplaces.client_secrets import NewSecret, SecretEnds
from shared.marketplaces.fields import BadField, Json, load_object, part, required_text, required_time, text, time
from shared.marketplaces.ports import FarAccount

_SCOPE = "sellingpartnerapi::client_credential:rotation"
_CALL = Call(ROTATE_SECRET, "POST", "/applications/2023-11-30/clientSecret")
# Published: once a minute. We ask twice a year.
_RATE = Rate(0.0167, 1)


class AmazonRotation:
    """See `shared.marketplaces.client_secrets.RotationPort`."""

    def __init__(self, oauth: AmazonOAuth, spapi: Spapi, clock: Clock) -> None:
        self._oauth = oauth
        self._spapi = spapi
        self._clock = clock

    async def rotate(self, region: str) -> None:
        """For the region's own application; the secret serves wherever that application does."""
        granted = await self._oauth.grantless(region, _SCOPE)
        until = self._clock.now() + timedelta(seconds=granted.expires_in_seconds)
        token = AccessToken(granted.access_token, 0, 0, until)
        nobody = FarAccount(region, "")
        answer = await self._spapi.call(nobody, _CALL, token, Budgets({ROTATE_SECRET: _RATE}))
        if answer.status == 400:
            detail = "No queue is named for the application's new secrets."
            raise Refused(detail, code="not_enrolled", request_id=answer.request_id)
        if answer.status not in (200, 204):
            raise refusal(answer)

    def read(self, message: bytes) -> NewSecret | SecretEnds | None:
        """By `notificationType`; of others than the two about secrets, nothing."""
        try:
            told = load_object(message)
            payload = part(told, "payload")
            match text(told, "notificationType"):
                case "APPLICATION_OAUTH_CLIENT_NEW_SECRET":
                    return _new_secret(part(payload, "applicationOAuthClientNewSecret"))
                case "APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY":
                    its = part(payload, "applicationOAuthClientSecretExpiry")
                    return SecretEnds(required_text(its, "clientId"), required_time(its, "clientSecretExpiryTime"))
        except (BadField, Unreadable) as error:
            # Without the bytes: there may be a secret in them.
            raise Unreadable("The message is none that is known.", code="message_unreadable") from error
        return None


def _new_secret(its: Json) -> NewSecret:
    client_id, secret = required_text(its, "clientId"), required_text(its, "newClientSecret")
    return NewSecret(client_id, secret, time(its, "newClientSecretExpiryTime"), time(its, "oldClientSecretExpiryTime"))
