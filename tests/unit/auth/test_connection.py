"""The life of a connection: what each event does to it, and what others are told."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain import life as rules
from services.auth.domain.connection import (
    Change,
    Connection,
    ConnectionState,
    Happened,
    NameInvalid,
    ProbeOutcome,
    rename,
)
from shared.kernel.ids import GrantId, new_id
from shared.marketplaces.reached import Reached
from tests.unit.auth.builders import FRANCE, GERMANY, NOW, connection

YEAR = timedelta(days=365)


def test_a_consent_lasts_a_year_and_is_probed_at_once() -> None:
    """Authorised now, until a year from now, a probe due."""
    grant_id = GrantId(new_id())
    change = rules.authorise(connection(state=ConnectionState.REVOKED), grant_id, NOW, lasts=YEAR)
    made = change.connection
    assert (made.state, made.consent_version, made.grant_id) == (ConnectionState.AUTHORISED, 2, grant_id)
    assert (made.expires_at, made.probe_due_at) == (NOW + timedelta(days=365), NOW)
    assert change.happened is Happened.AUTHORISED


def test_a_new_consent_keeps_name_and_channels() -> None:
    """Reconnecting loses no setting."""
    before = connection(name="Mine", reached=(FRANCE,))
    after = rules.authorise(before, GrantId(new_id()), NOW, lasts=YEAR).connection
    assert (after.id, after.name, after.channels) == (before.id, "Mine", (FRANCE,))


def test_a_lost_consent_is_told_once() -> None:
    """Revoked: probed no more. Again: nothing new."""
    first = rules.revoke(connection(), NOW)
    assert (first.connection.state, first.happened) == (ConnectionState.REVOKED, Happened.REVOKED)
    assert rules.revoke(first.connection, NOW) == Change(first.connection, None)


def test_ending_it_forgets_its_grant() -> None:
    """Disconnected from any state, once."""
    for state in (ConnectionState.AUTHORISED, ConnectionState.WAITING, ConnectionState.REVOKED):
        ended = rules.disconnect(connection(state=state))
        assert (ended.connection.grant_id, ended.happened) == (None, Happened.DISCONNECTED)
        assert rules.disconnect(ended.connection).happened is None


def test_erasing_ends_it_and_is_told_once_for_each_consent() -> None:
    """From any state, also ended before; what others never heard of has nothing to erase."""
    for state in (ConnectionState.AUTHORISED, ConnectionState.REVOKED, ConnectionState.DISCONNECTED):
        ended = rules.erase(connection(state=state, authorised_at=NOW - YEAR), NOW)
        assert (ended.connection.state, ended.happened) == (ConnectionState.DISCONNECTED, Happened.DISCONNECTED)
        assert ended.connection.erase_asked_at == NOW
        assert rules.erase(ended.connection, NOW).happened is None
    later = NOW + timedelta(days=1)
    again = rules.authorise(ended.connection, GrantId(new_id()), later, lasts=YEAR).connection
    assert rules.erase(again, later + timedelta(days=1)).happened is Happened.DISCONNECTED
    unheard = connection(state=ConnectionState.UNPROVEN, consent_version=0)
    assert rules.erase(unheard, NOW) == rules.disconnect(unheard)


def test_an_ended_connection_is_not_revoked_or_probed() -> None:
    """What comes late for an ended connection changes nothing."""
    ended = connection(state=ConnectionState.DISCONNECTED)
    assert rules.revoke(ended, NOW) == Change(ended, None)
    assert rules.probed(ended, Reached((FRANCE,)), NOW) == Change(ended, None)
    assert rules.probe_refused(ended, ProbeOutcome.REFUSED, NOW) == Change(ended, None)


def test_new_channels_are_told_and_known_ones_are_not() -> None:
    """An event only when the channels differ; the next probe is tomorrow."""
    first = rules.probed(connection(), Reached((FRANCE,)), NOW)
    assert first.happened is Happened.SETTINGS_CHANGED
    again = rules.probed(first.connection, Reached((FRANCE,)), NOW)
    assert again.happened is None
    assert again.connection.probe_due_at == NOW + timedelta(days=1)
    assert rules.probed(again.connection, Reached((FRANCE, GERMANY)), NOW).happened is Happened.SETTINGS_CHANGED


def test_a_refusal_waits_and_an_answer_after_it_is_a_new_consent() -> None:
    """403 stops the services; 200 after it raises the consent version, so that they go on."""
    refused = rules.probe_refused(connection(), ProbeOutcome.REFUSED, NOW)
    assert (refused.connection.state, refused.happened) == (ConnectionState.WAITING, Happened.REVOKED)
    assert refused.connection.probe_due_at == NOW + timedelta(hours=1)
    assert rules.probe_refused(refused.connection, ProbeOutcome.REFUSED, NOW).happened is None
    answered = rules.probed(refused.connection, Reached(), NOW)
    assert (answered.connection.consent_version, answered.happened) == (2, Happened.AUTHORISED)
    assert rules.probed(answered.connection, Reached(), NOW).connection.consent_version == 2


def test_a_missing_role_leaves_it_authorised() -> None:
    """Other work goes on."""
    noted = rules.probe_refused(connection(), ProbeOutcome.ROLE_MISSING, NOW)
    assert (noted.connection.state, noted.happened) == (ConnectionState.AUTHORISED, None)


def test_reports_are_checked_at_most_once_a_minute() -> None:
    """However many services report, and however often; an older consent's report is ignored."""
    quiet = connection(probed_at=NOW - timedelta(hours=1), probe_due_at=NOW + timedelta(hours=23), consent_version=2)
    assert rules.suspect(quiet, 1, NOW).connection == quiet
    doubted = rules.suspect(quiet, 2, NOW).connection
    assert (doubted.probe_due_at, doubted.suspected_at) == (NOW, NOW)
    just_probed = connection(probed_at=NOW, probe_due_at=NOW + timedelta(days=1))
    assert rules.suspect(just_probed, 1, NOW).connection.probe_due_at == NOW + timedelta(minutes=1)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b"])
