"""The pages of many levels at once: edit, import with a look before, export, and the orders that are short."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from services.inventory.domain.ledger import Cause, Via
from services.inventory.domain.sku import Sku, StockRow
from services.inventory.domain.stock_import import COLUMNS, LINES_MOST, StockImport, read_table
from services.inventory.entrypoints.cursors import SkuCursor, cursor_of
from services.inventory.entrypoints.pages import Form, Search, User, render
from services.inventory.entrypoints.requests import inventory
from services.inventory.entrypoints.schemas import CODE_PROBLEMS
from services.inventory.entrypoints.stock_form import NUMBERS, wrong
from services.inventory.usecases.set_stock import set_stock
from services.inventory.usecases.stock_imports import ImportHasBadLines, ImportUnknown, apply_import, keep_import
from services.inventory.usecases.views import Show
from shared.access.dependencies import member
from shared.access.principal import Principal
from shared.access.scopes import STOCK_WRITE
from shared.db.unit_of_work import run_in_transaction
from shared.web.forms import PostedForm, member_file_form
from shared.web.problems import not_found

# What a bad line is told, by its code; those of a SKU's name are the form's.
LINE_PROBLEMS = CODE_PROBLEMS | {
    "not_text": "The file is no text: save it as CSV, not as a spreadsheet.",
    "empty": "There is nothing in it.",
    "too_many_lines": "It has too many lines: split it.",
    "not_csv": "It cannot be read as CSV: a quotation mark is left open.",
    "no_sku_column": "The first line names no column sku.",
    "unknown_column": "The first line names a column we do not know, or one twice.",
    "no_number_column": "The first line names no column beside sku.",
    "cells": "It has more or fewer cells than the first line.",
    "repeated": "This SKU is in a line above.",
    "not_a_number": "This is no whole number within the limits.",
    "says_nothing": "All its numbers are empty.",
}
NOTHING_GIVEN = "Choose a file, or paste some lines."
router = APIRouter(prefix="/stock", include_in_schema=False)
Writer = Annotated[Principal, Depends(member(STOCK_WRITE))]
FileForm = Annotated[PostedForm, Depends(member_file_form(STOCK_WRITE))]
_ROWS = 50
_EXPORTED_AT_ONCE = 1000
_SHOWN_LINES = 200


@router.get("/edit")
async def edit_page(
    request: Request, who: Writer, search: Search = "", show: Show = Show.ALL, after: SkuCursor = None
) -> HTMLResponse:
    """Fifty SKUs with a field for each number."""
    found = await inventory(request).views.skus(who.organisation, search=search, show=show, after=after, limit=_ROWS)
    kept = {"search": search, "show": show.value}
    more = f"/stock/edit?{urlencode(kept | {'cursor': cursor_of(found.after)})}" if found.after else None
    return render(request, who, "stock_edit.html", 200, {"skus": found.items, "typed": {}, "errors": {}, "more": more})


@router.post("/edit")
async def edit_form(request: Request, form: Form) -> Response:
    """Sets what differs: all of it, or nothing and a sentence beside each number that is wrong."""
    held, who = inventory(request), form.principal
    skus = await held.views.skus_of(who.organisation, _ids(form.texts("id")))
    typed = {f"{name}.{sku.id}": form.text(f"{name}.{sku.id}") for sku in skus for name in NUMBERS}
    errors = {key: sentence for key, text in typed.items() if (sentence := wrong(key.partition(".")[0], text))}
    if errors:
        context = {"skus": skus, "typed": typed, "errors": errors, "more": None}
        return render(request, who, "stock_edit.html", 422, context)
    rows = [row for sku in skus if (row := _edited(sku, typed)) is not None]
    if rows:
        cause = Cause(Via.PAGE, who.user_id)
        await run_in_transaction(
            held.uow, lambda store: set_stock(rows, who.organisation, cause, store=store, clock=held.clock)
        )
    return RedirectResponse(f"/stock?saved={len(rows)}", 303)


@router.get("/import")
async def import_page(request: Request, who: Writer) -> HTMLResponse:
    return render(request, who, "stock_import.html", 200, {"most": LINES_MOST, "columns": COLUMNS, "error": None})


@router.post("/import")
async def import_form(request: Request, form: FileForm) -> Response:
    """Reads the file, or the pasted lines, and leads to what they would change."""
    held, who = inventory(request), form.principal
    content = await _content(form)
    if not content.strip():
        context = {"most": LINES_MOST, "columns": COLUMNS, "error": NOTHING_GIVEN}
        return render(request, who, "stock_import.html", 422, context)
    table = read_table(content)
    import_id = await run_in_transaction(
        held.uow, lambda store: keep_import(table, who.organisation, who.user_id, store=store, clock=held.clock)
    )
    return RedirectResponse(f"/stock/import/{import_id}", 303)


@router.get("/import/{import_id}")
async def preview_page(request: Request, who: Writer, import_id: UUID) -> HTMLResponse:
    """What would change; what cannot be read, line by line."""
    return await _preview(request, who, import_id)


@router.post("/import/{import_id}")
async def apply_form(request: Request, form: Form, import_id: UUID) -> Response:
    held, who = inventory(request), form.principal
    try:
        applied = await run_in_transaction(
            held.uow,
            lambda store: apply_import(import_id, who.organisation, who.user_id, store=store, clock=held.clock),
        )
    except ImportUnknown:
        raise not_found() from None
    except ImportHasBadLines:
        return await _preview(request, who, import_id, status=409)
    return RedirectResponse(f"/stock?saved={len(applied.table.rows)}", 303)


@router.get("/import/{import_id}/bad-lines.csv")
async def bad_lines(request: Request, who: Writer, import_id: UUID) -> Response:
    """The report of bad lines, as a table."""
    found = await _known(request, who, import_id)
    rows = [(line.line, line.column or "", line.problem) for line in found.table.bad]
    return _csv(("line", "column", "problem"), rows)


@router.get("/export.csv")
async def export(request: Request, who: User) -> Response:
    """All SKUs as the table the import takes."""
    views, rows, after = inventory(request).views, list[tuple[Any, ...]](), None
    while True:
        found = await views.skus(who.organisation, search="", show=Show.ALL, after=after, limit=_EXPORTED_AT_ONCE)
        rows += [
            (sku.code, sku.on_hand if sku.tracked else "", sku.weight_grams or "", sku.low_level) for sku in found.items
        ]
        after = found.after
        if after is None:
            return _csv(COLUMNS, rows)


@router.get("/short")
async def short_page(request: Request, who: User, after: SkuCursor = None) -> HTMLResponse:
    """Order lines that miss units, the most urgent first."""
    lines = await inventory(request).views.short_lines(who.organisation, after=_place(after), limit=_ROWS)
    last = lines[_ROWS - 1] if len(lines) > _ROWS else None
    place = f"{last.ship_by.isoformat() if last.ship_by else ''} {last.line_id}" if last else None
    more = f"/stock/short?{urlencode({'cursor': cursor_of(place)})}" if place else None
    return render(request, who, "stock_short.html", 200, {"lines": lines[:_ROWS], "more": more})


async def _preview(request: Request, who: User, import_id: UUID, *, status: int = 200) -> HTMLResponse:
    found = await _known(request, who, import_id)
    rows = found.table.rows
    known = await inventory(request).views.skus_named(who.organisation, [row.code for row in rows])
    changes = [(row, known.get(row.code)) for row in rows if _differs(row, known.get(row.code))]
    context = {
        "found": found,
        "changes": changes[:_SHOWN_LINES],
        "changing": len(changes),
        "new": sum(sku is None for _, sku in changes),
        "same": len(rows) - len(changes),
        "bad": found.table.bad[:_SHOWN_LINES],
        "problems": LINE_PROBLEMS,
    }
    return render(request, who, "stock_preview.html", status, context)


async def _known(request: Request, who: User, import_id: UUID) -> StockImport:
    found = await inventory(request).views.imported(who.organisation, import_id)
    if found is None:
        raise not_found()
    return found


async def _content(form: PostedForm) -> bytes:
    file = form.fields.get("file")
    if isinstance(file, UploadFile) and file.size:
        return await file.read()
    return form.text("lines").encode()


def _ids(texts: Sequence[str]) -> list[UUID]:
    """A form somebody wrote by hand may hold anything: what is no id is nobody's."""
    found = []
    for text in texts[:_ROWS]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _edited(sku: Sku, typed: dict[str, str]) -> StockRow | None:
    """What was typed differently from what is there; an empty field stays as it is."""
    told = {name: int(typed[f"{name}.{sku.id}"]) for name in NUMBERS if typed[f"{name}.{sku.id}"]}
    before = {"weight_grams": sku.weight_grams, "low_level": sku.low_level}
    changed = {name: value for name, value in told.items() if before.get(name) != value}
    return StockRow(sku.code, **changed) if changed else None


def _differs(row: StockRow, sku: Sku | None) -> bool:
    if sku is None:
        return True
    pairs = (
        (row.counted, sku.on_hand if sku.tracked else None),
        (row.weight_grams, sku.weight_grams),
        (row.low_level, sku.low_level),
    )
    return any(told is not None and told != there for told, there in pairs)


def _place(after: str | None) -> Any:
    """A cursor of the short list: ship-by and line."""
    ship_by, _, line_id = (after or "").rpartition(" ")
    try:
        return (datetime.fromisoformat(ship_by) if ship_by else None, UUID(line_id)) if after else None
    except ValueError:
        return None


def _csv(header: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8")
