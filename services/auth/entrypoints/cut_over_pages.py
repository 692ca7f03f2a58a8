"""Coming from another system: from which orders on the account is worked for here, shown before it is confirmed."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.connection import Connection
from services.auth.domain.cut_over import CutOverInvalid, checked
from services.auth.entrypoints.connection_pages import Form, Writer, home_of, known_connection
from services.auth.entrypoints.held import actor_of, auth_of, pages_of
from services.auth.entrypoints.sentences import FIELD_PROBLEMS
from services.auth.usecases.change_settings import import_orders_from
from services.auth.usecases.errors import ConnectionUnknown
from shared.access.principal import Principal
from shared.kernel.ids import ConnectionId
from shared.marketplaces.registry import PROFILES
from shared.web.problems import not_found

router = APIRouter(prefix="/connections", include_in_schema=False)


@router.get("/{connection_id:uuid}/cut-over")
async def cut_over_page(request: Request, who: Writer, connection_id: UUID) -> Response:
    return _page(request, who, await known_connection(request, who, connection_id))


@router.post("/{connection_id:uuid}/cut-over")
async def cut_over_form(request: Request, form: Form, connection_id: UUID) -> Response:
    """Shows what an instant means; kept once that very instant is confirmed. An empty field: all orders."""
    held, who, given = auth_of(request), form.principal, form.text("orders_from")
    known = await known_connection(request, who, connection_id)
    try:
        wanted = checked(_instant(given, home_of(known)), held.clock.now()) if given else None
        if form.fields.get("confirmed") != _local(wanted, home_of(known)):
            return _page(request, who, known, given=given, asked=True, wanted=wanted)
        async with held.uow() as store:
            await import_orders_from(ConnectionId(connection_id), wanted, actor_of(who), store=store, clock=held.clock)
    except ConnectionUnknown:
        raise not_found() from None
    except (CutOverInvalid, ValueError):
        said = pages_of(request).say(request, FIELD_PROBLEMS["orders_from.invalid"], principal=who)
        return _page(request, who, known, given=given, errors={"orders_from": said}, status=422)
    return RedirectResponse(f"/connections/{connection_id}", 303)


def _page(
    request: Request,
    who: Principal,
    known: Connection,
    *,
    given: str | None = None,
    asked: bool = False,
    wanted: datetime | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """`asked`: `wanted` is shown to be confirmed."""
    zone = home_of(known)
    return pages_of(request).render(
        request,
        "cut_over.html",
        principal=who,
        status=status,
        connection=known,
        profile=PROFILES[known.marketplace],
        zone=zone.key,
        given=_local(known.orders_from, zone) if given is None else given,
        asked=asked,
        wanted=wanted,
        confirmed=_local(wanted, zone),
        errors=errors or {},
    )


def _instant(given: str, zone: ZoneInfo) -> datetime:
    """What a field for a day and a time holds. Raises ValueError."""
    return datetime.fromisoformat(given).replace(tzinfo=zone)


def _local(instant: datetime | None, zone: ZoneInfo) -> str:
    """The same, for such a field; empty: None."""
    return instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if instant else ""