def test_a_name_can_be_shown(name: str) -> None:
    """1 to 80 printable characters."""
    with pytest.raises(NameInvalid):
        rename(connection(), name)


def test_the_same_name_is_no_change() -> None:
    """Spaces around and between do not count."""
    assert rename(connection(name="Main shop"), "  Main   shop ").happened is None
    renamed = rename(connection(), "Other")
    assert (renamed.connection.name, renamed.happened) == ("Other", Happened.SETTINGS_CHANGED)


def steps(made: Connection, chosen: list[int]) -> list[Change]:
    verbs: list[Callable[[Connection], Change]] = [
        lambda each: rules.authorise(each, GrantId(new_id()), NOW, lasts=YEAR),
        lambda each: rules.revoke(each, NOW),
        rules.disconnect,
        lambda each: rules.probed(each, Reached((FRANCE,)), NOW),
        lambda each: rules.probe_refused(each, ProbeOutcome.REFUSED, NOW),
        lambda each: rules.probe_refused(each, ProbeOutcome.ROLE_MISSING, NOW),
        lambda each: rules.suspect(each, each.consent_version, NOW),
        lambda each: rename(each, "Other"),
    ]
    changes = [Change(made, None)]
    for number in chosen:
        changes.append(verbs[number](changes[-1].connection))
    return changes


@given(st.lists(st.integers(0, 7), max_size=20))
def test_in_any_history_events_are_numbered_without_gaps(chosen: list[int]) -> None:
    """A change that is told raises the sequence by one, any other leaves it; versions never fall."""
    changes = steps(connection(), chosen)
    for before, after in pairwise(changes):
        raised = after.connection.event_sequence - before.connection.event_sequence
        assert raised == (1 if after.happened else 0)
        assert after.connection.consent_version >= before.connection.consent_version


@given(st.lists(st.integers(0, 7), max_size=20))
def test_in_any_history_state_and_grant_fit(chosen: list[int]) -> None:
    """A change of state is always told, and only an authorised connection has been consented to and not lost."""
    changes = steps(connection(), chosen)
    for before, after in pairwise(changes):
        if before.connection.state is not after.connection.state:
            assert after.happened is not None
        if after.connection.may_be_probed:
            assert after.connection.grant_id is not None
        else:
            assert after.connection.probe_due_at is None


