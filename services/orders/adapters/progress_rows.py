"""Reading progress to JSON and back."""

from datetime import datetime
from typing import Any

from services.orders.adapters.rows import text_of, time_of
from services.orders.domain.windows import Progress, Purpose, Window


def progress_values(progress: Progress) -> dict[str, Any]:
    times = ("changes_due_at", "open_due_at", "cursor_at", "swept_at", "data_set_since")
    return {name: text_of(getattr(progress, name)) for name in times} | {
        "changes": _window_values(progress.changes),
        "open": _window_values(progress.open),
        "restarts": progress.restarts,
        "data_set": progress.data_set,
        "lean": progress.lean,
        "left": {channel_id: text_of(at) for channel_id, at in progress.left.items()},
    }


def progress_of(told: dict[str, Any]) -> Progress:
    return Progress(
        changes_due_at=datetime.fromisoformat(told["changes_due_at"]),
        open_due_at=datetime.fromisoformat(told["open_due_at"]),
        cursor_at=time_of(told["cursor_at"]),
        changes=_window_of(told["changes"]),
        open=_window_of(told["open"]),
        swept_at=time_of(told["swept_at"]),
        restarts=told["restarts"],
        data_set=told["data_set"],
        data_set_since=time_of(told["data_set_since"]),
        lean=told["lean"],
        left={channel_id: datetime.fromisoformat(at) for channel_id, at in told.get("left", {}).items()},
    )


def _window_values(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    return {
        "purpose": window.purpose.value,
        "after": text_of(window.after),
        "before": text_of(window.before),
        "started_at": text_of(window.started_at),
        "channel_ids": list(window.channel_ids),
        "statuses": list(window.statuses),
        "fulfilled_by": list(window.fulfilled_by),
        "page_token": window.page_token,
        "seen": list(window.seen),
    }


def _window_of(told: dict[str, Any] | None) -> Window | None:
    if told is None:
        return None
    return Window(
        purpose=Purpose(told["purpose"]),
        after=datetime.fromisoformat(told["after"]),
        before=datetime.fromisoformat(told["before"]),
        started_at=datetime.fromisoformat(told["started_at"]),
        channel_ids=tuple(told["channel_ids"]),
        statuses=tuple(told["statuses"]),
        fulfilled_by=tuple(told["fulfilled_by"]),
        page_token=told["page_token"],
        seen=tuple(told["seen"]),
    )
