"""The organisation's audit log: a page with filters, and the same as a table."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from services.auth.domain.audit import Action
from services.auth.entrypoints.deeds import DEEDS
from services.auth.entrypoints.held import auth_of, pages_of
from services.auth.entrypoints.readers import reader
from services.auth.usecases.audit_log import Asked, AuditLog, Seen
from shared.access.principal import Principal
from shared.access.roles import AUDIT_READ
from shared.kernel.ids import ConnectionId, OrganisationId, UserId

router = APIRouter(prefix="/settings/audit", include_in_schema=False)
Reader = Annotated[Principal, Depends(reader(AUDIT_READ))]
OPERATOR, SERVICE, SUPPORT = "operator", "service", "support"
_ROWS, _EXPORTED_AT_ONCE = 50, 500
_FILTERS = ("who", "action", "connection", "since", "until")
_COLUMNS = (
    "at",
    "who",
    "action",
    "connection_id",
    "connection",
    "member",
    "reason",
    "before",
    "after",
    "session_id",
    "browser",
    "session_began_at",
)
# What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Chosen:
    """The filters as they stand in the address; what is none of ours is as if it were not there."""

    values: Mapping[str, str]

    def asked(self) -> Asked:
        who, since, until = self.values["who"], _day(self.values["since"]), _day(self.values["until"])
        user_id, action, connection_id = _uuid(who), self.values["action"], _uuid(self.values["connection"])
        return Asked(
            user_id=UserId(user_id) if user_id else None,
            client_id=who if who and not user_id and who not in {OPERATOR, SERVICE} else None,
            connection_id=ConnectionId(connection_id) if connection_id else None,
            by_operator=who == OPERATOR,
            by_service=who == SERVICE,
            action=Action(action) if action in set(Action) else None,
            since=since,
            until=until + timedelta(days=1) if until else None,
        )

    def address(self, path: str, **more: str) -> str:
        query = {name: value for name, value in {**self.values, **more}.items() if value}
        return path + (f"?{urlencode(query)}" if query else "")


@router.get("")
async def audit_page(request: Request, who: Reader) -> Response:
    """The newest first, fifty at a time."""
    held, chosen = auth_of(request), _chosen(request)
    after = _uuid(request.query_params.get("cursor", ""))
    found = await held.audit_log.entries(who.organisation, chosen.asked(), after=after, limit=_ROWS + 1)
    more = str(found[_ROWS - 1].entry.id) if len(found) > _ROWS else None
    return pages_of(request).render(
        request,
        "audit.html",
        principal=who,
        rows=found[:_ROWS],
        chosen=chosen,
        is_filtered=any(chosen.values.values()),
        actors=await held.audit_log.actors(who.organisation),
        deeds=DEEDS,
        next_page=chosen.address(router.prefix, cursor=more) if more else None,
        export=chosen.address(f"{router.prefix}/export.csv"),
    )


@router.get("/export.csv")
async def export(request: Request, who: Reader) -> Response:
    """All that the filters leave, as codes; cells that a spreadsheet would compute begin with an apostrophe."""
    log, asked = auth_of(request).audit_log, _chosen(request).asked()
    # Asked before the answer begins: whatever is wrong has its own answer.
    first = await log.entries(who.organisation, asked, after=None, limit=_EXPORTED_AT_ONCE)
    named = {"content-disposition": 'attachment; filename="audit.csv"', "cache-control": "no-store"}
    lines = _lines(log, who.organisation, asked, first)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=named)


async def _lines(
    log: AuditLog, organisation_id: OrganisationId, asked: Asked, found: Sequence[Seen]
) -> AsyncIterator[str]:
    yield _written(_COLUMNS)
    while found:
        for seen in found:
            yield _written(_row(seen))
        after = found[-1].entry.id
        found = await log.entries(organisation_id, asked, after=after, limit=_EXPORTED_AT_ONCE)


def _row(seen: Seen) -> tuple[str, ...]:
    entry = seen.entry
    cells = (
        _time(entry.at),
        _who(seen),
        entry.action.value,
        str(entry.connection_id or ""),
        seen.connection or "",
        seen.member or "",
        entry.reason or "",
        entry.before or "",
        entry.after or "",
        str(entry.session_id or ""),
        entry.browser or "",
        _time(entry.session_began_at) if entry.session_began_at else "",
    )
    return tuple(harmless(cell) for cell in cells)


def _who(seen: Seen) -> str:
    entry = seen.entry
    if entry.by_support:
        return f"{SUPPORT} {entry.user_id}"
    return seen.email or entry.client_id or (OPERATOR if entry.by_operator else str(entry.user_id or SERVICE))


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def harmless(cell: str) -> str:
    """As text, to a spreadsheet too."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _written(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _chosen(request: Request) -> Chosen:
    return Chosen({name: request.query_params.get(name, "").strip()[:100] for name in _FILTERS})


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _day(value: str) -> datetime | None:
    try:
        day = datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone; ours are UTC's
    except ValueError:
        return None
    return datetime.combine(day, time(), UTC) if 1970 <= day.year <= 9000 else None
