"""Accounts somebody brings from a marketplace's older interface: one by a form, or several as a table."""

import csv
import io
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.auth.domain.brought import COLUMNS, BroughtTable, Market, read_one, read_table
from services.auth.entrypoints.connection_pages import Form, Writer
from services.auth.entrypoints.held import actor_of, auth_of, pages_of
from services.auth.entrypoints.sentences import BROUGHT_FULL, BROUGHT_PROBLEMS
from services.auth.usecases.bring_accounts import TooManyBrought, bring_accounts, markets_of
from shared.access.principal import Principal
from shared.marketplaces.registry import PROFILES
from shared.web.problems import not_found

router = APIRouter(prefix="/connections", include_in_schema=False)


@router.get("/{marketplace}/import")
async def import_page(request: Request, who: Writer, marketplace: str) -> Response:
    _markets(request, marketplace)
    return _page(request, who, marketplace)


@router.post("/{marketplace}/import")
async def import_form(request: Request, marketplace: str, form: Form) -> Response:
    """Nothing is kept unless every line can be; what is shown again has no column we do not know: a token's, say."""
    held, who, markets = auth_of(request), form.principal, _markets(request, marketplace)
    one, (name, seller_id, channels) = form.text("how") == "one", (form.text(column) for column in COLUMNS)
    table = read_one(name, seller_id, channels, markets) if one else read_table(form.text("table"), markets)
    if table.bad:
        return _page(request, who, marketplace, table=table, one=one)
    try:
        async with held.uow() as store:
            kept = await bring_accounts(marketplace, table.accounts, actor_of(who), store=store, clock=held.clock)
    except TooManyBrought:
        return _page(request, who, marketplace, table=table, one=one, trouble=BROUGHT_FULL)
    return RedirectResponse(f"/connections?waiting={kept.waiting}&known={kept.known}", 303)


def _markets(request: Request, marketplace: str) -> Mapping[str, Market]:
    """Raises the Problem of what is not there."""
    offer, profile = auth_of(request).offers.get(marketplace), PROFILES.get(marketplace)
    if offer is None or profile is None or profile.older_interface is None:
        raise not_found()
    return markets_of(offer, profile.stores)


def _page(
    request: Request,
    who: Principal,
    marketplace: str,
    *,
    table: BroughtTable | None = None,
    one: bool = False,
    trouble: str | None = None,
) -> Response:
    pages, rows = pages_of(request), table.rows if table else ()
    said = [
        (line, column, pages.say(request, BROUGHT_PROBLEMS[problem], principal=who))
        for line, column, problem in ((bad.line, bad.column, bad.problem) for bad in (table.bad if table else ()))
    ]
    return pages.render(
        request,
        "import.html",
        principal=who,
        status=422 if said else 409 if trouble else 200,
        profile=PROFILES[marketplace],
        form=dict(zip(COLUMNS, rows[0], strict=True)) if one and rows else {},
        errors={column or COLUMNS[0]: sentence for _, column, sentence in said} if one else {},
        lines=[] if one else said,
        table="" if one else _text(rows),
        trouble=pages.say(request, trouble, principal=who) if trouble else None,
    )


def _text(rows: tuple[tuple[str, ...], ...]) -> str:
    """The rows as they may be sent again; empty where none could be read."""
    if not rows:
        return ""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([COLUMNS, *rows])
    return written.getvalue()
