"""The laws of what is needed before an account is connected, and of the addresses among it."""

from itertools import product

import pytest

from services.auth.domain.address import AddressInvalid, AddressKind, read_address
from services.auth.domain.prerequisites import Need, prerequisites

GIVEN = {
    "name": "Ours SARL",
    "street": "1 rue de la Paix",
    "more": "",
    "postal_code": "75002",
    "city": "Paris",
    "country": "FR",
}


def test_only_the_address_of_mails_keeps_anybody_out() -> None:
    """Whatever else is missing is a warning; where no mail is sent nothing blocks."""
    for confirmed, professional in product((True, False, None), (True, False, None)):
        needs = prerequisites(confirmed=confirmed, kinds=(), professional=professional, plans=())
        assert [one.need for one in needs if one.blocks] == ([] if confirmed is None else [Need.EMAIL])
        assert (Need.PROFESSIONAL in {one.need for one in needs}) is (professional is not None)


def test_each_address_is_a_need_of_its_own() -> None:
    """One that is there is met, the others are not."""
    for kind in AddressKind:
        needs = prerequisites(confirmed=None, kinds=[kind], professional=None, plans=())
        assert [one.need.value for one in needs if one.met] == [kind.value]
        assert len(needs) == len(AddressKind)


@pytest.mark.parametrize(
    ("said", "plans", "met"),
    [
        (False, [], False),
        (True, [], True),
        (False, [True], True),
        (True, [False], False),
        (True, [True, False], False),
    ],
)
def test_what_the_marketplace_says_of_a_plan_counts_more(said: bool, plans: list[bool], met: bool) -> None:
    """The organisation's word is for where nobody tells. Seen red with its word alone."""
    *_, plan = prerequisites(confirmed=None, kinds=(), professional=said, plans=plans)
    assert (plan.need, plan.met) == (Need.PROFESSIONAL, met)


def test_an_address_is_read_as_it_is_typed() -> None:
    """One line or two below the name; its text is in no representation."""
    assert read_address(GIVEN, {"FR"}).lines == ("1 rue de la Paix",)
    both = read_address(GIVEN | {"more": "Bâtiment B"}, {"FR"})
    assert both.lines == ("1 rue de la Paix", "Bâtiment B")
    assert "Paix" not in repr(both)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("name", "n" * 61),
        ("name", "a\tb"),
        ("street", ""),
        ("more", "m" * 61),
        ("postal_code", "7" * 17),
        ("postal_code", "<75002>"),
        ("city", ""),
        ("country", "XX"),
        ("country", ""),
    ],
)
def test_a_field_that_is_wrong_is_named(field: str, text: str) -> None:
    """Alone, where the others are right."""
    with pytest.raises(AddressInvalid) as caught:
        read_address(GIVEN | {field: text}, {"FR"})
    assert caught.value.fields == {field}
