"""An organisation that brings an application of its own: what it fills in, and what its console at Amazon shows."""

import httpx

from tests.integration.auth.conftest import Running, Visitor

VENDOR = "amazon_vendor"
CLIENT_ID, SECRET, NEXT_SECRET = "amzn1.application-oa2-client.own-1", "own-secret-1", "own-secret-2"


async def registered(auth: Running, *client_secrets: str, vendors: bool = True) -> None:
    """The organisation's application at the far side, in its console."""
    await auth.sandbox.app("amzn1.sp.solution.own", CLIENT_ID, list(client_secrets or [SECRET]), vendors=vendors)


async def authorised(auth: Running, *codes: str, roles: list[str] | None = None) -> str:
    """The refresh token that the console shows once a vendor has authorised its own application."""
    fields = {"roles": roles} if roles is not None else {}
    application = {"application_id": "amzn1.sp.solution.own"}
    made = await auth.sandbox.seller(None, vendor_codes=list(codes), **application, **fields)  # type: ignore[arg-type]
    return str(made["refresh_token"])


async def bring(
    visitor: Visitor, secret: str = SECRET, marketplace: str = VENDOR, client_id: str = CLIENT_ID
) -> httpx.Response:
    """Fills in the client id and secret."""
    page = f"/connections/{marketplace}/private"
    return await visitor.submit(f"{page}/app", page=page, client_id=client_id, client_secret=secret)


async def app_id(visitor: Visitor, marketplace: str = VENDOR) -> str:
    page = (await visitor.get(f"/connections/{marketplace}/private")).text
    return page.split('name="app_id" value="')[1].split('"')[0]


async def add(visitor: Visitor, token: str, codes: str, marketplace: str = VENDOR, **fields: str) -> httpx.Response:
    """Fills in a row: country, code, token."""
    page = f"/connections/{marketplace}/private"
    row = {"country": "DE", "codes": codes, "refresh_token": token, "app_id": await app_id(visitor, marketplace)}
    return await visitor.submit(f"{page}/rows", page=page, **(row | fields))


async def vendor(auth: Running, *codes: str) -> tuple[Visitor, str]:
    """A visitor whose application is here, and the token of its vendor codes."""
    await registered(auth)
    visitor = await auth.visitor().sign_up()
    assert (await bring(visitor)).status_code == 303
    return visitor, await authorised(auth, *codes)


async def refused_app(auth: Running, *names: str) -> None:
    """The connections so called are reached by an application of their own, whose secret is refused."""
    await auth.rows(
        "with app as (insert into private_app"
        " (id, organisation_id, marketplace, client_id, made_at, wrapped_key, sealed_secret, refused_at)"
        " select gen_random_uuid(), organisation_id, marketplace, 'client', now(), '', '', now()"
        " from connection limit 1 returning id)"
        " update connection set app_id = app.id from app where name = any(:names)",
        names=list(names),
    )
