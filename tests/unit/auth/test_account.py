"""What sign-up asks for, how tries are counted, how long a session lives."""

import base64
from datetime import timedelta
from uuid import UUID

import pytest

from services.auth.domain.account import (
    FormInvalid,
    Session,
    SignUp,
    TooManyAttempts,
    checked_sign_up,
    email_key,
    is_live,
    may_be_email,
)
from services.auth.usecases.account_ports import Counted
from services.auth.usecases.count_attempt import Mask, check_attempts, lock_digest, sign_in_keys
from shared.crypto.keyring import KeyRing
from tests.unit.auth.builders import NOW, USER

GOOD = SignUp("owner@shop.example", "Correct horse battery 9", "My shop")


def problems(**changed: str) -> dict[str, str]:
    fields = {"email": GOOD.email, "password": GOOD.password, "organisation": GOOD.organisation} | changed
    try:
        checked_sign_up(SignUp(**fields))
    except FormInvalid as error:
        return error.problems
    return {}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, {}),
        ({"email": ""}, {"email": "missing"}),
        ({"email": "owner@shop"}, {"email": "not_an_email"}),
        ({"email": "a b@shop.example"}, {"email": "not_an_email"}),
        ({"email": "own\x00er@shop.example"}, {"email": "not_an_email"}),
        ({"email": "x" * 250 + "@shop.example"}, {"email": "not_an_email"}),
        ({"password": "Eleven-char"}, {"password": "too_short"}),
        ({"password": "xX1-" * 51}, {"password": "too_long"}),
        ({"password": "aA1-aA1-aA1-aA1-"}, {"password": "too_simple"}),
        ({"password": "correct horse battery 9"}, {"password": "too_few_classes"}),
        ({"password": "CORRECT HORSE BATTERY 9"}, {"password": "too_few_classes"}),
        ({"password": "Correct horse battery"}, {"password": "too_few_classes"}),
        ({"password": "Correcthorsebattery9"}, {"password": "too_few_classes"}),
        ({"password": "9-owner@SHOP.example"}, {"password": "contains_email"}),
        ({"password": "The-best-OWNER-of-9"}, {"password": "contains_email"}),
        ({"password": "Bridges and 9 roads", "organisation": "Bridge Ltd"}, {"password": "contains_name"}),
        ({"organisation": "  "}, {"organisation": "missing"}),
        ({"organisation": "x" * 121}, {"organisation": "too_long"}),
        ({"email": "", "organisation": ""}, {"email": "missing", "organisation": "missing"}),
    ],
)
def test_sign_up_names_every_problem(changed: dict[str, str], found: dict[str, str]) -> None:
    """Each field with its code, all at once."""
    assert problems(**changed) == found


@pytest.mark.parametrize(
    "address",
    [
        *("a@[.cd", "().@b.cd", "..:@b.cd", "(x@b.cd", "x)@b.cd", "a]@b.cd", "a\\@b.cd", "a:b@c.de", "a;b@c.de"),
        *("<a@b.cd>", "a,b@c.de", '"a"@b.cd', ".a@b.cd", "a.@b.cd", "a..b@c.de", "@b.cd", "a@.b.cd", "a@b..cd"),
        *("a@b.cd.", "a@.cd", "a@b@c.de", "a @b.cd", "a@b.\u2003cd", "a\u00a0@b.cd", "=?utf-8?q?x?=@b.cd"),
    ],
)
def test_what_no_mail_can_be_addressed_to_is_no_address(address: str) -> None:
    """Marks that a mail's header gives a meaning of its own, and dots with nothing between. Seen red for most."""
    assert not may_be_email(address)


@pytest.mark.parametrize(
    "address",
    [
        *("owner+shop@shop.example", "o'neil@shop.example", "jean-luc.d_o@a-b.shop.co.example", "a@b.cd", "1@2.34"),
        *("élan@müller.example", "山田@例え.テスト", "x=y@shop.example", "a/b{c}|d~!#$%&*^`?@shop.example"),
    ],
)
def test_real_addresses_are_accepted(address: str) -> None:
    """With every mark that an address may have without quotes."""
    assert may_be_email(address)


def test_an_address_in_other_letters_is_the_same() -> None:
    """Upper and lower case do not make two accounts."""
    assert email_key(" Owner@Shop.Example ") == email_key("owner@shop.example")


def test_passwords_are_not_printed() -> None:
    """Neither the form nor what is made of it shows in a traceback."""
    assert "horse" not in repr(GOOD)


def test_too_many_tries_are_told_how_long_to_wait() -> None:
    """By the window that ends last."""
    since = NOW - timedelta(minutes=5)
    check_attempts({"pair": Counted(10, since), "address": Counted(50, since)}, NOW)
    with pytest.raises(TooManyAttempts) as refused:
        check_attempts({"pair": Counted(11, since), "address": Counted(51, NOW)}, NOW)
    assert refused.value.retry_after_seconds == 900


def masked_by(secret: bytes) -> Mask:
    ring = KeyRing.parse("k:" + base64.b64encode(secret * 32).decode())
    return lambda counted: ring.mask(counted.encode(), b"test")


def test_tries_are_counted_by_masks() -> None:
    """Neither e-mail nor address can be read or, without our key, be guessed from one; kinds never share one."""
    masks = [masked_by(secret) for secret in (b"a", b"b")]
    keys, theirs = (sign_in_keys("owner@shop.example", "192.0.2.1", mask) for mask in masks)
    locks = {lock_digest("owner@shop.example", mask) for mask in masks}
    assert len({*keys.values(), *theirs.values(), *locks}) == 6
    assert "owner" not in str(keys)
    assert "192" not in str(keys)


def test_a_session_ends_unused_or_old() -> None:
    """Seven days unused; thirty days at most."""
    session = Session(UUID(int=1), "d", USER, "c", NOW, NOW)
    assert is_live(session, NOW + timedelta(days=6, hours=23))
    assert not is_live(session, NOW + timedelta(days=7))
    used = Session(UUID(int=1), "d", USER, "c", NOW, NOW + timedelta(days=29))
    assert not is_live(used, NOW + timedelta(days=30))
