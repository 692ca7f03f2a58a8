"""The demo's browser reads forms as a browser does, and its table says each change once."""

import io

import pytest
from rich.console import Console

from deploy.local.browser import Page, Unexpected
from deploy.local.demo import stages_of
from deploy.local.demo_table import Lines, LiveTable

_PAGE = Page(
    "http://127.0.0.1/connections",
    200,
    """
    <form method="post" action="/signout"><input type="hidden" name="csrf_token" value="t"></form>
    <form method="post" action="/connections">
      <input type="hidden" name="csrf_token" value="t&amp;1">
      <input name="name">
      <select name="region"><option value="na">NA</option><option value="eu" selected>EU</option></select>
      <input type="checkbox" name="news" value="1"><button name="decision" value="confirm">OK</button>
    </form>
    """,
)


def test_a_form_is_found_by_its_fields() -> None:
    """Hidden values and marked options are sent; unticked boxes and buttons are not."""
    form = _PAGE.form("region")
    assert (form.action, form.method) == ("/connections", "post")
    assert form.fields == {"csrf_token": "t&1", "name": "", "region": "eu"}


def test_a_page_without_the_form_says_which_page() -> None:
    """The error names the page and what it shows, so that a person sees what went wrong."""
    with pytest.raises(Unexpected, match=r"connections \(200\) has no form with selling_partner_id"):
        _PAGE.form("selling_partner_id")


def test_each_stage_of_an_order_is_a_line_once() -> None:
    """Without a terminal: what was passed between two looks is said too, and nothing twice."""
    said: list[str] = []
    lines = Lines(0, said.append)
    lines.update({"902-1": 1})
    lines.update({"902-1": 3})
    lines.update({"902-1": 3})
    assert [line.split()[-1] for line in said] == ["received", "reserved", "labelled"]


def test_the_table_counts_each_stage() -> None:
    """In a terminal: one row per order, and how many reached each stage."""
    shown = io.StringIO()
    with LiveTable(0, Console(file=shown, force_terminal=True, width=100)) as table:
        table.update({"902-1": 5, "902-2": 2})
    assert "902-2" in shown.getvalue()
    assert "reserved 2" in shown.getvalue()
    assert "confirmed 1" in shown.getvalue()


@pytest.mark.parametrize(
    ("shipment", "stages"),
    [
        (None, 1),
        ({"state": "planned", "write_back": None}, 2),
        ({"state": "label_created", "write_back": "owed"}, 3),
        ({"state": "label_created", "write_back": "sending"}, 3),
        ({"state": "label_created", "write_back": "sent"}, 4),
        ({"state": "label_created", "write_back": "confirmed"}, 5),
    ],
)
def test_the_stages_of_a_shipment(shipment: dict[str, object] | None, stages: int) -> None:
    """A shipment is planned when the reservation is known; its write-back tells the rest."""
    assert stages_of(shipment) == stages
