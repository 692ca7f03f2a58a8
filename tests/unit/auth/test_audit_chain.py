"""A chain that was tampered with is found, and where first."""

import pytest

from services.auth.domain.audit import Action
from services.auth.domain.audit_chain import Head, Link, Verification, link_hash
from services.auth.entrypoints.audit_pages import harmless
from services.auth.entrypoints.deeds import DEEDS

_GENESIS = bytes(32)


def content(number: int, action: str = "account.signed_in", reason: str | None = None) -> tuple[str | None, ...]:
    return f"id-{number}", "2026-11-29T08:00:00.000000Z", action, "org", None, None, None, reason, None, "é"


def chain(length: int = 6) -> list[Link]:
    found, previous = [], _GENESIS
    for number in range(1, length + 1):
        previous = link_hash(previous, content(number))
        found.append(Link(number, previous, content(number)))
    return found


def truncated(links: list[Link], position: int, *, said: str | None) -> list[Link]:
    """Removed up to a position; an entry says so, if `said`."""
    kept = [Link(position, links[position - 1].hash, None), *links[position:]]
    if said is not None:
        new = content(99, Action.TRUNCATED, said)
        kept.append(Link(len(links) + 1, link_hash(kept[-1].hash, new), new))
    return kept


def verified(links: list[Link], noted: Head | None = None) -> Verification:
    verification = Verification(noted)
    for link in links:
        verification.take(link)
    verification.end()
    return verification


def test_a_whole_chain_is_unbroken() -> None:
    """It counts its entries and tells its head; so does one that is empty."""
    found, links = verified(chain()), chain()
    assert (found.entries, found.problem, found.head) == (6, None, Head(6, links[-1].hash.hex()))
    assert (verified([]).entries, verified([]).problem, verified([]).head) == (0, None, None)


def broken() -> dict[str, tuple[list[Link], str]]:
    """What somebody with the database in their hands might do, and what is said of it."""
    links = chain()
    changed = [*links[:2], Link(3, links[2].hash, content(33)), *links[3:]]
    moved = ("id-", f"3{content(3)[1]}", *content(3)[2:])
    last = Link(6, links[5].hash, None)
    return {
        "an entry changed": (changed, "position 3, entry id-33: it was changed"),
        "a sign moved to the next field": ([*links[:2], Link(3, links[2].hash, moved), *links[3:]], "position 3"),
        "an entry removed": ([*links[:2], Link(3, links[2].hash, None), *links[3:]], "position 3: its entry is gone"),
        "an entry and its link removed": ([*links[:2], *links[3:]], "position 3: its link is gone"),
        "two exchanged": (
            [links[0], Link(2, links[1].hash, content(3)), Link(3, links[2].hash, content(2)), *links[3:]],
            "position 2, entry id-3",
        ),
        "one without a link slipped in": ([*links, Link(None, b"", content(7))], "entry id-7: it is not in the chain"),
        "one with a link slipped in": (
            [*links, Link(7, bytes(32), content(7))],
            "position 7, entry id-7: it was changed",
        ),
        "the first ones removed": (links[2:], "position 1: its link is gone"),
        "the first ones removed, an anchor left": (truncated(links, 3, said=None), "position 3: that all before"),
        "more removed than was said": (truncated(links, 4, said="3"), "position 4: that all before was removed"),
        "the last entry removed": ([*links[:5], last], "position 6: its entry is gone"),
    }


@pytest.mark.abuse
@pytest.mark.parametrize("what", broken())
def test_whatever_was_done_to_the_chain_is_found(what: str) -> None:
    """The first break is named. Seen red with lengths left out of the hash, and with anchors taken without a word."""
    links, said = broken()[what]
    assert str(verified(links).problem).startswith(said)


@pytest.mark.abuse
def test_a_chain_made_anew_is_found_by_a_head_that_was_noted() -> None:
    """As is one that was cut at its end. A noted head of before an honest removal says nothing any more."""
    links = chain()
    noted = Head(4, links[3].hash.hex())
    assert verified(links, noted).problem is None
    anew, previous = [], _GENESIS
    for number in range(1, 7):
        previous = link_hash(previous, content(number + 100))
        anew.append(Link(number, previous, content(number + 100)))
    assert verified(anew).problem is None
    assert str(verified(anew, noted).problem).startswith("position 4: it is not the head")
    assert str(verified(links[:3], noted).problem).startswith("position 4: the chain ends before")
    assert verified(truncated(links, 5, said="5"), noted).problem is None


def test_an_honest_removal_is_no_break() -> None:
    """The anchor stands for all before, and the newest entry of a removal names it."""
    found = verified(truncated(chain(), 3, said="3"))
    assert (found.problem, found.entries) == (None, 4)


def test_every_deed_has_its_sentence() -> None:
    """Or the page would break on it."""
    assert DEEDS.keys() == set(Action)


@pytest.mark.abuse
@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    """A spreadsheet shows it as text."""
    assert harmless(cell) == f"'{cell}"
    assert harmless("a=1") == "a=1"
