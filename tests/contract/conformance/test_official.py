"""The official cases, where they are at hand."""

from pathlib import Path

from tests.conformance.cases import load
from tests.conformance.report import Report
from tests.conformance.run import run
from tests.contract.sandbox.specs import sandbox_cases

_PAGE = Path(__file__).parents[3] / "docs" / "conformance.md"


async def test_every_official_case_passes_and_the_page_says_so() -> None:
    """No case differs, and docs/conformance.md is what the command writes (red with any field of an order dropped)."""
    cases = load(sandbox_cases())
    report = Report(cases, await run(cases))
    assert list(report.failures()) == []
    assert report.page() == _PAGE.read_text()
