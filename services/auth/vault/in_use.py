"""
Which grants tokens were given of lately, by one process: those are renewed before anybody waits for it.

What is forgotten with a killed process is remembered again when it is next asked for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.auth.domain.token import TokenState
from shared.kernel.ids import ConnectionId, GrantId

# A token is renewed early once it lives no longer than that; callers are given it for all but the last minute.
EARLY = timedelta(minutes=10)
IN_USE_FOR = timedelta(hours=1)
# A renewal that came to nothing, or gave a token that is short-lived by itself, is not repeated sooner.
LOOKED_EVERY = timedelta(minutes=1)
# Beyond that a process remembers no more of them: their callers wait, once an hour.
REMEMBERED_MOST = 50_000


@dataclass(slots=True)
class _Use:
    """`ends_at`: of the token that was seen last."""

    connection_id: ConnectionId
    asked_at: datetime
    ends_at: datetime
    looked_at: datetime | None = None


class InUse:
    def __init__(self) -> None:
        self._grants: dict[GrantId, _Use] = {}

    def asked(self, state: TokenState, now: datetime) -> None:
        """Somebody was given its token."""
        if state.grant_id is None or state.expires_at is None:
            return
        use = self._grants.get(state.grant_id)
        if use is not None:
            use.connection_id, use.asked_at, use.ends_at = state.connection_id, now, state.expires_at
            return
        if len(self._grants) >= REMEMBERED_MOST:
            self._forget(now)
        if len(self._grants) < REMEMBERED_MOST:
            self._grants[state.grant_id] = _Use(state.connection_id, now, state.expires_at)

    def looked(self, grant_id: GrantId, ends_at: datetime | None, now: datetime) -> None:
        """What the early renewal found; None: nothing more is to be had of it."""
        use = self._grants.get(grant_id)
        if use is None:
            return
        if ends_at is None:
            del self._grants[grant_id]
            return
        use.ends_at, use.looked_at = ends_at, now

    def due(self, now: datetime) -> list[tuple[GrantId, ConnectionId]]:
        """Those whose token ends soon, the first to end first; who was not asked for in an hour is forgotten."""
        self._forget(now)
        ending = [
            (use.ends_at, grant_id, use.connection_id)
            for grant_id, use in self._grants.items()
            if now >= use.ends_at - EARLY and (use.looked_at is None or now >= use.looked_at + LOOKED_EVERY)
        ]
        return [(grant_id, connection_id) for _, grant_id, connection_id in sorted(ending)]

    def _forget(self, now: datetime) -> None:
        self._grants = {grant: use for grant, use in self._grants.items() if now < use.asked_at + IN_USE_FOR}
