"""docs/security.md and the runbook of an incident: commands that exist, rows that are whole."""

import re

from tests.house.manifests import ROOT

SECURITY = (ROOT / "docs" / "security.md").read_text()
INCIDENT = (ROOT / "docs" / "runbooks" / "incident.md").read_text()
ROWS = [
    [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]
    for line in SECURITY.splitlines()
    if line.startswith("| ") and not line.startswith("| asked")
]


def test_every_command_that_is_named_is_there() -> None:
    """`make …` and `python -m services.auth …`."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"`make (\w+)`", SECURITY + INCIDENT))
    commands = set(re.findall(r"`python -m services\.auth (\w+)", SECURITY + INCIDENT))
    known = (ROOT / "services" / "auth" / "__main__.py").read_text()
    assert {one for one in targets if f"\n{one}:" not in makefile} == set()
    assert {one for one in commands if f'"{one}"' not in known} == set()


def test_every_row_has_its_answer() -> None:
    """What is asked, what we do, what shows it, what is left: a row without a test is somebody's to do, or says so."""
    assert len(ROWS) >= 20
    assert [row[0] for row in ROWS if len(row) != 4] == []
    assert [
        row[0] for row in ROWS if not row[2].strip() and not row[3].strip(" |") and "**Not built" not in row[1]
    ] == []
