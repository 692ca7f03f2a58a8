"""Mails as they are handed to a mail server: to whom they are for, and to nobody else."""

from email import message_from_string, policy

import pytest
from aiosmtplib.email import extract_recipients
from hypothesis import given, settings
from hypothesis import strategies as st

from services.auth.adapters.smtp import message_of
from services.auth.domain.account import may_be_email
from services.auth.domain.mail import Letter
from shared.kernel.errors import Refused
from tests.unit.auth.builders import NOW, USER

SENDER = "Passerelle <no-reply@passerelle.example>"
_MARKS = st.sampled_from("()[]\\:;<>,\".@ =?'+-_%!")
_ATOM = st.text(st.one_of(st.sampled_from("abé日"), _MARKS, st.characters()), max_size=5)
# Mostly addresses, with whatever somebody types in them; an encoded word is made of too many marks to be found so.
_PART = st.lists(st.one_of(_ATOM, st.text("ab-", min_size=1), st.just("=?utf-8?q?x?=")), min_size=1, max_size=3)
_ADDRESSES = st.builds(lambda local, domain: f"{'.'.join(local)}@{'.'.join(domain)}", _PART, _PART)


def recipients(to: str) -> list[str]:
    return extract_recipients(message_of(Letter(USER, to, "subject", "text"), SENDER, NOW))


@settings(max_examples=2000, deadline=None)
@given(_ADDRESSES)
def test_whatever_address_is_accepted_can_be_written_to(address: str) -> None:
    """It is the one recipient, whatever its marks and letters. Seen red with brackets, comments and encoded words."""
    if may_be_email(address):
        assert recipients(address) == [address]
        sent = message_of(Letter(USER, address, "subject", "text"), SENDER, NOW).as_bytes(policy=policy.SMTPUTF8)
        (to,) = message_from_string(sent.decode(), policy=policy.default)["To"].addresses
        assert to.addr_spec == address


@pytest.mark.parametrize(
    "address",
    [
        "a@[.cd",
        "().@b.cd",
        "..:@b.cd",
        "(x@b.cd",
        "(@b).[",
        "a:b@c.de",
        "=?utf-8?q?x?=@b.cd",
        "x@b.cd, y@b.cd",
        "a\n@b.cd",
    ],
)
def test_what_no_mail_can_be_addressed_to_is_refused(address: str) -> None:
    """Of rows from when more was accepted: once and for good. Seen red with the library's own errors, or another to."""
    with pytest.raises(Refused) as refused:
        recipients(address)
    assert refused.value.code
    assert address not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["jean..d@b.cd", "jean.@b.cd", "o'neil+tag@a-b.shop.example", "élan@müller.example"]
)
def test_what_could_be_written_to_still_is(address: str) -> None:
    """Whoever signed up with dots as some old mailboxes have them gets their mails."""
    assert recipients(address) == [address]
