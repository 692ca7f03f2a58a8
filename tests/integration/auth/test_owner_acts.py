"""A session alone makes no owner and ends none: that asks for what an act on one's own account asks for."""

import re
from datetime import timedelta

import httpx
import pytest

from tests.authenticator import Authenticator
from tests.integration.auth.conftest import PASSWORD, Running, Visitor
from tests.integration.auth.members import MEMBERS, REVIEW, SHOWN, ids, invitations_to, invite, joined, review_of
from tests.integration.auth.test_passkeys import add
from tests.integration.auth.test_second_factor import set_up

MARIE, PAUL = "marie@shop.example", "paul@shop.example"
THIEF = "thief@stranger.example"
EMPTY = {"confirmed": "1"}
WRONG = EMPTY | {"password": "Wrong horse battery 9"}
TYPED = pytest.mark.parametrize("typed", [{}, EMPTY, WRONG], ids=["nothing", "an empty password", "a wrong password"])


async def roles(auth: Running) -> dict[str, str]:
    """By address."""
    return {row.email: row.role for row in await auth.rows("select email, role from account")}


async def invite_by(owner: Visitor, **typed: str) -> httpx.Response:
    return await owner.submit(f"{MEMBERS}/invitations", page=MEMBERS, email=THIEF, role="owner", **typed)


async def set_role(auth: Running, by: Visitor, email: str, role: str, **typed: str) -> httpx.Response:
    path = f"{MEMBERS}/{(await ids(auth))[email]}/role"
    return await by.submit(path, page=MEMBERS, role=role, **typed)


async def remove(auth: Running, by: Visitor, email: str, **typed: str) -> httpx.Response:
    path = f"{MEMBERS}/{(await ids(auth))[email]}/remove"
    return await by.submit(path, page=path, **typed)


async def review(auth: Running, by: Visitor, *emails: str, **typed: str) -> httpx.Response:
    """One in which these members' access ends."""
    known = await ids(auth)
    ends = {f"member-{known[email]}": "remove" for email in emails}
    return await by.submit(REVIEW, page=REVIEW, **review_of((await by.get(REVIEW)).text) | ends | typed)


@pytest.mark.abuse
@TYPED
async def test_a_session_alone_makes_no_owner(mailing: Running, typed: dict[str, str]) -> None:
    """Neither by an invitation, nor by one sent again, nor of a member. Seen red: a session was enough for each."""
    owner = await mailing.visitor().sign_up()
    await joined(mailing, owner, MARIE, "manager")
    refused = await invite_by(owner, **typed)
    assert (refused.status_code, 'name="password"' in refused.text) == (422, True)
    assert await mailing.rows("select 1 from invitation") == []
    await invite(owner, PAUL, "owner")
    (row,) = await mailing.rows("select id from invitation")
    again = await owner.submit(f"{MEMBERS}/invitations/{row.id}/again", page=MEMBERS, **typed)
    assert (again.status_code, len(await invitations_to(mailing, PAUL))) == (422, 1)
    assert (await set_role(mailing, owner, MARIE, "owner", **typed)).status_code == 422
    assert await roles(mailing) == {owner.email: "owner", MARIE: "manager"}


@pytest.mark.abuse
@TYPED
async def test_a_session_alone_ends_no_owner(mailing: Running, typed: dict[str, str]) -> None:
    """Neither by another role, nor by a removal, nor by a review. Seen red: a session was enough for each."""
    owner = await mailing.visitor().sign_up()
    thief = await joined(mailing, owner, MARIE, "owner")
    assert (await set_role(mailing, thief, owner.email, "viewer", **typed)).status_code == 422
    refused = await remove(mailing, thief, owner.email, **typed)
    assert (refused.status_code, 'name="password"' in refused.text) == (422, True)
    refused = await review(mailing, thief, owner.email, **typed)
    assert (refused.status_code, 'name="password"' in refused.text) == (422, True)
    assert await mailing.rows("select 1 from audit where action like 'access%'") == []
    assert await roles(mailing) == {owner.email: "owner", MARIE: "owner"}


