"""What an operator sees of people who sign in, and does to one."""

import json

import pytest

from tests.integration.auth.conftest import PASSWORD, Running, Visitor
from tests.integration.auth.operating import Operate, operating

NOBODY = "0190b5a0-0000-7000-8000-000000000000"


@pytest.fixture
def operate(auth: Running, capsys: pytest.CaptureFixture[str]) -> Operate:
    return operating(auth, capsys)


async def signs_in(visitor: Visitor, email: str, password: str = PASSWORD) -> int:
    return (await visitor.submit("/signin", page="/signin", email=email, password=password)).status_code


async def state(operate: Operate, email: str) -> tuple[str, str]:
    """The id and state of the one with this address."""
    status, said = await operate("users", "list", "--email", email, "--json")
    (shown,) = json.loads(said)
    assert status == 0
    return shown["id"], shown["state"]


async def test_users_are_listed_without_their_addresses(auth: Running, operate: Operate) -> None:
    """For people and for programs; found by an address that the operator knows."""
    owner, other = await auth.visitor().sign_up(), await auth.visitor().sign_up()
    status, said = await operate("users", "list")
    assert (status, said.count("active"), owner.email in said, "password_changed_at" in said) == (0, 2, False, True)
    status, said = await operate("users", "list", "--json", "--email", other.email.upper())
    (shown,) = json.loads(said)
    assert (status, shown["sessions"], other.email in said) == (0, 1, False)
    assert await operate("users", "list", "--json", "--email", "stranger@shop.example") == (0, "[]\n")
    for action in ("unlock", "disable", "enable", "reset"):
        assert (await operate("users", action, NOBODY))[0] == 1


async def test_a_locked_user_is_let_in_by_hand(auth: Running, operate: Operate) -> None:
    """At once, from an address that did not try; the audit says who did it."""
    owner = await auth.visitor().sign_up()
    for _ in range(10):
        assert await signs_in(auth.visitor(), owner.email, "not the password") == 401
    its, shown = await state(operate, owner.email)
    assert shown == "locked"
    assert await operate("users", "unlock", its) == (0, "done\n")
    assert await state(operate, owner.email) == (its, "active")
    await auth.rows("delete from sign_in_attempt")  # this address's own limit
    assert await signs_in(auth.visitor(), owner.email) == 303
    done = await auth.rows("select action from audit where reason = 'operator'")
    assert [row.action for row in done] == ["account.unlocked"]


async def test_a_disabled_user_is_out_at_once(auth: Running, operate: Operate) -> None:
    """Sessions end, the right password is answered like a wrong one; enabled, it is right again."""
    owner = await auth.visitor().sign_up()
    its, _ = await state(operate, owner.email)
    assert (await operate("users", "disable", its))[0] == 0
    assert await state(operate, owner.email) == (its, "disabled")
    assert (await owner.get("/connections")).status_code == 303
    assert await signs_in(auth.visitor(), owner.email) == 401
    assert (await operate("users", "enable", its))[0] == 0
    assert await signs_in(auth.visitor(), owner.email) == 303
    done = await auth.rows("select action from audit where reason = 'operator' order by at, id")
    assert [row.action for row in done] == ["account.disabled", "account.enabled"]


async def test_who_cannot_be_sent_a_mail_is_helped_in_again(auth: Running, operate: Operate) -> None:
    """By a link that the operator hands over: good once, noted, and kept as a digest."""
    owner = await auth.visitor().sign_up()
    its, _ = await state(operate, owner.email)
    status, said = await operate("users", "reset", its)
    link, visitor = said.strip(), auth.visitor()
    assert (status, link.startswith("/signin/reset/")) == (0, True)
    assert link.rpartition("/")[2] not in await auth.kept("account_link")
    for expected in (303, 410):
        done = await visitor.submit(link, page=link, new_password="Another horse, number 1")
        assert done.status_code == expected
    assert await signs_in(visitor, owner.email, "Another horse, number 1") == 303
    made = await auth.rows("select action from audit where reason = 'operator'")
    assert [row.action for row in made] == ["account.reset_link_made"]


async def test_who_was_disabled_comes_back_by_a_link(auth: Running, operate: Operate) -> None:
    """
    As after a password leaked: with it nobody signs in any more, nor may it be chosen again. Seen red: the link was
    refused, and once they were enabled for it the password was good again.
    """
    owner = await auth.visitor().sign_up()
    its, _ = await state(operate, owner.email)
    assert (await operate("users", "disable", its))[0] == 0
    link = (await operate("users", "reset", its))[1].strip()
    assert await signs_in(auth.visitor(), owner.email) == 401
    visitor = auth.visitor()
    for password, expected in ((PASSWORD, 422), ("Another horse, number 1", 303)):
        done = await visitor.submit(link, page=link, new_password=password)
        assert done.status_code == expected
    assert await signs_in(auth.visitor(), owner.email, "Another horse, number 1") == 303
    assert await signs_in(auth.visitor(), owner.email) == 401
    made = await auth.rows("select action from audit where reason = 'operator' order by at, id")
    assert [row.action for row in made] == ["account.disabled", "account.enabled", "account.reset_link_made"]


async def test_an_organisation_without_an_owner_gets_one(auth: Running, operate: Operate) -> None:
    """By the operator, who saw that it is they; the audit says so, once."""
    member = await auth.visitor().sign_up()
    await auth.rows("update account set role = 'viewer'")
    assert (await member.get("/settings/members")).status_code == 403
    its, _ = await state(operate, member.email)
    for _ in range(2):
        assert await operate("users", "make-owner", its) == (0, "done\n")
    assert (await member.get("/settings/members")).status_code == 200
    assert '"role": "owner"' in (await operate("users", "list", "--json"))[1]
    done = await auth.rows("select reason from audit where action = 'member.role_changed'")
    assert [row.reason for row in done] == ["operator"]
