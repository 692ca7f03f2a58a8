"""The life of a claim: what shows whose a seller account is, and what never does."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from services.auth.domain import claim as rules
from services.auth.domain.claim import ClaimRefused
from services.auth.domain.connection import (
    ChannelsInvalid,
    Connection,
    ConnectionState,
    Happened,
    ProbeOutcome,
    choose,
    rename,
)
from services.auth.domain.life import disconnect, erase, pause, probe_refused, probed, resume
from shared.kernel.ids import GrantId, OrganisationId, new_id
from shared.marketplaces.reached import Reached
from tests.unit.auth.builders import FRANCE, GERMANY, NOW, ORGANISATION, OTHER_ORGANISATION, connection

SHARED = GrantId(new_id())
UNPROVEN, WAITING = ConnectionState.UNPROVEN, ConnectionState.WAITING
AUTHORISED, DISCONNECTED = ConnectionState.AUTHORISED, ConnectionState.DISCONNECTED


def ended(**changed: Any) -> Connection:
    """Before its first claim."""
    never = {"state": DISCONNECTED, "consent_version": 0, "event_sequence": 0, "grant_id": None, "authorised_at": None}
    return connection(**(never | {"expires_at": None} | changed))


def claimed(*, contested: bool = False, **changed: Any) -> Connection:
    return rules.claim(ended(**changed), SHARED, NOW, contested=contested).connection


def refused(one: Connection) -> Connection:
    return rules.refused(one, ProbeOutcome.REFUSED, NOW).connection


def test_a_claim_is_told_to_nobody_and_looked_at_at_once() -> None:
    """No event, no consent, a probe due."""
    change = rules.claim(ended(), SHARED, NOW, contested=False)
    made = change.connection
    assert (made.state, made.grant_id, made.probe_due_at) == (UNPROVEN, SHARED, NOW)
    assert (made.consent_version, change.happened) == (0, None)


def test_being_let_in_after_a_refusal_proves() -> None:
    """403 and then 200: authorised, the first consent, its channels known, no end known."""
    change = rules.let_in(refused(claimed()), Reached((FRANCE,)), NOW, proves=True)
    proven = change.connection
    assert (proven.state, proven.consent_version, change.happened) == (AUTHORISED, 1, Happened.AUTHORISED)
    assert (proven.channels, proven.expires_at, proven.authorised_at) == ((FRANCE,), None, NOW)
    assert (proven.event_sequence, proven.probe_due_at) == (1, NOW + timedelta(days=1))


def test_being_let_in_proves_nothing_by_itself() -> None:
    """Anybody can type a seller id that delegated long ago; its channels are not kept either."""
    change = rules.let_in(claimed(), Reached((FRANCE,)), NOW, proves=True)
    assert (change.connection.state, change.happened) == (UNPROVEN, None)
    assert change.connection.reached == ()
    again = rules.let_in(refused(change.connection), Reached((FRANCE,)), NOW, proves=True)
    assert again.connection.state is AUTHORISED


def test_a_refusal_of_an_earlier_claim_does_not_count() -> None:
    """Claimed anew: it must be refused anew."""
    anew = rules.claim(disconnect(refused(claimed())).connection, SHARED, NOW, contested=False).connection
    assert rules.let_in(anew, Reached((FRANCE,)), NOW, proves=True).connection.state is UNPROVEN


def test_where_two_claim_being_let_in_proves_nobody() -> None:
    """Whichever of them was first, and also when the refusal was seen before the other came."""
    first, second = rules.contest(refused(claimed())).connection, claimed(contested=True)
    for one in (first, second, refused(first), refused(second)):
        assert rules.let_in(one, Reached((FRANCE,)), NOW, proves=True).connection.state is UNPROVEN


def test_an_operator_may_ask_for_more_than_a_delegation() -> None:
    """`proves` off: only credentials or the operator prove."""
    one = rules.let_in(refused(claimed()), Reached((FRANCE,)), NOW, proves=False).connection
    assert one.state is UNPROVEN
    assert rules.prove(one, NOW).connection.state is AUTHORISED


def test_a_missing_role_is_not_about_the_seller() -> None:
    """It is no refusal that a later answer could prove by."""
    noted = rules.refused(claimed(), ProbeOutcome.ROLE_MISSING, NOW).connection
    assert noted.probe_outcome is ProbeOutcome.ROLE_MISSING
    assert rules.let_in(noted, Reached((FRANCE,)), NOW, proves=True).connection.state is UNPROVEN


def test_what_is_proven_before_we_are_let_in_waits_and_goes_on_by_itself() -> None:
    """Nobody is told of it until it works: then it is the first consent, and its first event."""
    change = rules.prove(refused(claimed()), NOW)
    assert (change.connection.state, change.happened, change.connection.probe_due_at) == (WAITING, None, NOW)
    still = probe_refused(change.connection, ProbeOutcome.REFUSED, NOW)
    assert (still.connection.state, still.happened) == (WAITING, None)
    works = probed(still.connection, Reached((FRANCE,)), NOW)
    assert (works.connection.state, works.connection.consent_version) == (AUTHORISED, 1)
    assert (works.happened, works.connection.event_sequence) == (Happened.AUTHORISED, 1)
    assert works.connection.authorised_at == NOW


def test_proven_while_never_answered_goes_on_as_well() -> None:
    """The far side was down until now: its first answer authorises."""
    works = probed(rules.prove(claimed(), NOW).connection, Reached((FRANCE,)), NOW)
    assert (works.connection.state, works.happened) == (AUTHORISED, Happened.AUTHORISED)


def test_what_rests_before_its_first_answer_still_waits_for_it() -> None:
    """Seen red: authorised as it was resumed, so that no service ever heard of it."""
    resting = pause(rules.prove(claimed(), NOW).connection).connection
    resumed = resume(resting, NOW, goes_on=True).connection
    assert (resumed.state, resumed.probe_due_at) == (WAITING, NOW)
    works = probed(resumed, Reached((FRANCE,)), NOW)
    assert (works.connection.consent_version, works.happened) == (1, Happened.AUTHORISED)


def test_a_life_after_an_erasure_may_be_erased_as_well() -> None:
    """Proven before we are let in. Seen red: its wish was taken for the one before, and nobody erased anything."""
    hours = [NOW + timedelta(hours=hour) for hour in range(4)]
    before = ended(consent_version=1, authorised_at=NOW, erase_asked_at=hours[1])
    again = rules.prove(rules.claim(before, SHARED, hours[2], contested=False).connection, hours[2]).connection
    assert not again.may_be_erased, "nothing came since"
    works = probed(again, Reached((FRANCE,)), hours[3]).connection
    assert (works.authorised_at, works.may_be_erased) == (hours[3], True)
    assert erase(works, hours[3]).connection.erase_asked_at == hours[3]
    assert probed(works, Reached((FRANCE,)), hours[3] + timedelta(days=1)).connection.authorised_at == hours[3]
    rested = resume(pause(again).connection, hours[2], goes_on=True).connection
    assert (rested.state, probed(rested, Reached((FRANCE,)), hours[3]).connection.may_be_erased) == (WAITING, True)
    of_before = replace(works, authorised_at=NOW)
    assert probed(of_before, Reached((FRANCE,)), hours[3]).connection.may_be_erased, "kept by a version before"


def test_a_claim_that_nothing_proves_lapses() -> None:
    """After thirty days, not before; told to nobody, as nobody heard of it; what is proven never lapses."""
    one, end = claimed(), NOW + timedelta(days=30)
    assert rules.lapse(one, end - timedelta(seconds=1)).connection == one
    over = rules.lapse(one, end)
    assert (over.connection.state, over.connection.grant_id, over.happened) == (DISCONNECTED, None, None)
    proven = rules.prove(one, NOW).connection
    assert rules.lapse(proven, end).connection == proven


def test_a_claim_of_what_others_know_is_told_when_it_ends() -> None:
    """Claimed again after a consent, and given up: others hear its newest settings with its end."""
    known = ended(consent_version=3, event_sequence=7)
    again = rename(rules.claim(known, SHARED, NOW, contested=False).connection, "New name")
    assert (again.connection.name, again.happened) == ("New name", None)
    given_up = disconnect(again.connection)
    assert (given_up.happened, given_up.connection.event_sequence) == (Happened.DISCONNECTED, 8)


@pytest.mark.parametrize(
    ("age", "every"),
    [
        (timedelta(), timedelta(seconds=15)),
        (timedelta(minutes=2), timedelta(minutes=1)),
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(days=1), timedelta(hours=1)),
        (timedelta(days=29), timedelta(hours=1)),
    ],
)
def test_a_young_claim_is_looked_at_often(age: timedelta, every: timedelta) -> None:
    """Its owner is in the portal just now; later ones hourly."""
    now = NOW + age
    for change in (
        rules.refused(claimed(), ProbeOutcome.REFUSED, now),
        rules.let_in(claimed(), Reached(), now, proves=True),
    ):
        assert change.connection.probe_due_at == now + every


def test_who_has_to_do_with_an_account() -> None:
    """One's own living connection before an ended one; a holder is who is proven; rivals are others' claims."""
    gone, own = ended(), claimed()
    holder = connection(organisation_id=OTHER_ORGANISATION, state=WAITING)
    rival = claimed(organisation_id=OrganisationId(UUID(int=9)))
    found = rules.standing([own, gone, holder, rival], ORGANISATION)
    assert (found.own, found.holder, found.rivals) == (own, OTHER_ORGANISATION, (rival,))
    assert rules.standing([gone], ORGANISATION).own == gone
    assert rules.standing([], ORGANISATION).own is None


def test_a_login_can_be_shown() -> None:
    """Trimmed; none is none; never in a representation, which may be logged."""
    assert rules.clean_login("  api@shop ") == "api@shop"
    assert rules.clean_login(" ") is None
    for wrong in ("x" * 255, "a\x00b"):
        with pytest.raises(ClaimRefused):
            rules.clean_login(wrong)
    assert "api@shop" not in repr(claimed(login="api@shop"))


def test_chosen_channels_are_those_services_work_for() -> None:
    """Told when what is reached and chosen changes; under *all* a new one joins; the last one stays."""
    both = connection(reached=(FRANCE, GERMANY))
    one = choose(both, frozenset({FRANCE.id}))
    assert (one.connection.channels, one.happened) == ((FRANCE,), Happened.SETTINGS_CHANGED)
    assert choose(one.connection, frozenset({FRANCE.id})).happened is None
    for wrong in (frozenset[str](), frozenset({"nowhere"}), frozenset({FRANCE.id, "nowhere"})):
        with pytest.raises(ChannelsInvalid):
            choose(one.connection, wrong)
    same = choose(both, frozenset({FRANCE.id, GERMANY.id}))
    assert (same.happened, same.connection != both) == (None, True)
    everything = choose(one.connection, None)
    assert (everything.connection.channels, everything.happened) == ((FRANCE, GERMANY), Happened.SETTINGS_CHANGED)


def test_a_channel_that_is_not_chosen_is_no_news() -> None:
    """Reached from now on, and not wanted: kept for the page, told to nobody."""
    one = connection(reached=(FRANCE,), chosen=frozenset({FRANCE.id}))
    change = probed(one, Reached((FRANCE, GERMANY)), NOW)
    assert (change.connection.reached, change.happened) == ((FRANCE, GERMANY), None)
    assert probed(connection(reached=(FRANCE,)), Reached((FRANCE, GERMANY)), NOW).happened is Happened.SETTINGS_CHANGED


def test_ages_of_the_pace_rise() -> None:
    """A later step of the pace is rarer."""
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(rules.PACE))
