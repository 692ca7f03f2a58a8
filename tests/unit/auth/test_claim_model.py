"""The laws of a claim over any history: a seller account belongs to one organisation, and what changes is told."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.auth.domain import claim as rules
from services.auth.domain.connection import Change, Connection, Happened, ProbeOutcome, choose
from services.auth.domain.life import disconnect, probe_refused, probed
from shared.kernel.ids import ConnectionId, new_id
from shared.marketplaces.reached import Reached
from tests.unit.auth.builders import FRANCE, NOW, ORGANISATION, OTHER_ORGANISATION
from tests.unit.auth.test_claim import AUTHORISED, DISCONNECTED, SHARED, UNPROVEN, ended


class Account(RuleBasedStateMachine):
    """One seller account, two organisations, in any order of events."""

    def __init__(self) -> None:
        super().__init__()
        self.organisations = [ORGANISATION, OTHER_ORGANISATION]
        self.rows = [ended(id=ConnectionId(new_id()), organisation_id=each) for each in self.organisations]
        self.shown: set[int] = set()
        self.changes: list[tuple[Connection, Connection, Happened | None]] = []

    which = st.integers(0, 1)

    @rule(who=which)
    def claims(self, who: int) -> None:
        """As the use case does it: not beside a holder, not where there is one of its own that lives."""
        found = rules.standing(self.rows, self.organisations[who])
        if found.holder is not None or self.rows[who].state is not DISCONNECTED:
            return
        for rival in found.rivals:
            self._keep(self.rows.index(rival), rules.contest(rival))
        self.shown.discard(who)
        self._keep(who, rules.claim(self.rows[who], SHARED, NOW, contested=bool(found.rivals)))

    @rule(who=which)
    def is_refused(self, who: int) -> None:
        one = self.rows[who]
        verb = rules.refused if one.state is UNPROVEN else probe_refused
        if one.may_be_probed:
            self._keep(who, verb(one, ProbeOutcome.REFUSED, NOW))
            if one.state is UNPROVEN and len([each for each in self.rows if each.state is UNPROVEN]) == 1:
                self.shown.add(who)

    @rule(who=which)
    def is_let_in(self, who: int) -> None:
        one = self.rows[who]
        if one.state is UNPROVEN:
            found = rules.standing(self.rows, self.organisations[who])
            seen = rules.contest(one).connection if found.holder else one
            self._keep(who, rules.let_in(seen, Reached((FRANCE,)), NOW, proves=True))
        elif one.may_be_probed:
            self._keep(who, probed(one, Reached((FRANCE,)), NOW))

    @rule(who=which)
    def is_proven(self, who: int) -> None:
        found = rules.standing(self.rows, self.organisations[who])
        if self.rows[who].state is UNPROVEN and found.holder is None:
            self.shown.add(who)
            self._keep(who, rules.prove(self.rows[who], NOW))

    @rule(who=which)
    def ends(self, who: int) -> None:
        self._keep(who, disconnect(self.rows[who]))

    @precondition(lambda self: any(each.reached for each in self.rows))
    @rule(who=which)
    def chooses(self, who: int) -> None:
        if self.rows[who].reached:
            self._keep(who, choose(self.rows[who], frozenset({FRANCE.id})))

    @invariant()
    def belongs_to_one(self) -> None:
        """Two organisations are never proven for one account, and nobody who showed nothing."""
        proven = [number for number, each in enumerate(self.rows) if each.is_proven]
        assert len(proven) <= 1
        assert set(proven) <= self.shown

    @invariant()
    def is_told_without_gaps(self) -> None:
        """Each event raises the number by one; whether services may work is never changed silently."""
        for before, after, happened in self.changes:
            assert after.event_sequence - before.event_sequence == (1 if happened else 0)
            if (before.state is AUTHORISED) != (after.state is AUTHORISED):
                assert happened is not None
            if after.state is UNPROVEN:
                assert happened is None
        self.changes.clear()

    def _keep(self, who: int, change: Change) -> None:
        self.changes.append((self.rows[who], change.connection, change.happened))
        self.rows[who] = change.connection


Account.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
test_any_history = Account.TestCase
