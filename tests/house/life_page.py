"""`docs/connections.md`, written from code: from which state what leads where, and what others are told of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from services.auth.domain import life
from services.auth.domain.connection import Change, Connection, ConnectionState, ProbeOutcome
from services.auth.usecases.keep_change import EVENTS
from shared.events.auth import MAY_FINISH, MAY_WORK
from shared.kernel.ids import GrantId, new_id
from shared.marketplaces.reached import Reached
from tests.unit.auth.builders import FRANCE, NOW, connection

_END = NOW + timedelta(days=365)
_SOON = _END - life.EXPIRING_FOR
_MEANS = {
    ConnectionState.UNPROVEN: "claimed, or brought from an older interface; nothing shows yet whose account it is",
    ConnectionState.AUTHORISED: "the seller consented",
    ConnectionState.EXPIRING: "the consent ends within 30 days, or ended and still works",
    ConnectionState.EXPIRED: "the consent's time is over",
    ConnectionState.WAITING: "the marketplace refuses even a new token",
    ConnectionState.REVOKED: "the consent was withdrawn",
    ConnectionState.PAUSED: "somebody of the organisation wants it to rest",
    ConnectionState.DISCONNECTED: "ended here; its grant is destroyed",
}
_HAPPENS: dict[str, Callable[[Connection], Change]] = {
    "the seller consents": lambda one: life.authorise(one, GrantId(new_id()), NOW, lasts=timedelta(days=365)),
    "thirty days are left": lambda one: life.age(one, _SOON, goes_on=True),
    "the end; the marketplace was not asked since": lambda one: life.age(one, _END, goes_on=False),
    "the end, asked since; `AUTH_EXPIRED_GOES_ON`": lambda one: life.age(_asked(one), _END, goes_on=True),
    "the end, asked since; without it": lambda one: life.age(_asked(one), _END, goes_on=False),
    "the marketplace lets us in": lambda one: life.probed(one, Reached((FRANCE,)), NOW),
    "it refuses a new token": lambda one: life.probe_refused(one, ProbeOutcome.REFUSED, NOW),
    "it says that a role is missing": lambda one: life.probe_refused(one, ProbeOutcome.ROLE_MISSING, NOW),
    "it declines the question": lambda one: life.probe_refused(one, ProbeOutcome.DECLINED, NOW),
    "it says that the consent is gone": lambda one: life.revoke(one, NOW),
    "it says so at the end": lambda one: life.revoke(one, _END),
    "a service says so": lambda one: life.suspect(one, one.consent_version, NOW),
    "somebody pauses it": life.pause,
    "somebody resumes it": lambda one: life.resume(one, NOW, goes_on=True),
    "somebody resumes it, refused before": lambda one: life.resume(_refused(one), NOW, goes_on=True),
    "somebody resumes it in its last thirty days": lambda one: life.resume(one, _SOON, goes_on=True),
    "somebody resumes it past its end; `AUTH_EXPIRED_GOES_ON`": lambda one: life.resume(one, _END, goes_on=True),
    "somebody resumes it past its end; without it": lambda one: life.resume(one, _END, goes_on=False),
    "somebody ends it": life.disconnect,
    "somebody ends it and has its buyers erased": lambda one: life.erase(one, NOW),
}


def page() -> str:
    states = list(ConnectionState)
    # Of a claim only its own rules know more (`services/auth/domain/claim.py`).
    living = [state for state in states if state is not ConnectionState.UNPROVEN]
    head = ["what happens", *(state.value for state in living)]
    rows = [[words, *(_cell(state, verb) for state in living)] for words, verb in _HAPPENS.items()]
    lines = [
        "# A connection's life",
        "Written from the code by `make contracts`; `make check` compares.",
        "",
        "## States",
        *_table(["state", "means", "services"], [[f"`{state}`", _MEANS[state], _allowed(state)] for state in states]),
        "",
        "## What leads where",
        "A cell says the state that follows and, after an arrow, the event others are told. A dot: nothing changes; "
        "*asked*: a probe is due; *no*: it is refused.",
        "",
        *_table(head, rows),
    ]
    return "\n".join(lines) + "\n"


def _cell(state: ConnectionState, verb: Callable[[Connection], Change]) -> str:
    before = connection(state=state, reached=(FRANCE,), expires_at=_END, probe_due_at=None)
    try:
        change = verb(before)
    except life.NotRunning:
        return "*no*"
    after = change.connection
    told = f" → `{EVENTS[change.happened].TYPE.removeprefix('auth.connection.')}`" if change.happened else ""
    if after.state is state:
        return told.strip() or ("*asked*" if after.probe_due_at else "·")
    return f"{after.state}{told}"


def _allowed(state: ConnectionState) -> str:
    if state in MAY_WORK:
        return "work"
    return "finish what they took on before" if state in MAY_FINISH else "do nothing"


def _asked(one: Connection) -> Connection:
    return replace(one, probed_at=_END)


def _refused(one: Connection) -> Connection:
    return replace(one, probe_outcome=ProbeOutcome.REFUSED)


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
