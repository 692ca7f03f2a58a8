"""Another client secret for our own application: what is asked, what each answer means, what messages tell."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from shared.http.messages import Answer
from shared.kernel.errors import (
    FarSideError,
    OutcomeUnknown,
    Refused,
    RoleMissing,
    Throttled,
    TokenRejected,
    Unreadable,
)
from shared.marketplaces.amazon.applications import AmazonRotation
from shared.marketplaces.amazon.wire import Spapi
from shared.marketplaces.client_secrets import NewSecret, SecretEnds
from tests.unit.marketplaces.far_side import API_URLS, ScriptedOutward, StoppedClock, answer, denial
from tests.unit.marketplaces.test_amazon_oauth import client

GRANTED = answer(200, {"access_token": "Atza|grantless", "expires_in": 3600})
NEW = {
    "clientId": "client-eu",
    "newClientSecret": "amzn1.oa2-cs.v1.new",
    "newClientSecretExpiryTime": "2027-03-18T10:00:00.000Z",
    "oldClientSecretExpiryTime": "2026-09-26T10:00:00.000Z",
}


def rotation(*answers: Answer | Exception) -> tuple[AmazonRotation, ScriptedOutward]:
    oauth, outward = client(GRANTED, *answers)
    return AmazonRotation(oauth, Spapi(outward, API_URLS, StoppedClock()), StoppedClock()), outward


async def test_it_is_asked_in_no_sellers_name() -> None:
    """A grantless token of the one scope that allows it, then a write to the region, without a body."""
    port, outward = rotation(answer(204))
    await port.rotate("eu")
    token, call = outward.requests
    form = dict(parse_qsl((token.body or b"").decode()))
    assert (form["grant_type"], form["scope"]) == (
        "client_credentials", "sellingpartnerapi::client_credential:rotation",
    )  # fmt: skip
    assert (call.method, call.url, call.effect, call.body) == (
        "POST", "https://eu.example/applications/2023-11-30/clientSecret", "write", None,
    )  # fmt: skip
    assert call.headers["x-amz-access-token"] == "Atza|grantless"


@pytest.mark.parametrize(
    ("scripted", "error", "code"),
    [
        (denial(400), Refused, "not_enrolled"),
        (denial(403), RoleMissing, "access_denied"),
        (denial(401), TokenRejected, "unauthorised"),
        (denial(404), Refused, "http_404"),
        (denial(429), Throttled, "throttled"),
        (denial(500), OutcomeUnknown, "server_error"),
        (OutcomeUnknown("no answer", code="no_answer"), OutcomeUnknown, "no_answer"),
    ],
)
async def test_what_a_refusal_means(scripted: Answer | Exception, error: type[FarSideError], code: str) -> None:
    """Only an answer that is lost may have made a secret."""
    with pytest.raises(error) as caught:
        await rotation(scripted)[0].rotate("eu")
    assert (type(caught.value), caught.value.code) == (error, code)


def message(kind: str, name: str, payload: Any) -> bytes:
    return json.dumps({"notificationType": kind, "payload": {name: payload}}).encode()


def test_messages_about_secrets_are_read() -> None:
    """A new one with both ends, also where they are left out; an end; of other kinds nothing."""
    read = rotation()[0].read
    new, name = "APPLICATION_OAUTH_CLIENT_NEW_SECRET", "applicationOAuthClientNewSecret"
    at = datetime(2027, 3, 18, 10, tzinfo=UTC)
    told = read(message(new, name, NEW))
    assert told == NewSecret("client-eu", "amzn1.oa2-cs.v1.new", at, datetime(2026, 9, 26, 10, tzinfo=UTC))
    assert "oa2-cs" not in repr(told)
    bare = {key: NEW[key] for key in ("clientId", "newClientSecret")}
    assert read(message(new, name, bare)) == NewSecret("client-eu", "amzn1.oa2-cs.v1.new", None, None)
    ends = {"clientId": "client-eu", "clientSecretExpiryTime": "2027-03-18T10:00:00.000Z"}
    kind = "APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY"
    assert read(message(kind, "applicationOAuthClientSecretExpiry", ends)) == SecretEnds("client-eu", at)
    assert read(message("ORDER_CHANGE", "orderChangeNotification", {})) is None


@pytest.mark.parametrize(
    "body",
    [
        b"amzn1.oa2-cs.v1.new",
        b"[]",
        message(
            "APPLICATION_OAUTH_CLIENT_NEW_SECRET", "applicationOAuthClientNewSecret", {"newClientSecret": "oa2-cs"}
        ),
        message("APPLICATION_OAUTH_CLIENT_NEW_SECRET", "applicationOAuthClientNewSecret", None),
        message("APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY", "applicationOAuthClientSecretExpiry", {"clientId": "c"}),
    ],
)
def test_what_cannot_be_read_is_not_repeated(body: bytes) -> None:
    """Unreadable, without the bytes: they may be a secret. Seen red with the bytes handed on."""
    with pytest.raises(Unreadable) as caught:
        rotation()[0].read(body)
    assert caught.value.raw == b""
    assert "oa2-cs" not in str(caught.value)
