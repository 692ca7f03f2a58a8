"""What people are given, and lets in whoever has it: mailed links, secrets of second factors, a calendar's address."""

import asyncio
import re
import time
from base64 import b32decode

import httpx
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from deploy.local.browser import Page
from deploy.local.stack import Stack
from tests.leaks.search import Canary
from tests.sandbox_client import Sandbox
from tests.shop import PASSWORD, Shop

_INVITED = "invited@shop.example"
_KINDS = {"signup/confirm", "signup/invited", "signin/reset"}
_LINK = re.compile(r"/(signup/confirm|signup/invited|signin/reset)/([\w-]+)")
# Browsers open them, and the page that refuses one leads to itself in the other language.
_IN_ADDRESS = frozenset({"urls", "refusals"})
_STEP_SECONDS = 30
_FACTOR = "/settings/account/second-factor"
_MAILS_WITHIN_SECONDS = 60


async def given_to_people(shop: Shop, stack: Stack) -> list[Canary]:
    """Each is made, used, and used wrongly; and all links that were mailed in this run."""
    return [*await _calendar(shop), *await _second_factor(shop), *await _links(shop, stack)]


async def _calendar(shop: Shop) -> list[Canary]:
    page = await shop.browser.open("/settings/calendar")
    made = await shop.browser.submit(page, page.form("csrf_token", action="/settings/calendar"))
    secret = _only(r"/connections/calendar/([\w-]+)\.ics", made)
    for name in (secret, secret + "x"):
        await shop.browser.open(f"/connections/calendar/{name}.ics")
    return [Canary("a calendar's address", secret, _IN_ADDRESS)]


async def _second_factor(shop: Shop) -> list[Canary]:
    """Set up; its secret is taken for a code; a recovery code is used twice to sign in."""
    browser = shop.browser
    page = await browser.open(_FACTOR)
    page = await browser.submit(page, page.form("password", action=f"{_FACTOR}/begin"), password=PASSWORD)
    text = _only(r'id="key">([A-Z2-7]+)<', page)
    secret = b32decode(text)
    code = HOTP(secret, 6, SHA1()).generate(int(time.time()) // _STEP_SECONDS).decode()  # noqa: S303 - as apps do
    shown = await browser.submit(page, page.form("code"), code=code)
    codes = re.findall(r"<li><code>([0-9a-f-]+)</code>", shown.text)
    assert codes, shown.sentence()
    page = await browser.open(_FACTOR)
    await browser.submit(page, page.form("code", action=f"{_FACTOR}/remove"), code=text, password=PASSWORD)
    for _ in range(2):
        await _sign_in(shop, codes[0])
    bare = [code.replace("-", "") for code in codes]
    return [
        Canary("a second factor's secret, as apps are told it", text),
        Canary("a second factor's secret", secret),
        *(Canary("a recovery code", code) for code in codes + bare),
    ]


async def _sign_in(shop: Shop, code: str) -> None:
    """Beside the session there is."""
    browser, client = shop.browser, shop.browser._client
    kept = httpx.Cookies(client.cookies)
    client.cookies.clear()
    page = await browser.open("/signin")
    page = await browser.submit(page, page.form("email", "password"), email=shop.email, password=PASSWORD)
    await browser.submit(page, page.form("code"), code=code)
    client.cookies = kept


async def _links(shop: Shop, stack: Stack) -> list[Canary]:
    """An invitation and a reset are mailed; this shop's links are opened, and sent back with a letter too many."""
    browser = shop.browser
    page = await browser.open("/settings/members")
    form = page.form("email", action="/settings/members/invitations")
    await browser.submit(page, form, email=_INVITED, role="viewer")
    page = await browser.open("/signin/forgotten")
    await browser.submit(page, page.form("email"), email=shop.email)
    async with Sandbox(stack.sandbox) as sandbox, asyncio.timeout(_MAILS_WITHIN_SECONDS):
        own: set[tuple[str, str]] = set()
        while {kind for kind, _ in own} != _KINDS:
            await asyncio.sleep(0.5)
            own = await _mailed(sandbox, _INVITED, shop.email)
        for kind, secret in own:
            page = await browser.open(f"/{kind}/{secret}")
            form = page.form("csrf_token", action=f"/{kind}/")
            form.action += "x"
            await browser.submit(page, form, password=PASSWORD, new_password=PASSWORD)
        everybodys = await _mailed(sandbox, None)
    return [Canary(f"the link of a mail, /{kind}", secret, _IN_ADDRESS) for kind, secret in everybodys]


async def _mailed(sandbox: Sandbox, *to: str | None) -> set[tuple[str, str]]:
    """Which page each link of these mails leads to, and its secret. None: to everybody."""
    texts = [mail["text"] for one in to for mail in await sandbox.mails(one)]
    return {link for text in texts for link in _LINK.findall(text)}


def _only(pattern: str, page: Page) -> str:
    (found,) = re.findall(pattern, page.text)
    return str(found)
