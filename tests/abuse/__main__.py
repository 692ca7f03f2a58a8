"""
`python -m tests.abuse`: every test marked `abuse`, each a way to get at somebody's authorisation or into our pages by
the OAuth redirect, the app store's link, the token endpoint, a passkey or a guess. The last line is the verdict.

It was made to fail once: without the check of the session in `check_usable` three cases got through, with `startswith`
in place of the exact comparison of app store links five.
"""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LEAST = 40


class Counted:
    """What became of each case."""

    def __init__(self) -> None:
        self.cases: set[str] = set()
        self.through: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A case that could not be set up proves nothing: it counts as one that got through."""
        self.cases.add(report.nodeid)
        if report.failed or report.skipped:
            self.through.append(report.nodeid)


def main() -> int:
    counted = Counted()
    folders = [str(ROOT / "tests" / kind) for kind in ("unit", "integration")]
    status = pytest.main(["-q", "-m", "abuse", "-p", "no:cacheprovider", *folders], plugins=[counted])
    for case in counted.through:
        print(f"got through: {case}")
    print(f"{len(counted.cases)} cases, {len(set(counted.through))} got through")
    return int(status) or int(len(counted.cases) < _LEAST)


if __name__ == "__main__":
    sys.exit(main())
