"""
`pytest -p tests.e2e.faults_page`: writes `docs/faults.md`, what the product does and shows under each fault, from what
the proofs of that run saw. `make faultpage` runs them all; a proof that failed leaves the page as it was.
"""

import json
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from inspect import cleandoc
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.courses import Account
from tests.e2e.databases import Databases

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
# What every request and every event logs, whatever it came to.
_ROUTINE = {"http.out", "http.served", "events.applied"}
_EVENTS = """
    select type, count(*) from outbox where written_at between :began and :ended and body like :ours group by type
"""


_KEY = pytest.StashKey["Page"]()


@dataclass(frozen=True)
class Proof:
    """One fault on one call: what the product does, what the seller is shown, what is logged and published."""

    marketplace: str
    call: str
    kind: str
    says: str
    shown: tuple[str, ...]
    logged: tuple[str, ...]
    published: tuple[str, ...]
    seconds: float


@dataclass
class Page:
    """The run's findings; `own`: by test, the law of each proof about our own servers and processes."""

    proofs: dict[str, Proof] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)

    async def note(self, account: Account, logs: Path, databases: Databases) -> None:
        """Looks up what was logged and published for this proof's seller while it lasted."""
        case, ours = account.case, account.connection_id
        self.proofs[case.name] = Proof(
            account.marketplace,
            case.operation.rpartition(".")[2],
            case.kind,
            _law(account.says),
            tuple(dict.fromkeys(account.shown)),
            _logged(logs, account, await _organisation(databases, ours)) if ours else (),
            await _published(databases, account) if ours else (),
            (account.ended - account.began).total_seconds(),
        )

    def text(self) -> str:
        """The page, in Markdown."""
        lines = [
            "# Faults",
            "",
            f"Written by `make faultpage` on {datetime.now(UTC):%Y-%m-%d} from what its proofs saw: each fault the "
            "sandbox plays, on each call it makes sense for, and what befalls our own servers and processes. Every "
            "proof ends with complete catch-up: all orders told once, buyers shown what is available. *Seconds* "
            "include that, on intervals shortened for tests. Words in quotation marks stand on the seller's page; "
            "*state* is what page and API give. *Logged*: warnings and errors.",
        ]
        for marketplace in sorted({proof.marketplace for proof in self.proofs.values()}):
            mine = [proof for proof in self.proofs.values() if proof.marketplace == marketplace]
            mine.sort(key=lambda proof: (proof.call, proof.kind))
            lines += ["", f"## {marketplace.capitalize()}", "", *_table(mine)]
        lines += ["", "## Our own servers and processes", "", "| proof | what holds |", "|---|---|"]
        lines += [f"| `{name}` | {law} |" for name, law in sorted(self.own.items())]
        return "\n".join([*lines, ""])


def _table(proofs: list[Proof]) -> Iterator[str]:
    yield "| call | fault | what the product does | what the seller sees | logged | published | s |"
    yield "|---|---|---|---|---|---|---|"
    for one in proofs:
        cells = [one.call, one.kind, one.says, *map(_listed, (one.shown, one.logged, one.published))]
        yield f"| {' | '.join(cells)} | {one.seconds:.0f} |"


def _listed(values: tuple[str, ...]) -> str:
    return "<br>".join(values) or "nothing new"


def _law(docstring: str | None) -> str:
    """The docstring's words in one line, without what made it red once."""
    return " ".join(cleandoc(docstring or "").split()).partition(" Seen red")[0]


async def _organisation(databases: Databases, connection_id: str) -> str:
    query = "select organisation_id from connection where id = cast(:id as uuid)"
    ((organisation_id,),) = await databases.rows("auth", query, id=connection_id)
    return str(organisation_id)


def _logged(logs: Path, account: Account, organisation_id: str) -> tuple[str, ...]:
    """Names of log lines about this connection or its organisation, with outcome, between beginning and end."""
    found: Counter[str] = Counter()
    for path in sorted(logs.glob("*.log")):
        for line in path.read_text().splitlines():
            ours = str(account.connection_id) in line or organisation_id in line
            if not ours or not line.startswith("{"):
                continue
            entry: dict[str, Any] = json.loads(line)
            within = account.began <= datetime.fromisoformat(entry["timestamp"]) <= account.ended
            if within and entry["event"] not in _ROUTINE and entry["level"] not in {"debug", "info"}:
                outcome = entry.get("outcome") or entry.get("reason")
                found[f"{entry['event']}{f' ({outcome})' if outcome else ''}"] += 1
    return tuple(sorted(found))


async def _published(databases: Databases, account: Account) -> tuple[str, ...]:
    """Types of events that name this connection, written between beginning and end."""
    found: set[str] = set()
    for service in databases.engines:
        ours = {"began": account.began, "ended": account.ended, "ours": f"%{account.connection_id}%"}
        found |= {str(type_) for type_, _ in await databases.rows(service, _EVENTS, **ours)}
    return tuple(sorted(found))


async def note(config: pytest.Config, account: Account, logs: Path, databases: Databases) -> None:
    """Puts a proof on the page, where a page is written."""
    if page := config.stash.get(_KEY, None):
        await page.note(account, logs, databases)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KEY] = Page()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps the law of each test outside `test_far_side_faults`, whose proofs note themselves."""
    report = yield
    if report.when == "call" and "test_far_side_faults" not in item.nodeid and isinstance(item, pytest.Function):
        item.config.stash[_KEY].own[item.nodeid.removeprefix("tests/")] = _law(item.function.__doc__)
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Only a run in which everything held is worth a page."""
    if exitstatus == pytest.ExitCode.OK:
        PAGE.write_text(session.config.stash[_KEY].text())
