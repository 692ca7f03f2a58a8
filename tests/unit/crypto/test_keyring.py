"""Envelope encryption: what is sealed for a context opens there, and nowhere else."""

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.crypto.errors import CannotOpen, KeysInvalid, UnknownKey
from shared.crypto.keyring import KeyRing

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()
RING = KeyRing.parse(OLD)


@given(plaintext=st.binary(max_size=2000), context=st.binary(max_size=60))
def test_what_is_sealed_opens(plaintext: bytes, context: bytes) -> None:
    """Opening gives what was sealed, and the plaintext is nowhere in the sealed bytes."""
    wrapped = RING.new_key(context)
    sealed = RING.seal(wrapped, plaintext, context)
    assert RING.open(wrapped, sealed, context) == plaintext
    assert len(plaintext) < 4 or plaintext not in sealed + wrapped


def test_a_key_at_hand_is_the_wrapped_one() -> None:
    """What is sealed and digested by a data key unwrapped once is the same as by unwrapping it each time."""
    key = RING.new_at_hand(b"order:1")
    again = RING.at_hand(key.wrapped, b"order:1")
    assert RING.open(key.wrapped, key.seal(b"street"), b"order:1") == b"street"
    assert again.open(RING.seal(key.wrapped, b"street", b"order:1")) == b"street"
    assert RING.digest(key.wrapped, b"street", b"order:1") == key.digest(b"street") == again.digest(b"street")
    with pytest.raises(CannotOpen):
        RING.at_hand(key.wrapped, b"order:2")


@given(position=st.integers(min_value=0, max_value=10_000), bit=st.integers(min_value=0, max_value=7))
def test_an_altered_bit_does_not_open(position: int, bit: int) -> None:
    """Whichever bit of the sealed bytes or of the wrapped key is altered: CannotOpen, or a key id we do not know."""
    wrapped = RING.new_key(b"c")
    sealed = RING.seal(wrapped, b"refresh token", b"c")
    with pytest.raises(CannotOpen):
        RING.open(wrapped, _flip(sealed, position, bit), b"c")
    with pytest.raises((CannotOpen, UnknownKey)):
        RING.open(_flip(wrapped, position, bit), sealed, b"c")


@pytest.mark.parametrize("length", range(60))
def test_cut_off_bytes_do_not_open(length: int) -> None:
    """However short a wrapped key or sealed bytes are, the error is CannotOpen or UnknownKey, nothing else."""
    wrapped = RING.new_key(b"c")
    with pytest.raises((CannotOpen, UnknownKey)):
        RING.open(wrapped[:length], RING.seal(wrapped, b"x", b"c"), b"c")
    with pytest.raises(CannotOpen):
        RING.open(wrapped, RING.seal(wrapped, b"x" * 60, b"c")[:length], b"c")


def test_another_context_does_not_open() -> None:
    """Sealed for one order, bytes do not open for another, even by whoever may open both."""
    wrapped = RING.new_key(b"order:1")
    sealed = RING.seal(wrapped, b"street", b"order:1")
    with pytest.raises(CannotOpen):
        RING.open(wrapped, sealed, b"order:2")


def test_another_subjects_key_does_not_open() -> None:
    """Two subjects have two data keys: destroying one's destroys its data and no more."""
    sealed = RING.seal(RING.new_key(b"c"), b"street", b"c")
    with pytest.raises(CannotOpen):
        RING.open(RING.new_key(b"c"), sealed, b"c")


def test_the_first_key_seals_and_all_open() -> None:
    """A new key in front of the setting seals from now on; what the old one wrapped still opens."""
    wrapped = RING.new_key(b"c")
    sealed = RING.seal(wrapped, b"x", b"c")
    both = KeyRing.parse(f"{NEW},{OLD}")
    assert both.open(wrapped, sealed, b"c") == b"x"
    with pytest.raises(UnknownKey, match="new"):
        RING.open(both.new_key(b"c"), sealed, b"c")


def test_rewrapping_frees_the_old_key() -> None:
    """Rewrapped, a data key needs the old key-encryption key no more; a current one is left alone."""
    wrapped = RING.new_key(b"c")
    sealed = RING.seal(wrapped, b"x", b"c")
    rewrapped = KeyRing.parse(f"{NEW},{OLD}").rewrap(wrapped, b"c")
    assert rewrapped is not None
    only_new = KeyRing.parse(NEW)
    assert only_new.open(rewrapped, sealed, b"c") == b"x"
    assert only_new.rewrap(rewrapped, b"c") is None


def test_digests_compare_and_hide() -> None:
    """Equal data, equal digest; another key, context or data, another one; rewrapping does not change it."""
    wrapped = RING.new_key(b"c")
    digest = RING.digest(wrapped, b"Rue de la Paix", b"c")
    assert digest == RING.digest(wrapped, b"Rue de la Paix", b"c")
    assert digest != RING.digest(wrapped, b"Rue de la Pais", b"c")
    assert digest != RING.digest(RING.new_key(b"c"), b"Rue de la Paix", b"c")
    rewrapped = KeyRing.parse(f"{NEW},{OLD}").rewrap(wrapped, b"c")
    assert rewrapped is not None
    assert KeyRing.parse(NEW).digest(rewrapped, b"Rue de la Paix", b"c") == digest


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("", "key 1 must be written"),
        (base64.b64encode(b"k" * 32).decode(), "key 1 must be written"),
        ("a:???", "key a is not base64"),
        ("a:" + base64.b64encode(b"short").decode(), "key a has 5 bytes"),
        (f"{OLD},{OLD}", "key id old is there twice"),
        ("k" * 65 + ":x", "1 to 64 letters"),
    ],
)
def test_a_wrong_setting_is_a_sentence(setting: str, sentence: str) -> None:
    """A wrong setting says which key and what is wrong, without its bytes."""
    with pytest.raises(KeysInvalid, match=r"key") as caught:
        KeyRing.parse(setting)
    assert sentence in str(caught.value)
    assert base64.b64encode(b"k" * 32).decode() not in str(caught.value)


def test_keys_are_never_printed() -> None:
    """A key ring in a log or a trace shows ids only."""
    secret = os.urandom(32)
    ring = KeyRing.parse("a:" + base64.b64encode(secret).decode())
    assert repr(ring) == "KeyRing(current='a', kids=['a'])"


def _flip(data: bytes, position: int, bit: int) -> bytes:
    altered = bytearray(data)
    altered[position % len(data)] ^= 1 << bit
    return bytes(altered)
