"""Applications of an organisation's own: brought, tried before they are kept, and never shown again."""

import secrets

import pytest

from services.auth.entrypoints import looking
from tests.integration.auth.conftest import Running
from tests.integration.auth.private import (
    CLIENT_ID,
    NEXT_SECRET,
    SECRET,
    VENDOR,
    add,
    app_id,
    bring,
    registered,
    vendor,
)
from tests.integration.auth.test_expiry import probed


async def test_codes_that_share_a_token_are_connections_of_their_own(auth: Running) -> None:
    """
    Each is asked about by its own code, with a token for the organisation's client, and no end of it is known. Seen
    red with the probe of the whole group.
    """
    visitor, token = await vendor(auth, "ABC1E", "ABC2E")
    assert (await add(visitor, token, "abc1e ABC2E", name="Vendor DE")).status_code == 303
    found = {one["name"]: one for one in await visitor.connections()}
    assert {name: one["seller_id"] for name, one in found.items()} == {
        "Vendor DE ABC1E": "ABC1E",
        "Vendor DE ABC2E": "ABC2E",
    }
    assert {one["state"] for one in found.values()} == {"authorised"}
    assert {one["expires_at"] for one in found.values()} == {None}
    calls = (await auth.sandbox.calls("amazon.getPurchaseOrders"))["calls"]
    assert {call["query"].get("orderingVendorCode") for call in calls} == {"ABC1E", "ABC2E"}
    page = (await visitor.get(f"/connections/{found['Vendor DE ABC1E']['id']}")).text
    assert "No end is known; we remind you on" in page


