"""Members of one organisation, invited and come."""

import re
from functools import partial

from services.auth.bootstrap import INVITATION
from services.auth.entrypoints.letters import CATALOGUES, Letters
from services.auth.usecases.send_invitation import send_invitation
from tests.integration.auth.conftest import PASSWORD, Running, Visitor

MEMBERS = "/settings/members"
REVIEW = "/settings/access-review"
# What the page that asks for it sends where somebody becomes an owner, or an owner goes, of somebody without an app.
SHOWN = {"confirmed": "1", "password": PASSWORD}
_LINK = re.compile(r"http[^\s<]+(/signup/invited/[^\s<]+)")


async def invite(owner: Visitor, email: str, role: str) -> None:
    """By the form of the page."""
    fields = {"email": email, "role": role} | (SHOWN if role == "owner" else {})
    sent = await owner.submit(f"{MEMBERS}/invitations", page=MEMBERS, **fields)
    assert (sent.status_code, sent.headers.get("location")) == (303, f"{MEMBERS}?invited=1"), sent.text


async def invitations_to(auth: Running, email: str) -> list[str]:
    """The paths of all links that an address was sent, oldest first, once the worker has sent what is due."""
    held = auth.held
    assert held.mailer is not None
    await auth.rows("update invitation set mail_due_at = now() where mail_due_at is not null")
    write = Letters(CATALOGUES, held.public_url, expired_goes_on=held.expired_goes_on).invitation
    work = partial(send_invitation, mailer=held.mailer, write=write, clock=held.clock, new_secret=held.new_secret)
    while True:
        async with held.claims.lease(INVITATION) as lease:
            if lease is None:
                break
            await work(lease)
    found = [_LINK.search(mail["text"]) for mail in await auth.sandbox.mails(email)]
    return [match[1] for match in found if match]


async def joined(auth: Running, owner: Visitor, email: str, role: str) -> Visitor:
    """The browser of a new member."""
    await invite(owner, email, role)
    link = (await invitations_to(auth, email))[-1]
    member = auth.visitor()
    answer = await member.submit(link, page=link, password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard"), answer.text
    member.email = email
    return member


async def ids(auth: Running) -> dict[str, str]:
    """Of accounts, by their addresses."""
    return {row.email: str(row.id) for row in await auth.rows("select id, email from account")}


def review_of(page: str) -> dict[str, str]:
    """What the form of an access review sends where everything stays."""
    fields = dict.fromkeys(re.findall(r'name="((?:member|client|group)-[^"]+)"', page), "keep")
    return fields | {"shown": page.split('name="shown" value="')[1].split('"')[0]}