@pytest.mark.abuse
async def test_an_app_is_asked_for_its_code(mailing: Running) -> None:
    """The password alone is not enough, the code alone neither; both do each act. Seen red with the password alone."""
    owner = await mailing.visitor().sign_up()
    for email in (MARIE, PAUL):
        await joined(mailing, owner, email, "owner")
    _, codes = await set_up(mailing, owner)
    for typed in (SHOWN, {"confirmed": "1", "code": codes[0]}):
        answers = [await invite_by(owner, **typed), await remove(mailing, owner, MARIE, **typed)]
        answers += [
            await set_role(mailing, owner, MARIE, "viewer", **typed),
            await review(mailing, owner, PAUL, **typed),
        ]
        assert [(one.status_code, 'name="code"' in one.text) for one in answers] == [(422, True)] * 4
        mailing.clock.ahead += timedelta(minutes=15)
    both = [SHOWN | {"code": code} for code in codes]
    assert (await invite_by(owner, **both[0])).headers["location"] == f"{MEMBERS}?invited=1"
    assert (await set_role(mailing, owner, MARIE, "viewer", **both[0])).status_code == 422  # the code was used
    assert (await set_role(mailing, owner, MARIE, "viewer", **both[1])).headers["location"] == MEMBERS
    assert (await set_role(mailing, owner, MARIE, "owner", **both[2])).headers["location"] == MEMBERS
    assert (await remove(mailing, owner, MARIE, **both[3])).headers["location"] == MEMBERS
    assert (await review(mailing, owner, PAUL, **both[4])).headers["location"] == f"{REVIEW}?done=1"
    assert await roles(mailing) == {owner.email: "owner"}


@pytest.mark.abuse
async def test_who_has_a_passkey_alone_signs_in_again(auth: Running) -> None:
    """More than ten minutes later every such page says so, and leads back. Seen red with the password alone."""
    owner = await auth.visitor().sign_up()
    assert (await add(owner, Authenticator())).status_code == 200
    auth.clock.ahead += timedelta(minutes=10)
    for refused in (await invite_by(owner, **SHOWN), await invite_by(owner)):
        assert 'name="next" value="/settings/members"' in refused.text
        assert 'name="password"' not in refused.text
    assert await auth.rows("select 1 from invitation") == []


async def test_what_was_chosen_is_kept(mailing: Running) -> None:
    """On the page that asks, and again where the password is wrong; what it sends is enough. Other acts ask nothing."""
    owner = await mailing.visitor().sign_up()
    await joined(mailing, owner, MARIE, "viewer")
    assert (await set_role(mailing, owner, MARIE, "manager")).status_code == 303
    for page in (await invite_by(owner), await invite_by(owner, **WRONG)):
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page.text))
        assert (fields["email"], fields["role"], fields["confirmed"]) == (THIEF, "owner", "1")
        assert f'action="{MEMBERS}/invitations"' in page.text
    assert (await owner.post(f"{MEMBERS}/invitations", **fields, password=PASSWORD)).status_code == 303
    page = await set_role(mailing, owner, MARIE, "owner")
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page.text))
    (path,) = re.findall(rf'action="({MEMBERS}/[^"]+/role)"', page.text)
    assert (await owner.post(path, **fields, password=PASSWORD)).status_code == 303
    page = await review(mailing, owner, MARIE)
    known = (await ids(mailing))[MARIE]
    assert re.search(rf'name="member-{known}" value="remove" checked', page.text)
    assert 'name="confirmed" value="1"' in page.text
    assert await roles(mailing) == {owner.email: "owner", MARIE: "owner"}


async def test_an_owner_who_ends_others_and_themselves_does_both(mailing: Running) -> None:
    """In one review: what they showed counts until the last. Seen red in the order of the page."""
    owner = await mailing.visitor().sign_up()
    for email in (MARIE, PAUL):
        await joined(mailing, owner, email, "owner")
    done = await review(mailing, owner, owner.email, MARIE, **SHOWN)
    assert (done.status_code, await roles(mailing)) == (303, {PAUL: "owner"})


async def test_what_a_form_answers_has_a_page_at_its_address(mailing: Running) -> None:
    """In another language, or loaded again. Seen red: there was none."""
    owner = await mailing.visitor().sign_up()
    await joined(mailing, owner, MARIE, "viewer")
    await invite(owner, PAUL, "owner")
    (row,) = await mailing.rows("select id from invitation")
    for answer in (
        await invite_by(owner),
        await set_role(mailing, owner, MARIE, "owner"),
        await owner.submit(f"{MEMBERS}/invitations/{row.id}/again", page=MEMBERS),
    ):
        (here,) = re.findall(r'href="([^"]+)\?language=fr"', answer.text)
        page = await owner.get(f"{here}?language=fr")
        assert (page.status_code, 'lang="fr"' in page.text, MARIE in page.text) == (200, True, True)