async def test_many_codes_wait_no_longer_than_one(auth: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where the marketplace is slow all are kept, the page says how many it has not told about, and the worker asks. Seen
    red with a deadline for each.
    """
    monkeypatch.setattr(looking, "LOOK_SECONDS", 1.0)
    codes = [f"ABC{n}E" for n in range(6)]
    visitor, token = await vendor(auth, *codes)
    await auth.sandbox.fault("amazon.getPurchaseOrders", "slow", seconds=0.8)
    began = auth.held.clock.monotonic()
    answer = await add(visitor, token, " ".join(codes))
    assert auth.held.clock.monotonic() - began < 3
    assert answer.headers["location"] == f"/connections/{VENDOR}/private?later=5"
    page = (await visitor.get(answer.headers["location"])).text
    assert "has not told about yet: 5" in page
    await auth.sandbox.clear_faults()
    for _ in range(5):
        await probed(auth)
    assert await auth.rows("select 1 from connection where probed_at is null") == []


async def test_a_code_in_two_countries_is_two_connections(auth: Running) -> None:
    """Each with its own token, channel and state; the same row again replaces its token only."""
    visitor, token = await vendor(auth, "ABC1E")
    for country, name in (("DE", "Berlin"), ("FR", "Paris"), ("FR", "")):
        assert (await add(visitor, token, "ABC1E", country=country, name=name)).status_code == 303
    found = await visitor.connections()
    assert sorted((one["name"], one["channels"][0]["country"], one["consent_version"]) for one in found) == [
        ("Berlin", "DE", 1),
        ("Paris", "FR", 2),
    ]
    assert len(await auth.rows("select 1 from access_grant")) == 2


async def test_a_code_that_is_not_the_tokens_says_so_on_its_row(auth: Running) -> None:
    """The others work."""
    visitor, token = await vendor(auth, "ABC1E")
    assert (await add(visitor, token, "ABC1E OTHER")).status_code == 303
    page = (await visitor.get(f"/connections/{VENDOR}/private")).text
    assert page.count("Either a role is missing, or country and code are not of this token") == 1


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"country": ""}, 422, "Choose the country of the account"),
        ({"country": "IN"}, 422, "Choose the country of the account"),
        ({"codes": "ABC1E ABC-1"}, 422, "ABC-1: Enter it as Amazon shows it"),
        ({"codes": "ABC1E ABC1E"}, 422, "Enter it as Amazon shows it"),
        ({"codes": " "}, 422, "Enter it as Amazon shows it"),
        ({"refresh_token": "Atza|token-of-access"}, 422, "This is not a refresh token"),
        ({"refresh_token": "Atzr|token-of-nobody"}, 422, "Amazon refuses this token for this application"),
        ({"name": "n" * 81}, 422, "Enter a name of 1 to 80 characters"),
        ({"app_id": "01a2288f-0000-7000-8000-000000000000"}, 404, "This application is not here"),
        ({"app_id": "x"}, 404, "This application is not here"),
    ],
)
async def test_a_row_that_is_wrong_says_what_to_do(
    auth: Running, fields: dict[str, str], status: int, sentence: str
) -> None:
    """Nothing is kept, and the token is not shown again."""
    visitor, token = await vendor(auth, "ABC1E")
    answer = await add(visitor, token, **({"codes": "ABC1E"} | fields))
    assert (answer.status_code, sentence in answer.text) == (status, True), answer.text
    assert "Atzr|token" not in answer.text
    assert token not in answer.text
    assert await visitor.connections() == []


@pytest.mark.parametrize(
    ("client_id", "secret", "status", "sentence"),
    [
        ("amzn1.sp.solution.own", SECRET, 422, "This is not a client ID"),
        (CLIENT_ID, "wrong", 422, "Amazon does not know this client ID with this secret"),
        (CLIENT_ID, "", 422, "Enter the client secret as Amazon shows it"),
    ],
)
async def test_a_client_that_is_wrong_is_not_kept(
    auth: Running, client_id: str, secret: str, status: int, sentence: str
) -> None:
    """It is tried at the token endpoint before anything is kept."""
    await registered(auth)
    visitor = await auth.visitor().sign_up()
    answer = await bring(visitor, secret, client_id=client_id)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert not secret or f'value="{secret}"' not in answer.text
    assert await auth.rows("select 1 from private_app") == []


async def test_the_far_side_away_keeps_nothing(auth: Running) -> None:
    """Neither a secret that was not tried nor a row."""
    visitor, token = await vendor(auth, "ABC1E")
    await auth.sandbox.fault("amazon.token", "server_error")
    assert (await add(visitor, token, "ABC1E")).status_code == 503
    assert (await bring(visitor, NEXT_SECRET)).status_code == 503
    assert await visitor.connections() == []


async def test_a_seller_brings_an_application_too(auth: Running) -> None:
    """Probed by participations; a reconnect leads to the page where a new token is entered."""
    await registered(auth, vendors=False)
    visitor = await auth.visitor().sign_up()
    await bring(visitor, marketplace="amazon")
    made = await auth.sandbox.seller("A1OWNSELLER", channels=["FR", "DE"], application_id="amzn1.sp.solution.own")
    assert (await add(visitor, made["refresh_token"], "A1OWNSELLER", "amazon")).status_code == 303
    (connection,) = await visitor.connections()
    assert sorted(channel["country"] for channel in connection["channels"]) == ["DE", "FR"]
    again = await visitor.submit(f"/connections/{connection['id']}/reconnect")
    assert again.headers["location"] == "/connections/amazon/private"


async def test_an_account_is_not_reached_twice(auth: Running) -> None:
    """What is connected by consent is not connected by an application too; a consent takes the connection over."""
    await registered(auth, vendors=False)
    visitor = await auth.visitor().sign_up()
    await bring(visitor, marketplace="amazon")
    made = await auth.sandbox.seller("A1OWNSELLER", application_id="amzn1.sp.solution.own")
    await add(visitor, made["refresh_token"], "A1OWNSELLER", "amazon")
    await visitor.connect("A1OWNSELLER")
    (connection,) = await visitor.connections()
    assert (connection["consent_version"], connection["expires_at"] is None) == (2, False)
    answer = await add(visitor, made["refresh_token"], "A1OWNSELLER", "amazon")
    assert (answer.status_code, "is connected already by authorising our application" in answer.text) == (409, True)


@pytest.mark.abuse
async def test_a_typed_name_keeps_nobody_out(auth: Running) -> None:
    """
    Anybody can type a seller id beside a token of another account: its owner connects all the same. Seen red with
    private connections as holders.
    """
    await registered(auth, vendors=False)
    thief, owner = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    await bring(thief, marketplace="amazon")
    theirs = await auth.sandbox.seller("A1THIEF", application_id="amzn1.sp.solution.own")
    await auth.sandbox.seller("A1OWNSELLER")
    assert (await add(thief, theirs["refresh_token"], "A1OWNSELLER", "amazon")).status_code == 303
    assert "connected=" in (await owner.connect("A1OWNSELLER")).headers["location"]


@pytest.mark.abuse
async def test_an_application_of_another_organisation_is_not_there(auth: Running) -> None:
    """
    Neither shown, nor used for a row, nor its secret replaced by who knows its client id. Seen red with an application
    looked up by its id alone.
    """
    visitor, token = await vendor(auth, "ABC1E")
    theirs, stranger = await app_id(visitor), await auth.visitor().sign_up()
    assert CLIENT_ID not in (await stranger.get(f"/connections/{VENDOR}/private")).text
    page = f"/connections/{VENDOR}/private"
    row = {"app_id": theirs, "country": "DE", "codes": "ABC1E", "refresh_token": token}
    assert (await stranger.submit(f"{page}/rows", page=page, **row)).status_code == 404
    await registered(auth, SECRET, NEXT_SECRET)
    await bring(stranger, NEXT_SECRET)
    rows = await auth.rows("select replaced_at from private_app")
    assert [one.replaced_at for one in rows] == [None, None]


@pytest.mark.abuse
async def test_who_is_not_signed_in_brings_nothing(auth: Running) -> None:
    """Neither a page nor a form is there for them, and nothing is tried."""
    await registered(auth)
    stranger, page = auth.visitor(), f"/connections/{VENDOR}/private"
    assert (await stranger.get(page)).headers["location"].startswith("/signin")
    for path, form in ((f"{page}/app", {"client_id": CLIENT_ID, "client_secret": SECRET}), (f"{page}/rows", {})):
        answer = await stranger.post(path, csrf_token="x", **form)
        assert answer.status_code in {303, 401, 403}
        assert answer.headers.get("location", "/signin").startswith("/signin")
    assert (await auth.sandbox.calls("amazon.token"))["count"] == 0


@pytest.mark.abuse
async def test_secrets_are_guessed_so_often_only(auth: Running) -> None:
    """Sixty tries in a window; then nothing is asked."""
    await registered(auth)
    visitor = await auth.visitor().sign_up()
    csrf = await visitor.csrf()
    path, form = f"/connections/{VENDOR}/private/app", {"client_id": CLIENT_ID, "csrf_token": csrf}
    answers = [await visitor.post(path, client_secret=secrets.token_hex(4), **form) for _ in range(61)]
    assert [answer.status_code for answer in answers] == [422] * 60 + [429]
    assert (await auth.sandbox.calls("amazon.token"))["count"] == 60


async def test_nothing_that_was_pasted_is_anywhere_in_clear(auth: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in a table, an event, a page or a log. Seen red with the secret kept as it is."""
    visitor, token = await vendor(auth, "ABC1E")
    await add(visitor, token, "ABC1E")
    await add(visitor, "Atzr|of-nobody-at-all", "ABC1E")
    pages = [await visitor.get(path) for path in (f"/connections/{VENDOR}/private", "/connections")]
    tables = [row.tablename for row in await auth.rows("select tablename from pg_tables where schemaname = 'public'")]
    rows = [
        row[0]  # a row's own text is cut
        for table in tables
        for row in await auth.rows(f'select t::text from "{table}" t')  # noqa: S608 - our tables
    ]
    everything = "".join([*rows, *(page.text for page in pages), *capsys.readouterr()])
    for secret in (token, SECRET, "of-nobody-at-all"):
        assert secret not in everything
        assert secret.encode().hex() not in everything