@pytest.mark.parametrize("state", [ConnectionState.AUTHORISED, ConnectionState.WAITING])
def test_what_works_or_waits_can_be_paused_and_goes_on_as_it_stood(state: ConnectionState) -> None:
    """Not probed meanwhile, consent and channels kept, probed at once when it is resumed. Each is told once."""
    outcome = ProbeOutcome.REFUSED if state is ConnectionState.WAITING else ProbeOutcome.OK
    before = connection(state=state, probe_due_at=NOW, probe_outcome=outcome, reached=(FRANCE,))
    paused = rules.pause(before)
    assert (paused.connection.state, paused.happened) == (ConnectionState.PAUSED, Happened.PAUSED)
    assert (paused.connection.probe_due_at, paused.connection.grant_id) == (None, before.grant_id)
    assert rules.pause(paused.connection) == Change(paused.connection, None)
    resumed = rules.resume(paused.connection, NOW, goes_on=False)
    assert (resumed.connection.state, resumed.happened) == (state, Happened.RESUMED)
    assert (resumed.connection.probe_due_at, resumed.connection.channels) == (NOW, (FRANCE,))
    assert resumed.connection.consent_version == before.consent_version
    assert rules.resume(resumed.connection, NOW, goes_on=False) == Change(resumed.connection, None)


@pytest.mark.parametrize(
    ("left", "outcome", "goes_on", "state", "happened"),
    [
        (29, ProbeOutcome.OK, True, ConnectionState.EXPIRING, Happened.RESUMED),
        (-5, ProbeOutcome.OK, True, ConnectionState.EXPIRING, Happened.RESUMED),
        (-5, ProbeOutcome.REFUSED, True, ConnectionState.WAITING, Happened.RESUMED),
        (29, ProbeOutcome.OK, False, ConnectionState.EXPIRING, Happened.RESUMED),
        (-5, ProbeOutcome.OK, False, ConnectionState.EXPIRED, Happened.EXPIRED),
        (-5, ProbeOutcome.REFUSED, False, ConnectionState.EXPIRED, Happened.EXPIRED),
    ],
)
def test_what_is_resumed_is_as_old_as_it_is(
    left: int, outcome: ProbeOutcome, goes_on: bool, state: ConnectionState, happened: Happened
) -> None:
    """No hourly look has to find that out. Seen red: authorised until one did, whatever its age."""
    ends = NOW + timedelta(days=left)
    paused = connection(state=ConnectionState.PAUSED, probe_outcome=outcome, expires_at=ends)
    resumed = rules.resume(paused, NOW, goes_on=goes_on)
    assert (resumed.connection.state, resumed.happened) == (state, happened)
    assert (resumed.connection.probe_due_at == NOW) is (state is not ConnectionState.EXPIRED)


@pytest.mark.parametrize("state", [ConnectionState.UNPROVEN, ConnectionState.REVOKED, ConnectionState.DISCONNECTED])
def test_what_does_not_work_cannot_be_paused(state: ConnectionState) -> None:
    """It is said, and nothing changes."""
    with pytest.raises(rules.NotRunning):
        rules.pause(connection(state=state))


def test_a_paused_connection_is_neither_probed_nor_revoked() -> None:
    """What a call that was under way comes back with changes nothing; a new consent, or the end, does."""
    paused = connection(state=ConnectionState.PAUSED)
    assert rules.probed(paused, Reached((FRANCE,)), NOW) == Change(paused, None)
    assert rules.probe_refused(paused, ProbeOutcome.REFUSED, NOW) == Change(paused, None)
    assert rules.revoke(paused, NOW) == Change(paused, None)
    assert rules.authorise(paused, GrantId(new_id()), NOW, lasts=YEAR).connection.state is ConnectionState.AUTHORISED
    assert rules.disconnect(paused).happened is Happened.DISCONNECTED
