"""Pages that people read name files that are there."""

import re
from pathlib import Path

import pytest

from tests.house.manifests import ROOT

OURS = ("deploy", "docs", "services", "shared", "tests")
PAGES = sorted(
    page
    for folder in (*OURS, ".")
    for page in (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")
    # Decisions and the changelog tell how it was when they were written.
    if page.name != "CHANGELOG.md" and page.parent.name != "decisions"
)
SUFFIXES = {".css", ".html", ".js", ".json", ".lock", ".md", ".py", ".sql", ".toml", ".txt", ".yaml", ".yml"}
# What stands for another name, a copy of one's own, or what a command makes.
NO_FILE = re.compile(r"<\w+>|^OVERLAY/|(^|/)secrets/")


def named(page: Path) -> set[str]:
    """Paths in backticks: with a slash, and an end that files have, or a beginning that ours have."""
    quoted = re.findall(
        r"`([\w<>…./*-]+/[\w<>…./*-]*)`", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    )
    return {
        path
        for path in quoted
        if path[0] != "/" and (path[-1] == "/" or Path(path).suffix in SUFFIXES or path.split("/")[0] in OURS)
    }


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in PAGES])
def test_every_file_that_is_named_is_there(page: str) -> None:
    """From the project's folder or the page's own. Seen red: a module of consents that had become several."""
    at = ROOT / page
    missing = {path for path in named(at) if not (ROOT / path).exists() and not (at.parent / path).exists()}
    assert {path for path in missing if not NO_FILE.search(path)} == set()


def test_paths_are_found() -> None:
    """So that the test above looks at something."""
    assert len({path for page in PAGES for path in named(page)}) > 100
    assert {"services/auth/vault", "docs/runbooks/deploy.md"} <= named(ROOT / "docs" / "security.md")
