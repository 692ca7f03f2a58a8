"""The life of a connection, walked against a table of its states and a service that hears only some of its events."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.auth.domain import life as rules
from services.auth.domain.connection import (
    Change,
    ChannelsInvalid,
    Connection,
    ConnectionState,
    ProbeOutcome,
    choose,
    rename,
)
from services.auth.domain.life import NotRunning
from shared.kernel.ids import GrantId, new_id
from shared.marketplaces.models import Channel
from shared.marketplaces.reached import Reached
from tests.unit.auth.builders import FRANCE, GERMANY, NOW, connection

AUTHORISED, WAITING = ConnectionState.AUTHORISED, ConnectionState.WAITING
REVOKED, DISCONNECTED = ConnectionState.REVOKED, ConnectionState.DISCONNECTED
PAUSED = ConnectionState.PAUSED
EXPIRING, EXPIRED = ConnectionState.EXPIRING, ConnectionState.EXPIRED
WORKING, RUNNING = (AUTHORISED, EXPIRING), (AUTHORISED, EXPIRING, WAITING)
YEAR = timedelta(days=365)

# What becomes of a state; where nothing is said it stays.
BECOMES = {
    "consents": dict.fromkeys(ConnectionState, AUTHORISED),
    "withdraws": dict.fromkeys((*RUNNING, EXPIRED), REVOKED),
    "ends": dict.fromkeys(ConnectionState, DISCONNECTED),
    "answers": {WAITING: AUTHORISED},
    "refuses": dict.fromkeys(WORKING, WAITING),
    "pauses": dict.fromkeys(RUNNING, PAUSED),
    "the end is near": {AUTHORISED: EXPIRING},
    "it is over, and stops": {EXPIRING: EXPIRED, WAITING: EXPIRED},
    "it is over, and goes on": {WAITING: EXPIRED},
}


class Life(RuleBasedStateMachine):
    """
    The newest event tells all that services need; versions count consents; nothing is lost but by the seller's hand.

    Seen red with: a refusal that is not told, an answer after one that is no new consent, an older consent's report
    that makes a probe due, a probe still due after the end, and channels forgotten with a new consent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.connection = connection(probe_due_at=NOW)
        self.heard = self.connection
        self.state, self.consents, self.events = AUTHORISED, 1, 1
        self.stopped = False
        self.name, self.chosen = self.connection.name, self.connection.chosen

    @rule(seconds=st.sampled_from([1, 61, 3600, 90000, 20 * 86400, 150 * 86400]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def seller_consents(self) -> None:
        self._keep("consents", rules.authorise(self.connection, GrantId(new_id()), self.now, lasts=YEAR))
        self.consents += 1
        self.stopped = False

    @rule()
    def consent_is_withdrawn(self) -> None:
        self._keep("withdraws", rules.revoke(self.connection, self.now))

    @rule()
    def seller_pauses_it(self) -> None:
        try:
            change = rules.pause(self.connection)
        except NotRunning:
            assert self.state in (REVOKED, DISCONNECTED, EXPIRED)
            return
        self._keep("pauses", change)

    @rule(goes_on=st.booleans())
    def seller_resumes_it(self, goes_on: bool) -> None:
        """As old as it is by now; what was refused before is refused until the far side answers."""
        refused, end = self.connection.probe_outcome is ProbeOutcome.REFUSED, self.connection.expires_at
        assert end is not None
        change = rules.resume(self.connection, self.now, goes_on=goes_on)
        if self.state is PAUSED and self.now >= end and not goes_on:
            self.state = EXPIRED
        elif self.state is PAUSED:
            working = EXPIRING if self.now >= end - timedelta(days=30) else AUTHORISED
            self.state = WAITING if refused else working
        self._keep("resumes", change)

    @rule(really=st.sampled_from([False, False, True]))
    def seller_ends_it(self, really: bool) -> None:
        if really:
            self._keep("ends", rules.disconnect(self.connection))

    @rule(reached=st.lists(st.sampled_from([FRANCE, GERMANY]), unique=True))
    def far_side_answers(self, reached: list[Channel]) -> None:
        """After a refusal, also of a role, that is a new consent: what stopped goes on."""
        alive = self.state in RUNNING
        self._keep("answers", rules.probed(self.connection, Reached(tuple(reached)), self.now))
        if alive:
            self.consents += 1 if self.stopped else 0
            self.stopped = False
            assert self.connection.reached == tuple(reached)

    @rule(outcome=st.sampled_from([ProbeOutcome.REFUSED, ProbeOutcome.ROLE_MISSING, ProbeOutcome.DECLINED]))
    def far_side_refuses(self, outcome: ProbeOutcome) -> None:
        self.stopped |= self.state in RUNNING
        what = "refuses" if outcome is ProbeOutcome.REFUSED else "declines"
        self._keep(what, rules.probe_refused(self.connection, outcome, self.now))

    @rule(goes_on=st.booleans())
    def house_is_kept(self, goes_on: bool) -> None:
        """Thirty days before its end it is told; over only after the far side was asked since."""
        before, end = self.connection, self.connection.expires_at
        assert end is not None
        asked = before.probed_at is not None and before.probed_at >= end
        what = "nothing"
        if self.state is AUTHORISED and self.now >= end - timedelta(days=30):
            what = "the end is near"
        elif self.now >= end and asked:
            what = "it is over, and goes on" if goes_on else "it is over, and stops"
        self._keep(what, rules.age(before, self.now, goes_on=goes_on))
        if self.now >= end and not asked and self.state in RUNNING and self.state is before.state:
            assert self.connection.probe_due_at is not None
            assert self.connection.probe_due_at <= self.now

    @rule(older=st.integers(0, 2))
    def service_reports(self, older: int) -> None:
        """That the consent is lost, of this consent or of one before; a check a minute answers all reports."""
        before = self.connection
        self._keep("reports", rules.suspect(before, before.consent_version - older, self.now))
        if older or self.state not in WORKING:
            assert self.connection == before
        else:
            earliest = before.probed_at + timedelta(minutes=1) if before.probed_at else self.now
            assert self.connection.probe_due_at is not None
            assert self.connection.probe_due_at <= max(self.now, earliest)
            assert self.connection.probe_due_at in (max(self.now, earliest), before.probe_due_at)

    @rule(name=st.sampled_from(["Main shop", "Other"]))
    def seller_renames(self, name: str) -> None:
        self._keep("renamed", rename(self.connection, name))
        self.name = name

    @rule(wanted=st.sampled_from([None, frozenset({FRANCE.id}), frozenset({FRANCE.id, GERMANY.id})]))
    def seller_chooses(self, wanted: frozenset[str] | None) -> None:
        try:
            change = choose(self.connection, wanted)
        except ChannelsInvalid:
            return
        self._keep("chosen", change)
        self.chosen = wanted

    @invariant()
    def is_as_the_table_says(self) -> None:
        one = self.connection
        assert (one.state, one.consent_version, one.event_sequence) == (self.state, self.consents, self.events)
        assert (one.name, one.chosen) == (self.name, self.chosen)
        assert (one.probe_due_at is not None) == (one.state in RUNNING)
        assert (one.grant_id is None) == (one.state is DISCONNECTED)
        assert one.suspected_at is None or one.state in WORKING

    @invariant()
    def the_newest_event_says_it_all(self) -> None:
        """A service that missed all the others knows whether it may work, where, and under which consent."""
        assert _public(self.heard) == _public(self.connection)

    def _keep(self, what: str, change: Change) -> None:
        """A change that is told raises the number by one, any other leaves it."""
        self.state = BECOMES.get(what, {}).get(self.state, self.state)
        self.connection = change.connection
        if change.happened is not None:
            self.events += 1
            self.heard = change.connection


def _public(one: Connection) -> tuple[object, ...]:
    """A missing role stops nothing that is told: each service meets it by itself."""
    return (
        one.state in WORKING,
        one.state is EXPIRED,
        one.state is DISCONNECTED,
        one.consent_version,
        one.channels,
        one.name,
    )


_MODELS = settings.get_profile("models")
Life.TestCase.settings = settings(_MODELS, max_examples=4 * _MODELS.max_examples)
test_life = Life.TestCase
