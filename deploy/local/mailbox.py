"""The mail that asks to confirm an address: read in the sandbox's mail box, and followed as a person does it."""

import asyncio
import re

import httpx

from deploy.local.browser import Browser, Form, Page, Unexpected

_LINK = re.compile(r"(/signup/confirm/\S+)")
_CAME_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 0.2


async def confirm_email(browser: Browser, sandbox: str, email: str) -> None:
    """
    Of whoever is signed in; nothing where it is confirmed, or none is asked for. A mail that went to a sandbox that is
    gone is asked for again. Raises `Unexpected`.
    """
    account = await browser.open("/settings/account")
    if (again := _send_again(account)) is None:
        return
    link = await _link(sandbox, email)
    if link is None:
        await browser.submit(account, again)
        link = await _link(sandbox, email)
    if link is None:
        raise Unexpected("no mail came that asks to confirm the address")
    page = await browser.open(link)
    done = await browser.submit(page, page.form("csrf_token", action="/signup/confirm/"))
    if done.status != 200:
        raise Unexpected(f"the address was not confirmed: {done.sentence()}", status=done.status)


def _send_again(page: Page) -> Form | None:
    try:
        return page.form("csrf_token", action="/settings/account/confirmation")
    except Unexpected:
        return None


async def _link(sandbox: str, email: str) -> str | None:
    """The path of the newest link; None: none came."""
    give_up_at = asyncio.get_running_loop().time() + _CAME_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        while asyncio.get_running_loop().time() < give_up_at:
            answer = await client.get(f"{sandbox}/control/mails", params={"to": email})
            texts = [mail["text"] for mail in answer.raise_for_status().json()["mails"]]
            if found := [link for text in texts for link in _LINK.findall(text)]:
                return str(found[-1])
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
    return None
